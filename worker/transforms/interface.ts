import type { Shape } from '../formats/tensor.ts';
import type { Graph, GraphNode } from '../graph/graph.ts';
import { ancestors, descendants } from '../graph/reach.ts';

/** Inputs, outputs and the shape without batch; `null` where it cannot be told. */
export interface InterfaceGuess {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly shape: readonly number[] | null;
  /** Shapes of inputs that differ from `shape`. */
  readonly shapes?: Readonly<Record<string, readonly number[]>>;
}

const PLACEHOLDERS: ReadonlySet<string> = new Set(['Placeholder', 'PlaceholderWithDefault', 'PlaceholderV2']);
const IMAGE_TYPES: ReadonlySet<string> = new Set(['float32', 'float64', 'float16', 'bfloat16', 'uint8']);
/** What nobody reads in these is no result: they save, assign, log or train. */
const NO_RESULT = /^(NoOp|Assert|Print|Save.*|Restore.*|Assign.*|.*Summary(V2)?|(Resource)?(Sparse)?Apply[A-Z].*|Const|L2Loss)$/;
/** Behind a classifier's probabilities, these only change the shape; slim ends its networks so. */
const RESHAPES: ReadonlySet<string> = new Set(['Identity', 'Reshape', 'Squeeze']);
/** Heads that only training reads, as slim and Keras call them. */
const AUXILIARY = /(^|\/)aux(_?logits|_?head|iliary)?([_/\d]|$)/i;
const PROBABILITIES: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax', 'Sigmoid']);

/** Nodes that may be named as inputs or outputs: placeholders, and what depends on them and is read by nobody. */
export function interfaceCandidates(graph: Graph): { readonly inputs: readonly string[]; readonly outputs: readonly string[] } {
  const inputs = graph.nodes.filter((node) => PLACEHOLDERS.has(node.op) && IMAGE_TYPES.has(dtypeOf(node)));
  return { inputs: inputs.map((node) => node.name), outputs: results(graph, inputs).map((node) => node.name) };
}

/**
 * What the interface of an opened graph most likely is: placeholders that hold images (else the largest rank there is), and the tensors
 * behind them that nobody reads. A person can change all of it.
 */
export function guessInterface(graph: Graph): InterfaceGuess {
  const candidates = graph.nodes.filter((node) => PLACEHOLDERS.has(node.op) && IMAGE_TYPES.has(dtypeOf(node)));
  const rank = (node: GraphNode) => placeholderShape(node)?.length ?? 1;
  const wanted = candidates.some((node) => rank(node) === 4) ? 4 : Math.max(...candidates.map(rank), 0);
  const images = candidates.filter((node) => rank(node) === wanted && results(graph, [node]).length > 0);
  const [first] = images;
  if (first === undefined) return { inputs: [], outputs: [], shape: null };
  const shape = placeholderShape(first)?.slice(1) ?? null;
  const isAlike = (node: GraphNode) => JSON.stringify(placeholderShape(node)?.slice(1)) === JSON.stringify(shape ?? undefined);
  // An input of another shape belongs to the network where the same results depend on it.
  const needed = ancestors(
    graph,
    results(graph, images.filter(isAlike)).map(({ name }) => name),
  );
  const alike = images.filter((node) => isAlike(node) || (needed.has(node.name) && isKnown(placeholderShape(node)?.slice(1))));
  const outputs = [...new Set(results(graph, alike).map((node) => probabilities(graph, node).name))];
  const wantedOutputs = outputs.filter((name) => !AUXILIARY.test(name));
  const inputs = alike.map((node) => node.name);
  return { inputs, outputs: wantedOutputs.length > 0 ? wantedOutputs : outputs, ...declaredShapes(graph, inputs) };
}

/** Shapes of inputs without batch as their placeholders say them: of the first, and of those that differ from it. */
export function declaredShapes(graph: Graph, inputs: readonly string[]): Pick<InterfaceGuess, 'shape' | 'shapes'> {
  const [shape, ...others] = inputs.map((name) => placeholderShape(graph.node(name))?.slice(1));
  if (!isKnown(shape)) return { shape: null };
  const differing = others.flatMap((other, k) =>
    isKnown(other) && other.join() !== shape.join() ? [[inputs[k + 1] ?? '', other] as const] : [],
  );
  return differing.length === 0 ? { shape } : { shape, shapes: Object.fromEntries(differing) };
}

function isKnown(shape: readonly number[] | undefined): shape is readonly number[] {
  return shape?.every((size) => size > 0) === true;
}

/** Nodes that depend on `inputs` and that nobody reads. Where only logging reads the results, what it reads. */
function results(graph: Graph, inputs: readonly GraphNode[]): readonly GraphNode[] {
  const reached = descendants(
    graph,
    inputs.map((node) => node.name),
  );
  const behind = graph.nodes.filter((node) => reached.has(node.name) && !inputs.includes(node) && !NO_RESULT.test(node.op));
  const unread = behind.filter((node) => graph.uses(node.name).length === 0);
  if (unread.length > 0) return unread;
  return behind.filter((node) => graph.uses(node.name).every((use) => NO_RESULT.test(use.consumer.op)));
}

/** The probabilities behind which `node` only reshapes; else `node`. */
function probabilities(graph: Graph, node: GraphNode): GraphNode {
  let current: GraphNode | undefined = node;
  for (let steps = 0; current !== undefined && steps < 4; steps++) {
    if (PROBABILITIES.has(current.op)) return current;
    if (!RESHAPES.has(current.op)) return node;
    current = graph.find(current.edges[0]?.node ?? '');
  }
  return node;
}

/** As the node says it; a scalar shape stands for an unknown one in old graphs. */
export function placeholderShape(node: GraphNode): Shape {
  const declared = node.attr('shape');
  if (declared?.kind === 'shape' && declared.value !== null && declared.value.length > 0) return declared.value;
  const cached = node.attr('_output_shapes');
  return (cached?.kind === 'list' ? cached.value.shapes[0] : undefined) ?? null;
}

function dtypeOf(node: GraphNode): string {
  const value = node.attr('dtype');
  return value?.kind === 'type' ? value.value : 'float32';
}
