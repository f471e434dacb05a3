import { GraffitistError } from '../../errors.ts';
import type { Tensor } from '../../formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../formats/tensorValues.ts';
import type { Kernels, Pair, Value, ValueType } from '../../ops/kernels.ts';
import type { Backend, FloatArray } from '../backend.ts';
import { fakeQuant, fakeQuantGrad } from '../fakeQuant.ts';
import { COMPARISONS, FUNCTIONS, PAIRS, REDUCTIONS } from './elementwise.ts';
import { broadcast, size, spread, stridesOf, summedTo, walk, zipElements } from './plainIndex.ts';
import { convolutionGradients, gatheredBack, poolGradients } from './referenceGradients.ts';
import { convolve, depthwiseConvolve, multiplyMatrices, normalizeResponse, pool } from './referenceLayers.ts';

/** Plain numbers, row major. Integers and booleans are held as float64. */
export interface PlainValue extends Value {
  readonly data: FloatArray;
}

/** How float32 values are held: in float64 (the oracle), or in float32 so that every op rounds its result once. */
export type Precision = 'float64' | 'float32';

/**
 * Every kernel in plain TypeScript, written to be read. In `float64` it is the oracle that other backends are held against; in
 * `float32` each op computes in float64 and rounds its result, which for + − × ÷ √ is the correctly rounded float32 result.
 */
