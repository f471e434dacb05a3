import { GraffitistError } from '../errors.ts';
import { Graph, type GraphNode } from '../graph/graph.ts';
import { refuseControlFlow } from '../graph/validate.ts';
import { NodeAttrs } from '../ops/attrs.ts';
import { unsupportedOps } from '../ops/inferShapes.ts';
import { dataOrder } from '../ops/order.ts';
import { opFor } from '../ops/registry.ts';
import type { Constants } from './constants.ts';

/**
 * Everything that could stop an execution is said before any work: nodes needed for `fetches` when `feeds` are given, in an order
 * where inputs come first. Fed nodes have no inputs of their own here.
 * @throws GraffitistError `node-missing`, `graph-dangling-input`, `graph-control-flow`, `graph-cycle`, `op-unsupported`, `input-unfed`,
 *   `variable-missing`, each naming the node
 */
export function checkExecutable(
  graph: Graph,
  constants: Constants,
  feeds: ReadonlySet<string>,
  fetches: readonly string[],
): readonly GraphNode[] {
  const needed = neededNodes(graph, feeds, fetches);
  const part = new Graph(needed.filter((node) => !feeds.has(node.name)));
  refuseControlFlow(part);
  const order = dataOrder(part);
  const [stuck] = order.cyclic;
  if (stuck !== undefined) {
    throw new GraffitistError('graph-cycle', `Node '${stuck.name}' waits for itself.`, { about: stuck.name });
  }
  const strange = order.nodes.filter((node) => opFor(node.op) === undefined);
  if (strange.length > 0) throw unsupportedOps(strange);
  for (const node of order.nodes) checkNode(node);
  const [missing, ...others] = constants.missing(order.nodes.map((node) => node.name));
  if (missing !== undefined) {
    const more = others.length === 0 ? '' : `, nor have ${others.length} others`;
    throw new GraffitistError('variable-missing', `Variable '${missing}' has no value${more}.`, {
      about: missing,
      remedy: 'Add the checkpoint that holds them.',
    });
  }
  return order.nodes;
}

function checkNode(node: GraphNode): void {
  const op = opFor(node.op);
  if (op === undefined) throw unsupportedOps([node]);
  if (op.source === 'placeholder') {
    throw new GraffitistError('input-unfed', `Input '${node.name}' is given no data.`, {
      about: node.name,
      remedy: 'List it as an input, or strip the part of the graph that reads it.',
    });
  }
  // A handle is looked at by the read behind it and never computed.
  const computed = op.executable || op.source === 'constant' || op.source === 'variable' || node.op === 'VarHandleOp';
  if (!computed) throw new NodeAttrs(node).unsupported('this op cannot be executed.', 'Strip the node from the graph.');
}

/** Nodes that `fetches` depend on; behind fed nodes nothing is needed. */
function neededNodes(graph: Graph, feeds: ReadonlySet<string>, fetches: readonly string[]): readonly GraphNode[] {
  const found = new Set<GraphNode>();
  const open = fetches.map((name) => graph.node(name));
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    if (feeds.has(node.name)) continue;
    for (const edge of node.edges) {
      const producer = graph.find(edge.node);
      if (producer === undefined) {
        throw new GraffitistError('graph-dangling-input', `Input node '${edge.node}' of node '${node.name}' not found.`, {
          about: node.name,
        });
      }
      open.push(producer);
    }
  }
  return graph.nodes.filter((node) => found.has(node));
}
