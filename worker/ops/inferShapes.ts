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
  for (const node of inDataOrder(graph)) {
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

/** The nodes as they stand where every data input comes first, as in a graph in import order; else in the order of the data. */
function inDataOrder(graph: Graph): readonly GraphNode[] {
  const passed = new Set<string>();
  for (const { name, edges } of graph.nodes) {
    if (edges.some((edge) => !passed.has(edge.node) && graph.has(edge.node))) return dataOrder(graph).nodes;
    passed.add(name);
  }
  return graph.nodes;
}

/** What is known of a node's outputs. */
interface Inferred {
  readonly shapes: readonly Shape[];
  readonly numbers: readonly (HostValue | undefined)[];
}

const UNKNOWN: Inferred = { shapes: [], numbers: [] };

function inferNode(
  node: GraphNode,
  graph: Graph,
  shapes: ReadonlyMap<string, readonly Shape[]>,
  numbers: ReadonlyMap<string, HostValue>,
  strict: boolean,
): Inferred {
  const op = opFor(node.op);
  if (op === undefined) {
    if (strict) throw unsupportedOps([node]);
    return UNKNOWN;
  }
  const inputShapes = node.edges.map(({ node: name, port }) => shapes.get(name)?.[port] ?? null);
  const inputNumbers = node.edges.map((edge) => numbers.get(edgeText(edge)));
  const before = remembered(node, graph, inputShapes, inputNumbers);
  if (before !== undefined) return before;
  const attrs = new NodeAttrs(node);
  const asked = new Map<number, GraphNode | undefined>();
  const context: ShapeContext = {
    producer: (slot) => {
      const producer = graph.find(node.edges[slot]?.node ?? '');
      asked.set(slot, producer);
      return producer;
    },
  };
  try {
    const inferred = { shapes: op.shape(inputShapes, inputNumbers, attrs, context), numbers: op.fold(inputShapes, inputNumbers, attrs) };
    memory.set(node, { inputShapes, inputNumbers, asked, inferred });
    return inferred;
  } catch (error) {
    if (!strict && error instanceof GraffitistError && error.code === 'op-unsupported') return UNKNOWN;
    throw error;
  }
}

/** A node's outputs as they were last inferred, and from what: most nodes of a rewritten graph are those of the graph before. */
interface Memory {
  readonly inputShapes: readonly Shape[];
  readonly inputNumbers: readonly (HostValue | undefined)[];
  /** The nodes that the rule looked at, by slot. */
  readonly asked: ReadonlyMap<number, GraphNode | undefined>;
  readonly inferred: Inferred;
}

const memory = new WeakMap<GraphNode, Memory>();

function remembered(
  node: GraphNode,
  graph: Graph,
  inputShapes: readonly Shape[],
  inputNumbers: readonly (HostValue | undefined)[],
): Inferred | undefined {
  const last = memory.get(node);
  if (last === undefined) return undefined;
  if (inputShapes.some((shape, slot) => !sameNumbers(shape, last.inputShapes[slot] ?? null))) return undefined;
  if (inputNumbers.some((number, slot) => !sameHostValue(number, last.inputNumbers[slot]))) return undefined;
  for (const [slot, producer] of last.asked) if (graph.find(node.edges[slot]?.node ?? '') !== producer) return undefined;
  return last.inferred;
}

function sameHostValue(a: HostValue | undefined, b: HostValue | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && sameNumbers(a.shape, b.shape) && sameNumbers(a.values, b.values));
}

function sameNumbers(a: readonly (number | null)[] | null, b: readonly (number | null)[] | null): boolean {
  if (a === b) return true;
  return a !== null && b !== null && a.length === b.length && a.every((value, i) => Object.is(value, b[i]));
}

/** `op-unsupported` for ops that the engine does not know, each named with one node. */
export function unsupportedOps(nodes: readonly GraphNode[]): GraffitistError {
  const [first] = nodes;
  return new GraffitistError('op-unsupported', `Not supported: ${oneOfEachOp(nodes)}.`, {
    ...(first === undefined ? {} : { about: first.name }),
    remedy: 'Remove the node from the graph, or export the graph without it.',
  });
}
