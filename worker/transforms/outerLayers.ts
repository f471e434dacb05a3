import type { Graph, GraphNode } from '../graph/graph.ts';
import { descendants } from '../graph/reach.ts';
import { COMPUTE_OPS, isFromAvgPool } from '../quantize/placement/ops.ts';

/** The layers that keep 8 bits where all others have fewer; null where there is none. */
export interface OuterLayers {
  readonly firstLayer: string | null;
  readonly lastLayer: string | null;
}

/**
 * The first layer behind the inputs and the last one before the outputs, by the way of the data: fewest steps away, no other layer
 * between. Of several that are equally near, the one that stands first (last) in the graph.
 */
export function outerLayers(graph: Graph, inputs: readonly string[], outputs: readonly string[]): OuterLayers {
  const behind = descendants(graph, inputs);
  const order = new Map(graph.nodes.map((node, index) => [node.name, index]));
  const position = ({ name }: GraphNode): number => order.get(name) ?? 0;
  const readers = (node: GraphNode) => graph.uses(node.name).map((use) => use.consumer);
  const sources = (node: GraphNode) => node.edges.flatMap((edge) => (behind.has(edge.node) ? (graph.find(edge.node) ?? []) : []));
  const first = nearestLayers(graph, inputs, readers).sort((a, b) => position(a) - position(b))[0];
  const last = nearestLayers(
    graph,
    outputs.filter((name) => behind.has(name)),
    sources,
  ).sort((a, b) => position(b) - position(a))[0];
  return { firstLayer: first?.name ?? null, lastLayer: last?.name ?? null };
}

/** The layers fewest steps away from `starts`. */
function nearestLayers(graph: Graph, starts: readonly string[], next: (node: GraphNode) => readonly GraphNode[]): GraphNode[] {
  let ring = starts.flatMap((name) => graph.find(name) ?? []);
  const seen = new Set(ring.map(({ name }) => name));
  while (ring.length > 0) {
    const layers = ring.filter(({ op, name }) => COMPUTE_OPS.has(op) && !isFromAvgPool(name));
    if (layers.length > 0) return layers;
    const further: GraphNode[] = [];
    for (const node of ring.flatMap(next)) {
      if (seen.has(node.name)) continue;
      seen.add(node.name);
      further.push(node);
    }
    ring = further;
  }
  return [];
}
