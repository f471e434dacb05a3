import { GraffitistError } from '../errors.ts';
import type { Graph, GraphNode } from '../graph/graph.ts';

/** What hands on the elements of its first input in their order. A quantizer is not among them: training goes through it. */
// biome-ignore format: a list
const PASSING: ReadonlySet<string> = new Set([
  'Identity', 'Reshape', 'Squeeze', 'ExpandDims', 'StopGradient', 'PreventGradient', 'CheckNumerics', 'EnsureShape', 'Snapshot',
]);

/**
 * TRN24: the tensor that the cross-entropy is computed from: what the output's softmax reads, else the output itself.
 * @param output the output that answers, as evaluation takes it (EVA4): what the hardware delivers of it
 * @throws GraffitistError `op-not-differentiable` where the softmax is written out by its parts
 */
export function logitsOf(graph: Graph, output: string, kind: 'probabilities' | 'logits'): string {
  if (kind === 'logits') return output;
  let node: GraphNode | undefined = graph.find(output.split(':')[0] ?? output);
  while (node !== undefined && (PASSING.has(node.op) || node.op === 'LinearQuant')) node = graph.find(node.edges[0]?.node ?? '');
  const [read] = node?.op === 'Softmax' ? node.edges : [];
  if (read !== undefined) return read.port === 0 ? read.node : `${read.node}:${read.port}`;
  throw new GraffitistError('op-not-differentiable', `The softmax before '${output}' is written out, so that its logits are not known.`, {
    about: output,
    remedy: 'Name the logits as output of the interface.',
  });
}
