import type { Graph, GraphNode } from '../graph/graph.ts';
import type { Scored } from './answers.ts';

/** What hands on its first input's elements in their order, rounded at most. */
// biome-ignore format: a list
const PASSING: ReadonlySet<string> = new Set([
  'Identity', 'Reshape', 'Squeeze', 'ExpandDims', 'StopGradient', 'PreventGradient', 'CheckNumerics', 'EnsureShape', 'Snapshot', 'Cast', 'LinearQuant',
]);
/** What stands between Exp and the division by its sum in a softmax that is written out. */
const SUMMING: ReadonlySet<string> = new Set(['Sum', 'Identity', 'Reshape', 'ExpandDims']);

/**
 * EVA5: what an output's elements are. `probabilities`: a Softmax, or Exp ÷ Sum of it, whatever only hands it on between; anything else is
 * taken as logits, which is right for a LogSoftmax too.
 */
export function outputKind(graph: Graph, output: string): Scored['loss'] {
  const node = behind(graph, graph.find(output), PASSING);
  if (node?.op === 'Softmax') return 'probabilities';
  if (node?.op !== 'RealDiv' && node?.op !== 'Div') return 'logits';
  const [numerator, denominator] = node.edges.map((edge) => graph.find(edge.node));
  const sum = behind(graph, denominator, SUMMING);
  return numerator?.op === 'Exp' && sum !== undefined && sum === numerator && denominator !== numerator ? 'probabilities' : 'logits';
}

/** The node that what is handed on from `node` comes from; the graph has no cycles along these. */
function behind(graph: Graph, node: GraphNode | undefined, through: ReadonlySet<string>): GraphNode | undefined {
  let current = node;
  while (current !== undefined && through.has(current.op)) current = graph.find(current.edges[0]?.node ?? '');
  return current;
}

/** EVA4: the number of classes of an output of shape [N, classes], dimensions of 1 between them; null where it is none. */
export function classesOf(shape: readonly number[] | null | undefined): number | null {
  if (shape == null || shape.length < 2) return null;
  const classes = shape.at(-1) as number;
  return classes > 1 && shape.slice(1, -1).every((size) => size === 1) ? classes : null;
}
