import type { Edge, GraphNode } from '../../graph/graph.ts';
import { NodeAttrs } from '../../ops/attrs.ts';
import { opFor } from '../../ops/registry.ts';

/** Nodes on the way from trained variables to a loss. */
export interface Activity {
  /** Nodes whose value changes with a trained variable. */
  readonly active: ReadonlySet<string>;
  /** Those of them that the loss depends on: the ones that are differentiated. */
  readonly differentiated: ReadonlySet<string>;
}

/**
 * GRD2: follows trained variables through a graph to the loss.
 * @param nodes in an order where inputs come first
 * @param trained nodes that give a trained variable
 * @throws GraffitistError `op-not-differentiable` where a node on the way has no gradient
 */
export function activityOf(nodes: readonly GraphNode[], trained: ReadonlySet<string>, losses: readonly Edge[]): Activity {
  const active = new Set(trained);
  for (const node of nodes) {
    if (opFor(node.op)?.differentiable === 'none') continue;
    if (node.edges.some((edge) => active.has(edge.node))) active.add(node.name);
  }
  const reached = new Set(losses.map(({ node }) => node).filter((name) => active.has(name)));
  for (const node of nodes.toReversed()) {
    if (!reached.has(node.name)) continue;
    if (!trained.has(node.name) && opFor(node.op)?.differentiable !== true) throw new NodeAttrs(node).notDifferentiable();
    for (const { node: input } of node.edges) if (active.has(input)) reached.add(input);
  }
  return { active, differentiated: reached };
}
