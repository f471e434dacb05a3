import type { Graph, GraphNode } from '../graph/graph.ts';

const BATCH_NORMS: ReadonlySet<string> = new Set(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3']);

/** They tell how much data there is, not what. */
const SIZES: ReadonlySet<string> = new Set(['Shape', 'Size', 'Rank']);

/**
 * Names of the nodes that compute on what the network is fed and hand it on. Left out is what only takes statistics of it, as in a graph
 * folded for training: batch means and variances with all that follows from them alone, and the layers that lead to nothing else.
 */
export function valuesOfData(graph: Graph, inputs: readonly string[]): ReadonlySet<string> {
  const found = new Set(inputs);
  for (const name of found) {
    for (const { consumer, port } of graph.uses(name))
      if (!isStatistic(graph.find(name), port) && !SIZES.has(consumer.op)) found.add(consumer.name);
  }
  for (const node of graph.nodes) if (found.has(node.name) && BATCH_NORMS.has(node.op)) dropStatistics(graph, node, found);
  return found;
}

function isStatistic(node: GraphNode | undefined, port: number): boolean {
  return node !== undefined && port > 0 && BATCH_NORMS.has(node.op);
}

/** A batch norm whose normalized values nobody reads, and what leads to it and to nothing else but sizes. */
function dropStatistics(graph: Graph, bn: GraphNode, found: Set<string>): void {
  const uses = graph.uses(bn.name);
  if (uses.length === 0 || uses.some(({ port }) => port === 0)) return;
  found.delete(bn.name);
  let current = graph.find(bn.edges[0]?.node ?? '');
  while (current !== undefined && found.has(current.name) && leadsNowhere(graph, current, found)) {
    found.delete(current.name);
    current = graph.find(current.edges[0]?.node ?? '');
  }
}

function leadsNowhere(graph: Graph, node: GraphNode, found: ReadonlySet<string>): boolean {
  return graph.uses(node.name).every(({ consumer }) => !found.has(consumer.name));
}
