import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '../../formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../formats/tensorValues.ts';
import type { Kernels, Pair, PoolGeometry, QuantRule, Value, ValueType } from '../../ops/kernels.ts';
import { type ComposedGradients, composedGradients, type Primitive } from './composedGradients.ts';
import { valueTypeOf } from './reference.ts';

/** A tensor of the TensorFlow.js engine; `dtype` is the graph's, the engine holds float32, int32 or bool. */
export interface TfValue extends Value {
  readonly tensor: tf.Tensor;
}

/** Where backends differ from what the library gives. */
export interface Specifics {
  readonly linearQuant: (x: tf.Tensor, rule: QuantRule) => tf.Tensor;
}

const COMPARISONS = {
  equal: tf.equal,
  notEqual: tf.notEqual,
  less: tf.less,
  lessEqual: tf.lessEqual,
  greater: tf.greater,
  greaterEqual: tf.greaterEqual,
} as const;
const REDUCTIONS = { sum: tf.sum, mean: tf.mean, max: tf.max, min: tf.min, prod: tf.prod } as const;

/** The kernels of a TensorFlow.js backend; those of derivatives are composed, and overridden where a backend has faster ones. */
export function tfjsKernels(specifics: Specifics): Omit<Kernels, 'linearQuantGrad'> {
  const of = (x: Value): tf.Tensor => (x as TfValue).tensor;
  const wrap = (tensor: tf.Tensor, dtype: ValueType): TfValue => ({ dtype, shape: tensor.shape, tensor });
  const unary =
    (f: (x: tf.Tensor) => tf.Tensor) =>
    (x: Value): Value =>
      wrap(f(of(x)), x.dtype);
  const binary =
    (f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) =>
    (a: Value, b: Value): Value =>
      wrap(f(of(a), of(b)), a.dtype);
  const primitive: Primitive = {
    constant: (dtype, shape, values) => wrap(tf.tensor([...values], [...shape], engineType(dtype)), dtype),
    // The library's wasm backend copies where it clones; a view of the same shape shares the contents.
    identity: unary((x) => tf.reshape(x, x.shape)),
    // The library's own cast to bool keeps a byte of what was there.
    cast: (x, dtype) =>
      wrap(dtype === 'bool' ? tf.tidy(() => tf.notEqual(of(x), tf.scalar(0, of(x).dtype))) : tf.cast(of(x), engineType(dtype)), dtype),
    fill: (shape, value) => wrap(tf.broadcastTo(of(value), [...shape]), value.dtype),
    add: binary(tf.add),
    sub: binary(tf.sub),
    mul: binary(tf.mul),
    div: binary(tf.div),
    floorDiv: binary(tf.floorDiv),
    maximum: binary(tf.maximum),
    minimum: binary(tf.minimum),
    pow: binary(tf.pow),
    compare: (a, b, how) => wrap(COMPARISONS[how](of(a), of(b)), 'bool'),
    select: (condition, a, b) => wrap(tf.where(of(condition), of(a), of(b)), a.dtype),
    neg: unary(tf.neg),
    abs: unary(tf.abs),
    sqrt: unary(tf.sqrt),
    // Not the library's own rsqrt: hardware approximates it.
    rsqrt: unary((x) => tf.tidy(() => tf.div(tf.scalar(1), tf.sqrt(x)))),
    exp: unary(tf.exp),
    log: unary(tf.log),
    ceil: unary(tf.ceil),
    floor: unary(tf.floor),
    round: unary(tf.round),
    relu: unary(tf.relu),
    elu: unary(tf.elu),
    selu: unary(tf.selu),
    sigmoid: unary(tf.sigmoid),
    tanh: unary(tf.tanh),
    softplus: unary(tf.softplus),
    erf: unary(tf.erf),
    leakyRelu: (x, alpha) => wrap(tf.leakyRelu(of(x), alpha), x.dtype),
    clip: (x, min, max) => wrap(tf.clipByValue(of(x), min, max), x.dtype),
    linearQuant: (x, rule) => wrap(specifics.linearQuant(of(x), rule), x.dtype),
    conv2d: (x, filter, { strides, dilations, padding }) =>
      wrap(kernel('Conv2D', { x: of(x), filter: of(filter) }, { strides, pad: pads(padding), dataFormat: 'NHWC', dilations }), x.dtype),
    depthwiseConv2d: (x, filter, { strides, dilations, padding }) =>
      wrap(
        kernel('DepthwiseConv2dNative', { x: of(x), filter: of(filter) }, { strides, pad: pads(padding), dataFormat: 'NHWC', dilations }),
        x.dtype,
      ),
    matMul: (a, b, { transposeA, transposeB }) =>
      wrap(
        // The library multiplies transposed matrices in a naive loop and others in a tuned one.
        tf.tidy(() => tf.matMul(...spreadMatrices(transposeA ? swapLast(of(a)) : of(a), transposeB ? swapLast(of(b)) : of(b)))),
        a.dtype,
      ),
    biasAdd: binary(tf.add),
    maxPool: (x, geometry) => wrap(pool('MaxPool', of(x), geometry), x.dtype),
    avgPool: (x, geometry) => wrap(pool('AvgPool', of(x), geometry), x.dtype),
    batchNorm: (x, { scale, offset, mean, variance }, epsilon) =>
      wrap(
        kernel(
          'FusedBatchNorm',
          { x: of(x), scale: of(scale), offset: of(offset), mean: of(mean), variance: of(variance) },
          { varianceEpsilon: epsilon },
        ),
        x.dtype,
      ),
    softmax: (x) => wrap(kernel('Softmax', { logits: of(x) }, { dim: x.shape.length - 1 }), x.dtype),
    responseNorm: (x, { radius, bias, alpha, beta }) =>
      wrap(kernel('LRN', { x: of(x) }, { depthRadius: radius, bias, alpha, beta }), x.dtype),
    reduce: (x, how, axes, keepDims) => wrap(axes.length === 0 ? of(x).clone() : REDUCTIONS[how](of(x), [...axes], keepDims), x.dtype),
    argExtreme: (x, which, axis, dtype) => wrap(which === 'max' ? tf.argMax(of(x), axis) : tf.argMin(of(x), axis), dtype),
    reshape: (x, shape) => wrap(tf.reshape(of(x), [...shape]), x.dtype),
    transpose: (x, permutation) => wrap(tf.transpose(of(x), [...permutation]), x.dtype),
    concat: (values, axis) =>
      wrap(values.length === 1 ? of(values[0] as Value).clone() : tf.concat(values.map(of), axis), (values[0] as Value).dtype),
    pad: (x, paddings, value) =>
      wrap(
        tf.pad(
          of(x),
          paddings.map(([before, after]) => [before, after]),
          value,
        ),
        x.dtype,
      ),
    stridedSlice: (x, begin, size, strides) =>
      wrap(
        tf.tidy(() => slice(of(x), begin, size, strides)),
        x.dtype,
      ),
    gather: (x, indices, axis, batch) =>
      wrap(
        tf.tidy(() => gather(of(x), of(indices), axis, batch)),
        x.dtype,
      ),
  };
  return {
    ...primitive,
    ...alone(composedGradients(primitive)),
  };
}