export function plainKernels(precision: Precision): Kernels {
  const make = (dtype: ValueType, shape: readonly number[]): PlainValue => ({ dtype, shape, data: array(dtype, size(shape), precision) });
  const zip =
    (f: (x: number, y: number) => number, dtype?: ValueType) =>
    (a: Value, b: Value): Value => {
      const [x, y] = [plain(a), plain(b)];
      const out = make(dtype ?? x.dtype, broadcast(x.shape, y.shape));
      zipElements(x, y, out, f);
      return out;
    };
  const map =
    (f: (x: number) => number) =>
    (x: Value): Value => {
      const source = plain(x).data;
      const out = make(x.dtype, x.shape);
      for (let i = 0; i < source.length; i++) out.data[i] = f(source[i] as number);
      return out;
    };
  const view = (x: Value, shape: readonly number[], dtype = x.dtype): PlainValue => ({ dtype, shape, data: plain(x).data });
  const gather = (x: Value, shape: readonly number[], offset: number, strides: readonly number[]): Value => {
    const out = make(x.dtype, shape);
    const source = plain(x).data;
    walk(shape, strides, offset, (i, at) => {
      out.data[i] = source[at] as number;
    });
    return out;
  };
  return {
    constant: (dtype, shape, values) => {
      const out = make(dtype, shape);
      out.data.set(values);
      return out;
    },
    identity: (x) => view(x, x.shape),
    cast: (x, dtype) => {
      const out = make(dtype, x.shape);
      const whole = dtype === 'int32' || dtype === 'int64' || dtype === 'uint8';
      // Where a graph itself leaves float64 it rounds, whatever float32 is held in.
      const narrowed = dtype === 'float32' && x.dtype === 'float64';
      plain(x).data.forEach((value, i) => {
        out.data[i] = dtype === 'bool' ? Number(value !== 0) : whole ? Math.trunc(value) : narrowed ? Math.fround(value) : value;
      });
      return out;
    },
    fill: (shape, value) => {
      const out = make(value.dtype, shape);
      out.data.fill(plain(value).data[0] ?? 0);
      return out;
    },
    ...mapValues(FUNCTIONS, map),
    ...mapValues(PAIRS, (f) => zip(f)),
    compare: (a, b, how) => zip((x, y) => Number(COMPARISONS[how](x, y)), 'bool')(a, b),
    select: (condition, a, b) => {
      const shape = broadcast(condition.shape, broadcast(a.shape, b.shape));
      const [holds, x, y] = [condition, a, b].map((value) => spread(plain(value), shape)) as [FloatArray, FloatArray, FloatArray];
      const out = make(a.dtype, shape);
      for (let i = 0; i < out.data.length; i++) out.data[i] = (holds[i] !== 0 ? x[i] : y[i]) as number;
      return out;
    },
    leakyRelu: (x, alpha) => map((value) => (value < 0 ? value * alpha : value))(x),
    clip: (x, min, max) => map((value) => Math.min(Math.max(value, min), max))(x),
    linearQuant: (x, rule) => {
      const out = make(x.dtype, x.shape);
      fakeQuant(plain(x).data, out.data, rule);
      return out;
    },
    conv2d: (x, filter, geometry) => convolve(plain(x), plain(filter), geometry, (shape) => make(x.dtype, shape)),
    depthwiseConv2d: (x, filter, geometry) => depthwiseConvolve(plain(x), plain(filter), geometry, (shape) => make(x.dtype, shape)),
    matMul: (a, b, transpose) => multiplyMatrices(plain(a), plain(b), transpose, (shape) => make(a.dtype, shape)),
    biasAdd: zip((x, y) => x + y),
    maxPool: (x, geometry) =>
      pool(
        plain(x),
        geometry,
        (shape) => make(x.dtype, shape),
        (window) => window.reduce((a, b) => Math.max(a, b), -Infinity),
      ),
    avgPool: (x, geometry) =>
      pool(
        plain(x),
        geometry,
        (shape) => make(x.dtype, shape),
        (window) => window.reduce((a, b) => a + b, 0) / window.length,
      ),
    batchNorm: (x, { scale, offset, mean, variance }, epsilon) => {
      const out = make(x.dtype, x.shape);
      const source = plain(x).data;
      const channels = x.shape.at(-1) ?? 1;
      const [gamma, beta, mu, sigma] = [scale, offset, mean, variance].map((value) => plain(value).data) as [
        FloatArray,
        FloatArray,
        FloatArray,
        FloatArray,
      ];
      for (let i = 0; i < source.length; i++) {
        const c = i % channels;
        const factor = (gamma[c] as number) / Math.sqrt((sigma[c] as number) + epsilon);
        out.data[i] = ((source[i] as number) - (mu[c] as number)) * factor + (beta[c] as number);
      }
      return out;
    },
    softmax: (x) => {
      const out = make(x.dtype, x.shape);
      const source = plain(x).data;
      const length = x.shape.at(-1) ?? 1;
      for (let start = 0; start < source.length; start += length) {
        const row = Array.from(source.subarray(start, start + length));
        const top = row.reduce((a, b) => Math.max(a, b), -Infinity);
        const powers = row.map((value) => Math.exp(value - top));
        const sum = powers.reduce((a, b) => a + b, 0);
        powers.forEach((power, i) => {
          out.data[start + i] = power / sum;
        });
      }
      return out;
    },
    responseNorm: (x, rule) => normalizeResponse(plain(x), rule, (shape) => make(x.dtype, shape)),
    reduce: (x, how, axes, keepDims) => {
      const { start, join } = REDUCTIONS[how];
      const source = plain(x).data;
      const kept = x.shape.map((length, axis) => (axes.includes(axis) ? 1 : length));
      const results = new Float64Array(size(kept)).fill(start);
      const steps = stridesOf(kept).map((step, axis) => (axes.includes(axis) ? 0 : step));
      walk(x.shape, steps, 0, (i, at) => {
        results[at] = join(results[at] as number, source[i] as number);
      });
      const out = make(
        x.dtype,
        x.shape.flatMap((length, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [length])),
      );
      const divisor = how === 'mean' ? source.length / results.length : 1;
      for (let i = 0; i < results.length; i++) out.data[i] = (results[i] as number) / divisor;
      return out;
    },
    argExtreme: (x, which, axis, dtype) => {
      const source = plain(x).data;
      const steps = stridesOf(x.shape);
      const [length = 1, step = 1] = [x.shape[axis], steps[axis]];
      const out = make(dtype, x.shape.toSpliced(axis, 1));
      walk(out.shape, steps.toSpliced(axis, 1), 0, (i, start) => {
        let best = 0;
        for (let k = 1; k < length; k++) {
          const [value, top] = [source[start + k * step] as number, source[start + best * step] as number];
          if (which === 'max' ? value > top : value < top) best = k;
        }
        out.data[i] = best;
      });
      return out;
    },
    reshape: (x, shape) => view(x, shape),
    transpose: (x, permutation) => {
      const steps = stridesOf(x.shape);
      return gather(
        x,
        permutation.map((axis) => x.shape[axis] ?? 1),
        0,
        permutation.map((axis) => steps[axis] ?? 0),
      );
    },
    concat: (values, axis) => {
      const first = plain(values[0] as Value);
      const out = make(
        first.dtype,
        first.shape.map((length, i) => (i === axis ? values.reduce((sum, value) => sum + (value.shape[axis] ?? 0), 0) : length)),
      );
      const inner = size(first.shape.slice(axis + 1));
      const row = (out.shape[axis] ?? 0) * inner;
      let start = 0;
      for (const value of values.map(plain)) {
        const part = (value.shape[axis] ?? 0) * inner;
        for (let at = 0, to = start; at < value.data.length; at += part, to += row) out.data.set(value.data.subarray(at, at + part), to);
        start += part;
      }
      return out;
    },
    pad: (x, paddings, value) => {
      const out = make(
        x.dtype,
        x.shape.map((length, i) => length + (paddings[i]?.[0] ?? 0) + (paddings[i]?.[1] ?? 0)),
      );
      out.data.fill(value);
      const steps = stridesOf(out.shape);
      const source = plain(x).data;
      const offset = steps.reduce((sum, step, i) => sum + step * ((paddings[i] as Pair)[0] ?? 0), 0);
      walk(x.shape, steps, offset, (i, at) => {
        out.data[at] = source[i] as number;
      });
      return out;
    },
    stridedSlice: (x, begin, length, strides) => {
      const steps = stridesOf(x.shape);
      const offset = steps.reduce((sum, step, i) => sum + step * (begin[i] ?? 0), 0);
      return gather(
        x,
        length,
        offset,
        steps.map((step, i) => step * (strides[i] ?? 1)),
      );
    },
    gather: (x, indices, axis, batch) => {
      const out = make(x.dtype, [...x.shape.slice(0, axis), ...indices.shape.slice(batch), ...x.shape.slice(axis + 1)]);
      const [source, picked] = [plain(x).data, plain(indices).data];
      const [inner, length] = [size(x.shape.slice(axis + 1)), x.shape[axis] ?? 1];
      const outer = size(x.shape.slice(batch, axis));
      const each = size(indices.shape.slice(batch));
      for (let row = 0, to = 0; row < size(x.shape.slice(0, axis)); row++) {
        const first = Math.floor(row / outer) * each;
        for (let k = 0; k < each; k++, to += inner) {
          const from = (row * length + (picked[first + k] as number)) * inner;
          out.data.set(source.subarray(from, from + inner), to);
        }
      }
      return out;
    },
    passBetween: (dy, y, low, high) => {
      const [upstream, value] = [plain(dy).data, plain(y).data];
      const out = make(dy.dtype, dy.shape);
      for (let i = 0; i < upstream.length; i++) {
        const v = value[i] as number;
        out.data[i] = v > low && v < high ? (upstream[i] as number) : 0;
      }
      return out;
    },
    linearQuantGrad: (x, dy, rule) => {
      const [out, scale] = [make(x.dtype, x.shape), make(x.dtype, [])];
      scale.data[0] = fakeQuantGrad(plain(x).data, plain(dy).data, out.data, rule);
      return { x: out, scale };
    },
    sumTo: (x, shape) => {
      const out = make(x.dtype, shape);
      out.data.set(summedTo(plain(x), shape));
      return out;
    },
    ...convolutionGradients(make),
    ...poolGradients(make),
    gatherGrad: (dy, indices, shape, axis, batch) => gatheredBack(plain(dy), plain(indices), axis, batch, make(dy.dtype, shape)),
  };
}

