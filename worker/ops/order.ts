import type { Graph, GraphNode } from '../graph/graph.ts';

/** Nodes in an order where every data input comes first. */
export interface DataOrder {
  readonly nodes: readonly GraphNode[];
  /** Nodes on a cycle or behind one (while loops): they have no place in the order. */
  readonly cyclic: readonly GraphNode[];
}

/**
 * Order of the data edges, in one pass over them and without recursion; ready nodes keep the graph's order as far as they can.
 * Inputs that no node of the graph gives count as there.
 */
export function dataOrder(graph: Graph): DataOrder {
  const missing = new Map<string, number>();
  const consumers = new Map<string, GraphNode[]>();
  const ready: GraphNode[] = [];
  for (const node of graph.nodes) {
    let open = 0;
    for (const { node: name } of node.edges) {
      if (!graph.has(name)) continue;
      open++;
      const list = consumers.get(name);
      if (list === undefined) consumers.set(name, [node]);
      else list.push(node);
    }
    if (open === 0) ready.push(node);
    else missing.set(node.name, open);
  }
  for (let i = 0; i < ready.length; i++) {
    const node = ready[i];
    if (node === undefined) break;
    for (const consumer of consumers.get(node.name) ?? []) {
      const open = (missing.get(consumer.name) ?? 0) - 1;
      missing.set(consumer.name, open);
      if (open === 0) ready.push(consumer);
    }
  }
  if (ready.length === graph.nodes.length) return { nodes: ready, cyclic: [] };
  const placed = new Set(ready);
  return { nodes: ready, cyclic: graph.nodes.filter((node) => !placed.has(node)) };
}
