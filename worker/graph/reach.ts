import type { Graph } from './graph.ts';

/**
 * Names of the nodes that `roots` depend on, through data and control inputs, the roots among them; what lies behind a node of `until` is
 * not asked for. Names that do not exist are left out.
 */
export function ancestors(graph: Graph, roots: Iterable<string>, until: readonly string[] = []): ReadonlySet<string> {
  const ends = new Set(until);
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const node = graph.find(name);
    if (node === undefined || reached.has(name)) continue;
    reached.add(name);
    if (ends.has(name)) continue;
    for (const edge of node.edges) waiting.push(edge.node);
    for (const control of node.controls) waiting.push(control);
  }
  return reached;
}

/** Names of the nodes that read `roots`, directly or through others, the roots among them; control edges count with `controls` only. */
export function descendants(graph: Graph, roots: Iterable<string>, { controls = false } = {}): ReadonlySet<string> {
  const reached = new Set<string>();
  const waiting = [...roots];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (reached.has(name)) continue;
    reached.add(name);
    for (const use of graph.uses(name)) waiting.push(use.consumer.name);
    if (controls) for (const user of graph.controlUses(name)) waiting.push(user.name);
  }
  return reached;
}