/** The oracle: float64 in plain TypeScript, slow. In `float32` every op rounds its result once. */
export function referenceBackend(precision: Precision = 'float64'): Backend {
  return {
    name: 'reference',
    description: `reference · ${precision}`,
    kernels: plainKernels(precision),
    upload: (tensor) => plainValue(tensor, precision),
    make: (shape, fill) => {
      const data = array('float32', size(shape), precision);
      fill(data);
      return { dtype: 'float32', shape, data } as PlainValue;
    },
    read: async (value) => plainTensor(plain(value)),
    readAll: async (values) => values.map((value) => plainTensor(plain(value))),
    withFloats: async (value, use) => use(plain(value).data),
    scope: (work) => work(),
    release: () => undefined,
    settle: async () => undefined,
    memory: () => 0,
    dispose: () => undefined,
  };
}

/** A tensor as plain numbers; float32 weights held in float32 are not copied. */
export function plainValue(tensor: Tensor, precision: Precision): PlainValue {
  const dtype = valueTypeOf(tensor);
  const numbers = tensorNumbers(tensor);
  const Holder = precision === 'float32' && dtype === 'float32' ? Float32Array : Float64Array;
  return { dtype, shape: tensor.shape, data: numbers instanceof Holder ? numbers : Holder.from(numbers) };
}

/** Plain numbers as a tensor of their own element type; float32 is rounded from float64 here. */
export function plainTensor(value: PlainValue): Tensor {
  return makeTensor(value.dtype, value.shape, value.data);
}

/** The element type that backends hold a tensor in: narrow and half floats as float32, narrow integers as int32. @throws GraffitistError `op-unsupported` */
export function valueTypeOf({ dtype }: Tensor): ValueType {
  switch (dtype) {
    case 'float32':
    case 'float64':
    case 'int32':
    case 'int64':
    case 'bool':
    case 'uint8':
      return dtype;
    case 'float16':
    case 'bfloat16':
      return 'float32';
    case 'int8':
    case 'int16':
    case 'uint16':
      return 'int32';
    default:
      throw new GraffitistError('op-unsupported', `Tensors of type ${dtype} are not computed with.`);
  }
}

/** The same record with every value turned into another. */
function mapValues<K extends string, A, B>(record: Readonly<Record<K, A>>, turn: (value: A) => B): Record<K, B> {
  return Object.fromEntries(Object.entries<A>(record).map(([key, value]) => [key, turn(value)])) as Record<K, B>;
}

function plain(value: Value): PlainValue {
  return value as PlainValue;
}

function array(dtype: ValueType, length: number, precision: Precision): FloatArray {
  return precision === 'float32' && dtype === 'float32' ? new Float32Array(length) : new Float64Array(length);
}
