/** A value that lives on one backend; its contents are the backend's own. */
export interface Value {
  readonly dtype: ValueType;
  readonly shape: readonly number[];
}

/** Element types that backends compute with. Float32 backends hold `float64` as float32 and 64-bit integers as int32. */
export type ValueType = 'float32' | 'float64' | 'int32' | 'bool' | 'int64' | 'uint8';

/** Two numbers for height and width, or for before and after. */
export type Pair = readonly [number, number];

/** How a filter walks over an NHWC image; padding is always explicit: [[top, bottom], [left, right]]. */
export interface ConvGeometry {
  readonly strides: Pair;
  readonly dilations: Pair;
  readonly padding: readonly [Pair, Pair];
}

/** How a pooling window walks over an NHWC image. */
export interface PoolGeometry {
  readonly size: Pair;
  readonly strides: Pair;
  readonly padding: readonly [Pair, Pair];
}

export type RoundingMode = 'round' | 'floor' | 'ceil';

/** One quantizer: y = scale · clip(rnd(x / scale), min, max); `min` and `max` are integer code limits, `round` is half to even. */
export interface QuantRule {
  readonly scale: number;
  readonly min: number;
  readonly max: number;
  readonly rounding: RoundingMode;
}

/** How two values are compared, element by element. */
export type Comparison = 'equal' | 'notEqual' | 'less' | 'lessEqual' | 'greater' | 'greaterEqual';

/** How elements along some axes become one. */
export type Reduction = 'sum' | 'mean' | 'max' | 'min' | 'prod';

/** Slope of SELU and slope times its alpha (Klambauer et al. 2017), to the digits that TensorFlow uses. */
export const SELU_SCALE = 1.0507009873554805;
export const SELU_SCALE_ALPHA = 1.7580993408473768;

/** Functions of one element. `round` is half to even. */
export type ElementFunction =
  | 'neg'
  | 'abs'
  | 'sqrt'
  | 'rsqrt'
  | 'exp'
  | 'log'
  | 'ceil'
  | 'floor'
  | 'round'
  | 'relu'
  | 'elu'
  | 'selu'
  | 'sigmoid'
  | 'tanh'
  | 'softplus'
  | 'erf';

/** Functions of two elements; `floorDiv` rounds the quotient down. */
export type PairFunction = 'add' | 'sub' | 'mul' | 'div' | 'floorDiv' | 'maximum' | 'minimum' | 'pow';

/** Local response normalization: x / (bias + alpha · Σ x²)^beta over `radius` channels on either side. */
export interface ResponseNorm {
  readonly radius: number;
  readonly bias: number;
  readonly alpha: number;
  readonly beta: number;
}

type Unary = (x: Value) => Value;
type Binary = (a: Value, b: Value) => Value;

/**
 * The primitives that ops are written in; every backend offers all of them.
 *
 * Images are NHWC, filters [height, width, in, out] ([height, width, in, multiplier] depthwise). Every call returns a fresh value
 * that the caller owns; inputs stay valid. Shapes have been checked by the op's shape rule before a kernel is called.
 */
export interface Kernels extends Readonly<Record<ElementFunction, Unary> & Record<PairFunction, Binary>> {
  /** A value made from numbers given here. */
  constant(dtype: ValueType, shape: readonly number[], values: readonly number[]): Value;
  /** Another handle on the same contents. */
  identity(x: Value): Value;
  cast(x: Value, dtype: ValueType): Value;
  /** Every element `value`, a scalar. */
  fill(shape: readonly number[], value: Value): Value;

  // element by element; two operands broadcast as in TensorFlow
  compare(a: Value, b: Value, how: Comparison): Value;
  /** `a` where the condition (bool) holds, else `b`; all three broadcast. */
  select(condition: Value, a: Value, b: Value): Value;
  leakyRelu(x: Value, alpha: number): Value;
  clip(x: Value, min: number, max: number): Value;
  linearQuant(x: Value, rule: QuantRule): Value;