/** Each kernel with what it makes on its way released. */
function alone(composed: ComposedGradients): ComposedGradients {
  const tidied = Object.entries(composed).map(([name, compute]) => [
    name,
    (...args: never[]) => tidy(() => [(compute as (...args: never[]) => Value)(...args)])[0],
  ]);
  return Object.fromEntries(tidied) as ComposedGradients;
}

function kernel(name: string, inputs: tf.NamedTensorMap, attrs: Record<string, unknown>): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
}

/** Padding as the library writes it. */
export function pads([rows, columns]: readonly [Pair, Pair]): readonly Pair[] {
  return [[0, 0], rows, columns, [0, 0]];
}

function pool(name: 'MaxPool' | 'AvgPool', x: tf.Tensor, { size, strides, padding }: PoolGeometry): tf.Tensor {
  // A window of one element only picks; some kernels refuse it.
  if (size[0] === 1 && size[1] === 1 && padding.flat().every((p) => p === 0)) {
    const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
    const length = [batch, Math.ceil(height / strides[0]), Math.ceil(width / strides[1]), channels];
    return tf.tidy(() => slice(x, [0, 0, 0, 0], length, [1, ...strides, 1]));
  }
  return kernel(name, { x }, { filterSize: size, strides, pad: pads(padding), dimRoundingMode: undefined });
}

function swapLast(x: tf.Tensor): tf.Tensor {
  const axes = x.shape.map((_, axis) => axis);
  return tf.transpose(x, [...axes.slice(0, -2), axes.length - 1, axes.length - 2]);
}

/** The library repeats one matrix, or pairs as many with as many; where leading axes spread otherwise they are written out. */
function spreadMatrices(a: tf.Tensor, b: tf.Tensor): [tf.Tensor, tf.Tensor] {
  const [aLead, bLead] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const lead = tf.backend_util.assertAndGetBroadcastShape(aLead, bLead);
  const all = tf.util.sizeFromShape(lead);
  const spread = (x: tf.Tensor, own: readonly number[]): tf.Tensor => {
    const count = tf.util.sizeFromShape([...own]);
    return count === 1 || count === all ? x : tf.broadcastTo(x, [...lead, ...x.shape.slice(-2)]);
  };
  return [spread(a, aLead), spread(b, bLead)];
}

