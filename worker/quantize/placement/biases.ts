import type { Graph, GraphNode } from '../../graph/graph.ts';
import { descendants } from '../../graph/reach.ts';

const PLACEHOLDERS: ReadonlySet<string> = new Set(['Placeholder', 'PlaceholderV2', 'PlaceholderWithDefault']);
/** What stands between a parameter and its reader. */
const READS: ReadonlySet<string> = new Set(['Identity', 'Cast', 'ReadVariableOp']);

/**
 * QNT54: whether a tensor that an Add joins to a layer's output is a bias: it depends on nothing that the network is fed, and holds one
 * number per channel (all of its dimensions but the last are 1, as far as its constant or variable tells). Anything else is the other
 * branch of a residual sum.
 */
export function biasTest(graph: Graph): (node: GraphNode) => boolean {
  let fed: ReadonlySet<string> | undefined;
  return (node) => {
    fed ??= descendants(
      graph,
      graph.nodes.filter(({ op }) => PLACEHOLDERS.has(op)).map(({ name }) => name),
    );
    if (fed.has(node.name)) return false;
    return (
      parameterShape(graph, node)
        ?.slice(0, -1)
        .every((size) => size === 1) ?? true
    );
  };
}

/** Shape of the constant or variable behind a node; undefined where it is computed or not known. */
export function parameterShape(graph: Graph, node: GraphNode): readonly number[] | undefined {
  let found: GraphNode | undefined = node;
  for (let steps = 0; found !== undefined && READS.has(found.op) && steps < 8; steps += 1) found = graph.find(found.edges[0]?.node ?? '');
  const value = found?.attr(found.op === 'Const' ? 'value' : 'shape');
  if (value?.kind === 'tensor') return value.value.shape;
  return value?.kind === 'shape' && value.value !== null ? value.value : undefined;
}
