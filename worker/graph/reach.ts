import type { Graph } from './graph.ts';

/** Names of the nodes that `roots` depend on, through data and control inputs, the roots among them. Names that do not exist are left out. */
export function ancestors(graph: Graph, roots: Iterable<string>): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = graph.find(name);
    if (node === undefined || reached.has(name)) continue;
    reached.add(name);
    for (const edge of node.edges) waiting.push(edge.node);
    for (const control of node.controls) waiting.push(control);
  }
  return reached;
}