/** The library's wasm kernel goes astray where operands share batch axes: there rows are picked by their place among all rows. */
function gather(x: tf.Tensor, indices: tf.Tensor, axis: number, batch: number): tf.Tensor {
  if (batch === 0) return tf.gather(x, indices as tf.Tensor1D, axis);
  const [lead, outer, inner] = [x.shape.slice(0, batch), x.shape.slice(batch, axis), x.shape.slice(axis + 1)];
  const [images, rows, length] = [tf.util.sizeFromShape(lead), tf.util.sizeFromShape(outer), x.shape[axis] ?? 1];
  const starts = Int32Array.from({ length: images * rows }, (_, i) => i * length);
  const wanted = tf.reshape(indices, [images, 1, indices.size / images]);
  const places = tf.add(tf.tensor(starts, [images, rows, 1], 'int32'), wanted);
  const picked = tf.gather(
    tf.reshape(x, [images * rows * length, tf.util.sizeFromShape(inner)]),
    tf.reshape(places, [places.size]) as tf.Tensor1D,
  );
  return tf.reshape(picked, [...lead, ...outer, ...indices.shape.slice(batch), ...inner]);
}

/** Slices axis by axis kind: a plain slice of what is reached, turned round where the stride is negative, then every n-th element. */
function slice(x: tf.Tensor, begin: readonly number[], size: readonly number[], strides: readonly number[]): tf.Tensor {
  const step = x.shape.map((_, i) => strides[i] ?? 1);
  const count = x.shape.map((_, i) => size[i] ?? 0);
  if (count.includes(0)) return tf.zeros(count, x.dtype);
  const reach = count.map((length, i) => (length - 1) * Math.abs(step[i] as number) + 1);
  const from = x.shape.map((_, i) => ((step[i] as number) > 0 ? (begin[i] ?? 0) : (begin[i] ?? 0) - (reach[i] as number) + 1));
  let part = tf.slice(x, from, reach);
  const backwards = step.flatMap((value, axis) => (value < 0 ? [axis] : []));
  if (backwards.length > 0) part = tf.reverse(part, backwards);
  step.forEach((value, axis) => {
    if (Math.abs(value) === 1 || count[axis] === 1) return;
    part = everyNth(part, axis, count[axis] as number, Math.abs(value));
  });
  return part;
}

/** Every n-th element along an axis that ends with the last of them: by a view with an axis of n, a gather is far slower. */
function everyNth(x: tf.Tensor, axis: number, count: number, n: number): tf.Tensor {
  if (x.dtype !== 'float32') {
    const indices = tf.tensor1d(
      Array.from({ length: count }, (_, i) => i * n),
      'int32',
    );
    return tf.gather(x, indices, axis);
  }
  const [outer, inner] = [tf.util.sizeFromShape(x.shape.slice(0, axis)), tf.util.sizeFromShape(x.shape.slice(axis + 1))];
  const whole = tf.pad(tf.reshape(x, [outer, (count - 1) * n + 1, inner]), [
    [0, 0],
    [0, n - 1],
    [0, 0],
  ]);
  const firsts = tf.slice(tf.reshape(whole, [outer * count, n * inner]), [0, 0], [outer * count, inner]);
  return tf.reshape(firsts, x.shape.with(axis, count));
}

/** What the engine holds values of an element type in. */
function engineType(dtype: ValueType): 'float32' | 'int32' | 'bool' {
  if (dtype === 'bool') return 'bool';
  return dtype === 'float32' || dtype === 'float64' ? 'float32' : 'int32';
}

/** A tensor of the graph as a value; float32 weights reach the backend without a copy on the way. */
export function uploadTensor(tensor: Tensor): TfValue {
  const dtype = valueTypeOf(tensor);
  const type = engineType(dtype);
  const numbers = tensorNumbers(tensor);
  const Holder = type === 'float32' ? Float32Array : type === 'bool' ? Uint8Array : Int32Array;
  const values = numbers instanceof Holder ? numbers : Holder.from(numbers);
  return { dtype, shape: tensor.shape, tensor: tf.engine().makeTensor(values, [...tensor.shape], type) as tf.Tensor };
}

/** A value's elements as a tensor of its own element type. */
export async function downloadTensor(value: Value): Promise<Tensor> {
  const elements = (await (value as TfValue).tensor.data()) as Float32Array | Int32Array | Uint8Array;
  return makeTensor(value.dtype, value.shape, elements);
}

/** `Backend.scope` of the library's backends. */
export function tidy(work: () => readonly Value[]): readonly Value[] {
  const engine = tf.engine();
  engine.startScope();
  let kept: readonly Value[] = [];
  try {
    kept = work();
    return kept;
  } finally {
    engine.endScope(kept.map((value) => (value as TfValue).tensor));
  }
}
