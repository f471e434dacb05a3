import { GraffitistError } from '../errors.ts';
import { tensorNumbers } from '../formats/tensorValues.ts';
import type { Edge, Graph, GraphNode } from '../graph/graph.ts';
import { NodeAttrs } from '../ops/attrs.ts';
import type { QuantRule } from '../ops/kernels.ts';
import { dataOrder } from '../ops/order.ts';
import { roundingMode } from '../ops/quantization.ts';
import type { Constants } from './constants.ts';
import { isPowerOfTwo } from './fakeQuant.ts';

/** Float32 holds every integer up to here. */
const EXACT = 2 ** 24;

/** A layer whose result may depend on the backend, and why. */
export interface InexactLayer {
  readonly node: string;
  /** `overflow`: sums of codes may reach 2²⁴; `unquantized`: an operand is not a multiple of a power of two to begin with. */
  readonly reason: 'overflow' | 'unquantized';
  /** The largest sum of codes possible: Σ|w_code| · max|x_code|; Infinity where it is not bounded. */
  readonly bound: number;
}

/** Values that are whole multiples of `unit`, a power of two, at most `max` of them. */
interface Dyadic {
  readonly unit: number;
  readonly max: number;
}

/** What passes values on, or picks among them: nothing is summed. */
// biome-ignore format: a list
const PASSING: ReadonlySet<string> = new Set([
  'Identity', 'IdentityN', 'Snapshot', 'StopGradient', 'PreventGradient', 'CheckNumerics', 'EnsureShape', 'PlaceholderWithDefault',
  'Reshape', 'Squeeze', 'ExpandDims', 'Transpose', 'ReverseV2', 'Pad', 'MirrorPad', 'StridedSlice', 'Slice', 'Split', 'SplitV', 'Unpack',
  'Tile', 'BroadcastTo', 'Gather', 'GatherV2', 'SpaceToDepth', 'DepthToSpace', 'SpaceToBatchND', 'BatchToSpaceND',
  'ResizeNearestNeighbor', 'Relu', 'Relu6', 'Abs', 'Neg', 'MaxPool', 'MaxPoolV2', 'Max', 'Min', 'ConcatV2', 'Concat', 'Pack', 'ExtractImagePatches', 'Maximum',
  'Minimum', 'Select', 'SelectV2', 'Cast',
]);
/** What passes on its first input alone: weights on their way from their quantizer. */
const SINGLE: ReadonlySet<string> = new Set(['Identity', 'StopGradient', 'Cast', 'Reshape', 'Squeeze', 'Transpose', 'SplitV']);
const ADDING: ReadonlySet<string> = new Set(['Add', 'AddV2', 'AddN', 'Sub', 'BiasAdd']);
/** What sums, or multiplies by what is no power of two, in a way of its backend's own. */
// biome-ignore format: a list
const ROUNDING: ReadonlySet<string> = new Set([
  'AvgPool', 'Mean', 'Sum', 'Prod', 'FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3', 'LRN', 'ResizeBilinear',
]);
/** Functions that each backend approximates in its own way: they count where a quantizer still follows. */
// biome-ignore format: a list
const APPROXIMATED: ReadonlySet<string> = new Set([
  'Exp', 'Log', 'Pow', 'Sqrt', 'Rsqrt', 'RealDiv', 'Div', 'Reciprocal', 'Inv', 'Elu', 'Selu', 'Sigmoid', 'Tanh', 'Softplus', 'Softsign',
  'Erf', 'Softmax', 'LogSoftmax',
]);
// biome-ignore format: a list
const COMPUTING: ReadonlySet<string> = new Set([
  'Conv2D', 'DepthwiseConv2dNative', 'Conv2DBackpropInput', 'MatMul', 'BatchMatMul', 'BatchMatMulV2', 'BatchMatMulV3',
]);

/**
 * The layers of a quantized graph whose sums float32 might round, so that another order of summation could give another result:
 * averages, and compute layers with Σ|w_code| · max|x_code| ≥ 2²⁴ and those with an operand that no quantizer made dyadic. A bound, not a measurement:
 * it holds for any input. An empty list means that every backend gives the same bits up to the last quantizer.
 *
 * @param through names to look at: the graph's outputs; what does not lead there is left out
 * @throws GraffitistError `variable-missing` where a threshold has no value
 */