  // layers
  conv2d(x: Value, filter: Value, geometry: ConvGeometry): Value;
  depthwiseConv2d(x: Value, filter: Value, geometry: ConvGeometry): Value;
  /** Matrices in the last two axes; leading axes broadcast. */
  matMul(a: Value, b: Value, options: { readonly transposeA: boolean; readonly transposeB: boolean }): Value;
  /** Adds a vector along the last axis. */
  biasAdd(x: Value, bias: Value): Value;
  /** Padding never wins: a window sees real elements only. */
  maxPool(x: Value, geometry: PoolGeometry): Value;
  /** Divides by the count of real elements in the window, as TensorFlow does. */
  avgPool(x: Value, geometry: PoolGeometry): Value;
  /** (x − mean) · scale / sqrt(variance + epsilon) + offset along the last axis. */
  batchNorm(
    x: Value,
    statistics: { readonly scale: Value; readonly offset: Value; readonly mean: Value; readonly variance: Value },
    epsilon: number,
  ): Value;
  /** Over the last axis. */
  softmax(x: Value): Value;
  responseNorm(x: Value, rule: ResponseNorm): Value;
  reduce(x: Value, how: Reduction, axes: readonly number[], keepDims: boolean): Value;
  /** Index of the largest or smallest element along an axis, the first of equal ones; the axis goes. */
  argExtreme(x: Value, which: 'max' | 'min', axis: number, dtype: ValueType): Value;

  // rearranging
  reshape(x: Value, shape: readonly number[]): Value;
  transpose(x: Value, permutation: readonly number[]): Value;
  concat(values: readonly Value[], axis: number): Value;
  pad(x: Value, paddings: readonly Pair[], value: number): Value;
  /** Takes size[i] elements from begin[i] in steps of strides[i] (which may be negative); rank is kept. */
  stridedSlice(x: Value, begin: readonly number[], size: readonly number[], strides: readonly number[]): Value;
  /** Picks along `axis` by whole numbers; the first `batch` axes of both operands go together. */
  gather(x: Value, indices: Value, axis: number, batch: number): Value;

  // derivatives; dy is that by the output, and every result is that by an input
  /** dy where low < y < high, else 0; an end may be infinite. */
  passBetween(dy: Value, y: Value, low: number, high: number): Value;
  /**
   * By x: dy where the rounded code lies within the limits, else 0. By the scale, a scalar: Σ dy · (rnd(x / s) − x / s) over those,
   * Σ dy · min and Σ dy · max over the others (facts 4.3). With min = max = 0 dy passes and the scale has none.
   */
  linearQuantGrad(x: Value, dy: Value, rule: QuantRule): { readonly x: Value; readonly scale: Value };
  /** Sum over the axes along which `shape` was broadcast to that of x. */
  sumTo(x: Value, shape: readonly number[]): Value;
  conv2dInputGrad(dy: Value, filter: Value, inputShape: readonly number[], geometry: ConvGeometry): Value;
  conv2dFilterGrad(x: Value, dy: Value, filterShape: readonly number[], geometry: ConvGeometry): Value;
  depthwiseConv2dInputGrad(dy: Value, filter: Value, inputShape: readonly number[], geometry: ConvGeometry): Value;
  depthwiseConv2dFilterGrad(x: Value, dy: Value, filterShape: readonly number[], geometry: ConvGeometry): Value;
  /** Of equal largest elements of a window the first takes all, in the order of rows. */
  maxPoolGrad(x: Value, dy: Value, geometry: PoolGeometry): Value;
  avgPoolGrad(dy: Value, inputShape: readonly number[], geometry: PoolGeometry): Value;
  /** Adds up in `inputShape` what `gather` picked there. */
  gatherGrad(dy: Value, indices: Value, inputShape: readonly number[], axis: number, batch: number): Value;
}
