import type { Graph, GraphNode } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import { COMPUTE_OPS, isFromAvgPool } from '../../quantize/placement/ops.ts';
import { constantScalar } from '../../quantize/quantizerScalars.ts';

/** What lies behind a layer up to the layers that read its output. */
export interface Followers {
  readonly layers: readonly GraphNode[];
  readonly relu6: readonly GraphNode[];
}

/** f(x/s) = f(x)/s for every s > 0, channel by channel. */
const HOMOGENEOUS: ReadonlySet<string> = new Set([
  ...['Relu', 'LeakyRelu', 'MaxPool', 'AvgPool', 'Identity', 'Pad', 'Squeeze', 'Reshape', 'Maximum', 'Mul'],
]);

/**
 * Follows the output of a layer through everything that passes a factor per channel on, to the layers that read it.
 * @param live nodes that an output depends on: others do not count
 * @returns why its channels cannot be scaled, where something else sees them
 */
export function followers(
  graph: Graph,
  start: GraphNode,
  { shapes, outputs }: Pick<Model, 'shapes' | 'outputs'>,
  live: ReadonlySet<string>,
): Followers | { readonly reason: string } {
  const layers: GraphNode[] = [];
  const relu6: GraphNode[] = [];
  const seen = new Set([start.name]);
  const ends = new Set(outputs);
  const channels = (name: string) => shapes.get(name)?.[0]?.at(-1);
  for (const name of seen) {
    if (ends.has(name)) return { reason: `its channels reach the output '${name}'` };
    for (const { consumer, slot, port } of graph.uses(name)) {
      if (!live.has(consumer.name)) continue;
      if (COMPUTE_OPS.has(consumer.op) && slot === 0 && !isFromAvgPool(consumer.name)) layers.push(consumer);
      else if (port === 0 && passesOn(graph, consumer, slot) && channels(consumer.name) === channels(start.name)) {
        if (consumer.op === 'Relu6') relu6.push(consumer);
        seen.add(consumer.name);
      } else return { reason: `'${consumer.name}' (${consumer.op}) reads its channels` };
    }
  }
  // A leaky relu is the larger one of two: both must be scaled alike.
  for (const name of seen) {
    const node = graph.node(name);
    const stranger = node.op === 'Maximum' ? node.edges.find((edge) => !seen.has(edge.node)) : undefined;
    if (stranger !== undefined) return { reason: `'${name}' compares its channels with '${stranger.node}'` };
  }
  return { layers, relu6 };
}

function passesOn(graph: Graph, node: GraphNode, slot: number): boolean {
  if (node.op === 'Relu6') return true;
  if (isFromAvgPool(node.name)) return slot === 0;
  if (node.op === 'Mul') return constantScalar(graph.node(node.edges[1 - slot]?.node ?? '')) !== undefined;
  return HOMOGENEOUS.has(node.op) && (slot === 0 || node.op === 'Maximum');
}