export async function inexactLayers(graph: Graph, constants: Constants, through: readonly string[]): Promise<readonly InexactLayer[]> {
  const wanted = ancestors(graph, through);
  const dyadic = new Map<string, Dyadic | undefined>();
  const found: InexactLayer[] = [];
  const quantizers = graph.nodes.filter((node) => node.op === 'LinearQuant' && wanted.has(node.name));
  const quantizedLater = ancestors(
    graph,
    quantizers.flatMap(({ edges: [data] }) => (data === undefined ? [] : [data.node])),
  );
  for (const node of dataOrder(graph).nodes) {
    if (!wanted.has(node.name)) continue;
    if (node.op === 'LinearQuant') dyadic.set(node.name, quantized(await quantRule(node, constants)));
    else if (constants.has(node.name)) continue;
    else {
      const inputs = await Promise.all(node.edges.map((edge) => operand(edge, graph, constants, dyadic)));
      const result = COMPUTING.has(node.op) ? await layer(node, inputs, constants) : combine(node.op, inputs);
      dyadic.set(node.name, result);
      const approximated = APPROXIMATED.has(node.op) && quantizedLater.has(node.name);
      if (!COMPUTING.has(node.op) && !ROUNDING.has(node.op) && !approximated) continue;
      if (result === undefined) found.push({ node: node.name, reason: 'unquantized', bound: Number.POSITIVE_INFINITY });
      else if (result.max >= EXACT) found.push({ node: node.name, reason: 'overflow', bound: result.max });
    }
  }
  return found;
}

/**
 * Whether something that leads to `through` is to be computed in float64 and float32 might give other numbers: a layer of that type among
 * the inexact ones. Backends that hold float64 as float32 must not run such a graph.
 */
export async function needsFloat64(graph: Graph, constants: Constants, through: readonly string[]): Promise<boolean> {
  const isWide = (node: GraphNode): boolean => COMPUTING.has(node.op) && new NodeAttrs(node).type('T', 'float32') === 'float64';
  if (!graph.nodes.some(isWide)) return false;
  return (await inexactLayers(graph, constants, through)).some(({ node }) => isWide(graph.node(node)));
}

/** Scale, limits and rounding of a LinearQuant node. @throws GraffitistError `variable-missing`, `node-malformed` */
export async function quantRule(node: GraphNode, constants: Constants): Promise<QuantRule> {
  const [scale, min, max] = await Promise.all([1, 2, 3].map((slot) => scalar(node, slot, constants)));
  return { scale: scale ?? 0, min: min ?? 0, max: max ?? 0, rounding: roundingMode(new NodeAttrs(node)) };
}

async function scalar(node: GraphNode, slot: number, constants: Constants): Promise<number> {
  const edge = node.edges[slot];
  const value = edge && constants.has(edge.node) ? (await constants.numbers(edge))[0] : undefined;
  if (value !== undefined) return value;
  throw new GraffitistError('node-malformed', `Input ${slot} of quantizer '${node.name}' is not a constant.`, { about: node.name });
}

function quantized({ scale, min, max }: QuantRule): Dyadic | undefined {
  return isPowerOfTwo(scale) ? { unit: scale, max: Math.max(Math.abs(min), Math.abs(max)) } : undefined;
}

/** What an input is, constants included: those are dyadic where a quantizer made them, or where their few values happen to be. */
async function operand(
  edge: Edge,
  graph: Graph,
  constants: Constants,
  dyadic: ReadonlyMap<string, Dyadic | undefined>,
): Promise<Dyadic | undefined> {
  if (!constants.has(edge.node)) return dyadic.get(edge.node);
  let node = graph.node(edge.node);
  for (let next = node.edges[0]; next !== undefined && SINGLE.has(node.op); next = node.edges[0]) node = graph.node(next.node);
  return node.op === 'LinearQuant' ? quantized(await quantRule(node, constants)) : undefined;
}

