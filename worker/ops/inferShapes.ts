import { GraffitistError } from '../errors.ts';
import type { Shape } from '../formats/tensor.ts';
import { edgeText, type Graph, type GraphNode } from '../graph/graph.ts';
import { oneOfEachOp } from '../graph/validate.ts';
import { NodeAttrs } from './attrs.ts';
import type { HostValue } from './hostValue.ts';
import type { ShapeContext } from './op.ts';
import { dataOrder } from './order.ts';
import { opFor } from './registry.ts';

export interface InferOptions {
  /** Shapes to take for placeholders (or any other node) instead of what the graph says; batch included. */
  readonly feeds?: ReadonlyMap<string, Shape>;
  /** Refuse ops and layouts that the engine does not know instead of giving unknown shapes. */
  readonly strict?: boolean;
}

/** Static knowledge of a graph. */
export interface StaticGraph {
  /** Output shapes by node name. */
  readonly shapes: ReadonlyMap<string, readonly Shape[]>;
  /** Small numbers (axes, shapes, constants) that an output is known to hold, by `name` or `name:port`. */
  readonly numbers: ReadonlyMap<string, HostValue>;
}

/**
 * Output shapes of every node, by name. Nodes on a cycle and ops that the engine does not know have unknown shapes.
 * @throws GraffitistError `shape-mismatch`, `node-malformed`; with `strict` also `op-unsupported`; each names the node.
 */
export function inferShapes(graph: Graph, feeds?: ReadonlyMap<string, Shape>, strict = false): Map<string, readonly Shape[]> {
  return inferStatic(graph, { ...(feeds === undefined ? {} : { feeds }), strict }).shapes;
}

/** Shapes, and the small numbers that they depend on. Errors as `inferShapes`. */
export function inferStatic(graph: Graph, options: InferOptions = {}): StaticGraph & { readonly shapes: Map<string, readonly Shape[]> } {
  const shapes = new Map<string, readonly Shape[]>();
  const numbers = new Map<string, HostValue>();
  for (const node of dataOrder(graph).nodes) {
    const fed = options.feeds?.get(node.name);
    if (fed !== undefined) {
      shapes.set(node.name, [fed]);
      continue;
    }
    const found = inferNode(node, graph, shapes, numbers, options.strict === true);
    shapes.set(node.name, found.shapes);
    for (const [port, number] of found.numbers.entries())
      if (number !== undefined) numbers.set(edgeText({ node: node.name, port }), number);
  }
  for (const node of graph.nodes) if (!shapes.has(node.name)) shapes.set(node.name, []);
  return { shapes, numbers };
}

function inferNode(
  node: GraphNode,
  graph: Graph,
  shapes: ReadonlyMap<string, readonly Shape[]>,
  numbers: ReadonlyMap<string, HostValue>,
  strict: boolean,
): { readonly shapes: readonly Shape[]; readonly numbers: readonly (HostValue | undefined)[] } {
  const op = opFor(node.op);
  if (op === undefined) {
    if (strict) throw unsupportedOps([node]);
    return { shapes: [], numbers: [] };
  }
  const attrs = new NodeAttrs(node);
  const inputShapes = node.edges.map(({ node: name, port }) => shapes.get(name)?.[port] ?? null);
  const inputNumbers = node.edges.map((edge) => numbers.get(edgeText(edge)));
  const context: ShapeContext = { producer: (slot) => graph.find(node.edges[slot]?.node ?? '') };
  try {
    return { shapes: op.shape(inputShapes, inputNumbers, attrs, context), numbers: op.fold(inputShapes, inputNumbers, attrs) };
  } catch (error) {
    if (!strict && error instanceof GraffitistError && error.code === 'op-unsupported') return { shapes: [], numbers: [] };
    throw error;
  }
}

/** `op-unsupported` for ops that the engine does not know, each named with one node. */
export function unsupportedOps(nodes: readonly GraphNode[]): GraffitistError {
  const [first] = nodes;
  return new GraffitistError('op-unsupported', `Not supported: ${oneOfEachOp(nodes)}.`, {
    ...(first === undefined ? {} : { about: first.name }),
    remedy: 'Remove the node from the graph, or export the graph without it.',
  });
}
