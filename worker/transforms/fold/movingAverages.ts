import type { Edge, Graph, GraphNode } from '../../graph/graph.ts';

/** Moving statistics of a fused batch norm in training mode, and the nodes that keep them up to date. */
export interface MovingStatistics {
  readonly mean: Edge;
  readonly variance: Edge;
  readonly updates: readonly GraphNode[];
}

/** Finds them through the updates `AssignMovingAvg` that read the batch's mean and variance; `scopes` as `movingAverageScopes` gives them. */
export function movingStatistics(
  graph: Graph,
  bn: GraphNode,
  scopes: ReadonlyMap<string, readonly GraphNode[]>,
): MovingStatistics | undefined {
  const find = (port: number, variable: string) => {
    for (const use of graph.uses(bn.name)) {
      if (use.port !== port || use.consumer.op !== 'Sub') continue;
      const other = use.consumer.edges[1 - use.slot];
      if (other?.node.includes(variable)) return { edge: other, updates: scopes.get(movingAverageScope(use.consumer.name) ?? '') ?? [] };
    }
    return undefined;
  };
  const mean = find(1, 'moving_mean');
  const variance = find(2, 'moving_variance');
  if (mean === undefined || variance === undefined) return undefined;
  return { mean: mean.edge, variance: variance.edge, updates: [...mean.updates, ...variance.updates] };
}

/** Updates of moving statistics go, unless something else reads them. */
export function removable(
  updates: readonly GraphNode[],
  { graph, outputs }: { readonly graph: Graph; readonly outputs: ReadonlySet<string> },
): readonly GraphNode[] {
  const own = new Set(updates);
  const read = updates.some((node) => outputs.has(node.name) || graph.uses(node.name).some((use) => !own.has(use.consumer)));
  return read ? [] : updates;
}

/** The nodes of every scope `…/AssignMovingAvg…`, by scope. */
export function movingAverageScopes(graph: Graph): ReadonlyMap<string, readonly GraphNode[]> {
  const scopes = new Map<string, GraphNode[]>();
  for (const found of graph.nodes) {
    const scope = movingAverageScope(found.name);
    if (scope === undefined) continue;
    const members = scopes.get(scope);
    if (members === undefined) scopes.set(scope, [found]);
    else members.push(found);
  }
  return scopes;
}

function movingAverageScope(name: string): string | undefined {
  return /^(?:.*?\/)?AssignMovingAvg[^/]*/.exec(name)?.[0];
}