/** The slots that hold data. Axes, shapes and paddings stand in the others as constants, which are not dyadic and do not matter. */
function dataOf(op: string, inputs: readonly (Dyadic | undefined)[]): readonly (Dyadic | undefined)[] {
  if (op === 'ConcatV2') return inputs.slice(0, -1);
  if (op === 'Concat' || op === 'Split' || op.startsWith('Select')) return inputs.slice(1);
  return ADDING.has(op) || /^(Mul|Maximum|Minimum|Pack|IdentityN)$/.test(op) ? inputs : inputs.slice(0, 1);
}

function combine(op: string, inputs: readonly (Dyadic | undefined)[]): Dyadic | undefined {
  const values = dataOf(op, inputs);
  if (values.length === 0 || values.includes(undefined)) return undefined;
  const all = values as readonly Dyadic[];
  // 6 is a multiple of no larger power of two.
  const unit = Math.min(...all.map((value) => value.unit), op === 'Relu6' ? 2 : Number.POSITIVE_INFINITY);
  const inUnits = all.map((value) => value.max * (value.unit / unit));
  if (PASSING.has(op)) return { unit, max: Math.max(...inUnits) };
  if (ADDING.has(op)) return { unit, max: inUnits.reduce((sum, max) => sum + max, 0) };
  if (op === 'Mul')
    return { unit: all.reduce((product, value) => product * value.unit, 1), max: all.reduce((product, value) => product * value.max, 1) };
  return undefined;
}

/** Codes of a compute layer's result: at most the largest Σ|w_code| of an output channel times max|x_code|. */
async function layer(node: GraphNode, inputs: readonly (Dyadic | undefined)[], constants: Constants): Promise<Dyadic | undefined> {
  const [left, right] = inputs.slice(-2);
  if (left === undefined || right === undefined) return undefined;
  const unit = left.unit * right.unit;
  const operands = node.edges.slice(-2);
  const slot = operands.findIndex((edge) => constants.has(edge.node));
  const edge = operands[slot];
  // Two varying operands: how many products are summed is not known here.
  if (edge === undefined) return { unit, max: Number.POSITIVE_INFINITY };
  const [weights, x] = slot === 0 ? [left, right] : [right, left];
  const tensor = await constants.tensor(edge);
  const { count, of } = outputsOf(node, slot, tensor.shape);
  return { unit, max: (largestSum(tensorNumbers(tensor), of, count) / weights.unit) * x.max };
}

/** Which output each weight counts for: a channel of a convolution; of a matrix, the axis that is not summed over. */
function outputsOf(
  node: GraphNode,
  slot: number,
  shape: readonly number[],
): { readonly count: number; readonly of: (index: number) => number } {
  const [before = 1, last = 1] = [shape.at(-2), shape.at(-1)];
  if (node.op === 'DepthwiseConv2dNative') return { count: before * last, of: (i) => i % (before * last) };
  if (node.op === 'Conv2DBackpropInput') return { count: before, of: (i) => Math.floor(i / last) % before };
  if (node.op === 'Conv2D') return { count: last, of: (i) => i % last };
  const flags = node.op === 'MatMul' ? ['transpose_a', 'transpose_b'] : ['adj_x', 'adj_y'];
  const transposed = new NodeAttrs(node).bool(flags[slot] ?? '', false);
  return (slot === 0) !== transposed ? { count: before, of: (i) => Math.floor(i / last) % before } : { count: last, of: (i) => i % last };
}

function largestSum(values: ArrayLike<number>, output: (index: number) => number, count: number): number {
  const sums = new Float64Array(count);
  for (let i = 0; i < values.length; i++) sums[output(i)] = (sums[output(i)] as number) + Math.abs(values[i] as number);
  return sums.reduce((a, b) => Math.max(a, b), 0);
}

function ancestors(graph: Graph, names: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const open = names.map((name) => graph.node(name));
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (found.has(node.name)) continue;
    found.add(node.name);
    for (const edge of node.edges) {
      const producer = graph.find(edge.node);
      if (producer !== undefined) open.push(producer);
    }
  }
  return found;
}
