import { Graph } from '../graph/graph.ts';
import { parentScope } from '../graph/scopes.ts';

const SAVE_AND_RESTORE: ReadonlySet<string> = new Set([
  ...['Save', 'SaveV2', 'SaveSlices', 'MergeV2Checkpoints'],
  ...['Restore', 'RestoreV2', 'RestoreSlice'],
]);

/**
 * The graph without the nodes that save and restore variables: everything in the scopes that hold an op of that kind, as TensorFlow
 * leaves out savers that a MetaGraph does not name. A scope that something else reads or waits for stays, and so do savers at top level.
 */
export function withoutSavers(graph: Graph): Graph {
  const scopes = new Set(graph.nodes.filter(({ op }) => SAVE_AND_RESTORE.has(op)).map(({ name }) => parentScope(name)));
  scopes.delete('');
  if (scopes.size === 0) return graph;
  const homes = new Map(graph.nodes.map(({ name }) => [name, scopeAround(name, scopes)]));
  const kept = new Set<string>();
  for (const node of graph.nodes) {
    for (const name of [...node.edges.map((edge) => edge.node), ...node.controls]) {
      const home = homes.get(name);
      if (home !== undefined && home !== homes.get(node.name)) kept.add(home);
    }
  }
  const stays = (name: string): boolean => {
    const home = homes.get(name);
    return home === undefined || kept.has(home);
  };
  return new Graph(
    graph.nodes.filter(({ name }) => stays(name)),
    graph.envelope,
  );
}

function scopeAround(name: string, scopes: ReadonlySet<string>): string | undefined {
  for (let scope = parentScope(name); scope !== ''; scope = parentScope(scope)) if (scopes.has(scope)) return scope;
  return undefined;
}
