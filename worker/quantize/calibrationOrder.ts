import type { Graph } from '../graph/graph.ts';

/**
 * QNT24: LinearQuant nodes in the order in which the original calibrates them: depth first along consumers from each node in the graph's
 * order, every node put before those that finished earlier. Weights of late layers come first. A shared threshold is set at each of its
 * members; the last one counts. O(nodes + edges), without recursion.
 */
export function calibrationOrder(graph: Graph): readonly string[] {
  const finished: string[] = [];
  const visited = new Set<string>();
  const position = new Map(graph.nodes.map(({ name }, index) => [name, index]));
  const at = (name: string): number => position.get(name) ?? 0;
  for (const root of graph.nodes) {
    if (visited.has(root.name)) continue;
    visited.add(root.name);
    const path = [{ name: root.name, next: consumers(graph, root.name, at) }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const step = top.next.next();
      if (step.done === true) {
        finished.push(top.name);
        path.pop();
      } else if (!visited.has(step.value)) {
        visited.add(step.value);
        path.push({ name: step.value, next: consumers(graph, step.value, at) });
      }
    }
  }
  return finished.reverse().filter((name) => graph.node(name).op === 'LinearQuant');
}

/** Names of the nodes that read a node or wait for it, in the graph's order. */
function consumers(graph: Graph, name: string, at: (name: string) => number): Iterator<string> {
  const readers = graph.uses(name).map(({ consumer }) => consumer.name);
  const waiting = graph.controlUses(name).map((consumer) => consumer.name);
  const all = waiting.length === 0 ? readers : [...readers, ...waiting].sort((a, b) => at(a) - at(b));
  return all.values();
}
