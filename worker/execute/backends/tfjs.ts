import * as tf from '@tensorflow/tfjs-core';
import type { Tensor } from '../../formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../formats/tensorValues.ts';
import type { Kernels, Pair, PoolGeometry, QuantRule, Value, ValueType } from '../../ops/kernels.ts';
import { valueTypeOf } from './reference.ts';

/** A tensor of the TensorFlow.js engine; `dtype` is the graph's, the engine holds float32, int32 or bool. */
export interface TfValue extends Value {
  readonly tensor: tf.Tensor;
}

/** Where backends differ from what the library gives. */
export interface Specifics {
  readonly linearQuant: (x: tf.Tensor, rule: QuantRule) => tf.Tensor;
}

/** The kernels of a TensorFlow.js backend. */
export function tfjsKernels(specifics: Specifics): Kernels {
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
  return {
    constant: (dtype, shape, values) => wrap(tf.tensor([...values], [...shape], engineType(dtype)), dtype),
    identity: unary((x) => x.clone()),
    cast: (x, dtype) => wrap(tf.cast(of(x), engineType(dtype)), dtype),
    fill: (shape, value) => wrap(tf.broadcastTo(of(value), [...shape]), value.dtype),
    add: binary(tf.add),
    sub: binary(tf.sub),
    mul: binary(tf.mul),
    div: binary(tf.div),
    maximum: binary(tf.maximum),
    pow: binary(tf.pow),
    neg: unary(tf.neg),
    sqrt: unary(tf.sqrt),
    // Not the library's own rsqrt: hardware approximates it.
    rsqrt: unary((x) => tf.tidy(() => tf.div(tf.scalar(1), tf.sqrt(x)))),
    ceil: unary(tf.ceil),
    relu: unary(tf.relu),
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
        tf.tidy(() => tf.matMul(transposeA ? swapLast(of(a)) : of(a), transposeB ? swapLast(of(b)) : of(b))),
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
    mean: (x, axes, keepDims) => wrap(axes.length === 0 ? of(x).clone() : tf.mean(of(x), [...axes], keepDims), x.dtype),
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
  };
}

function kernel(name: string, inputs: tf.NamedTensorMap, attrs: Record<string, unknown>): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attrs as unknown as tf.NamedAttrMap) as tf.Tensor;
}

function pads([rows, columns]: readonly [Pair, Pair]): readonly Pair[] {
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
    const indices = tf.tensor1d(
      Array.from({ length: count[axis] as number }, (_, i) => i * Math.abs(value)),
      'int32',
    );
    part = tf.gather(part, indices, axis);
  });
  return part;
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
