import { GraffitistError } from '../errors.ts';
import type { Graph, GraphNode } from '../graph/graph.ts';
import { opFor } from '../ops/registry.ts';

const TRAINING_OP = /^(Resource|Sparse|ResourceSparse)?Apply/;

/** Nodes that the outputs need, without recursion. */
function cone(graph: Graph, outputs: readonly string[]): readonly GraphNode[] {
  const seen = new Set<string>();
  const open = [...outputs];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const node = graph.node(name);
    open.push(...node.edges.map((edge) => edge.node), ...node.controls);
  }
  return graph.nodes.filter((node) => seen.has(node.name));
}

/**
 * The original refuses a graph with any op that it does not know (facts 2.1); here only ops that the outputs depend on count: what
 * `strip_unused_nodes` drops does no harm.
 *
 * @throws GraffitistError `node-missing`, `op-training`, `op-unsupported`, each naming a node
 */
export function checkOps(graph: Graph, outputs: readonly string[]): void {
  const needed = cone(graph, outputs);
  const training = needed.filter((node) => TRAINING_OP.test(node.op));
  if (training[0] !== undefined) {
    throw new GraffitistError('op-training', `Training op(s) found in input graph: ${opNames(training)}.`, {
      about: training[0].name,
      remedy: 'Name outputs of the inference part, or export the graph for inference.',
    });
  }
  const unknown = needed.filter((node) => opFor(node.op) === undefined && node.op !== 'NoOp');
  if (unknown[0] !== undefined) {
    throw new GraffitistError('op-unsupported', `Unsupported op(s) found in input graph: ${opNames(unknown)}.`, {
      about: unknown[0].name,
      remedy: 'Name outputs before these nodes, or export the graph without them; --superuser skips this check.',
    });
  }
}

function opNames(nodes: readonly GraphNode[]): string {
  return [...new Set(nodes.map((node) => node.op))].sort().join(', ');
}
