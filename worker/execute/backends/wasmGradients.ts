import type { BackendWasm } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { elementCount } from '../../formats/dtype.ts';
import type { ConvGeometry, Kernels, QuantRule, Value } from '../../ops/kernels.ts';
import { fakeQuantGrad, quantConstants } from '../fakeQuant.ts';
import { isPointwise, WIDEST } from './composedGradients.ts';
import type { GradientLoops } from './gradientSimd.ts';
import { repeats } from './plainIndex.ts';
import type { TfValue } from './tfjs.ts';

const FLOAT = 4;
/** Rows that are summed in float32 before their sum goes into one in float64. */
const ROWS = 256;

/** A tensor on the heap of the library. */
interface OnHeap {
  readonly value: TfValue;
  readonly at: number;
  /** Its elements; dies with the next allocation. */
  readonly elements: () => Float32Array;
}

type Overridden =
  | 'conv2dFilterGrad'
  | 'passBetween'
  | 'linearQuantGrad'
  | 'sumTo'
  | 'depthwiseConv2dInputGrad'
  | 'depthwiseConv2dFilterGrad';

/**
 * Derivatives as loops on the library's heap, in the place of composed ones; those take over again where channels are no whole vectors.
 * @param heap the library's memory as floats, as it is now
 */
export function wasmGradients(
  backend: BackendWasm,
  loops: GradientLoops | null,
  composed: Omit<Kernels, 'linearQuantGrad'>,
  heap: () => Float32Array,
): Pick<Kernels, Overridden> {
  const onHeap = (value: TfValue): OnHeap => {
    const at = backend.getMemoryOffset(value.tensor.dataId);
    return { value, at, elements: () => new Float32Array(heap().buffer, at, value.tensor.size) };
  };
  const there = (x: Value): OnHeap => onHeap(x as TfValue);
  const made = (like: Value, shape: readonly number[]): OnHeap => {
    const tensor = tf.engine().makeTensorFromTensorInfo(backend.makeOutput([...shape], 'float32'));
    return onHeap({ dtype: like.dtype, shape, tensor });
  };
  return {
    passBetween: (dy, y, low, high) => {
      const count = elementCount(y.shape);
      if (loops === null || count % 4 !== 0 || count === 0) return composed.passBetween(dy, y, low, high);
      const out = made(dy, dy.shape);
      const start = there(y).at;
      loops.pass(start, there(dy).at, out.at, start + count * FLOAT, low, high);
      return out.value;
    },
    linearQuantGrad: (x, dy, rule) => {
      const [out, scale] = [made(x, x.shape), made(x, [])];
      scale.elements()[0] = quantizerGradient([there(x), there(dy), out], rule, loops);
      return { x: out.value, scale: scale.value };
    },
    sumTo: (x, shape) => {
      const channels = elementCount(shape);
      if (loops === null || !repeats(shape, x.shape) || channels % 4 !== 0 || channels === 0) return composed.sumTo(x, shape);
      const [out, source] = [made(x, shape), there(x)];
      const [sums, parts] = [new Float64Array(channels), out.elements()];
      const step = channels * FLOAT;
      for (let row = 0, rows = elementCount(x.shape) / channels; row < rows; row += ROWS) {
        parts.fill(0);
        loops.sum(source.at + row * step, out.at, step, Math.min(ROWS, rows - row), step);
        for (let c = 0; c < channels; c++) sums[c] = (sums[c] as number) + (parts[c] as number);
      }
      parts.set(sums);
      return out.value;
    },
    conv2dFilterGrad: (x, dy, shape, geometry) => {
      const [rows = 1, columns = 1, inputs = 1, outputs = 1] = shape;
      const pixels = elementCount(dy.shape) / outputs;
      const width = rows * columns * inputs;
      if (isPointwise(shape, geometry) || width * pixels > WIDEST) return composed.conv2dFilterGrad(x, dy, shape, geometry);
      const laid = made(x, [width, pixels]);
      layOut(there(x).elements(), laid.elements(), x.shape, shape, dy.shape, geometry);
      const upstream = composed.reshape(dy, [pixels, outputs]);
      const product = composed.matMul(laid.value, upstream, { transposeA: false, transposeB: false });
      const found = composed.reshape(product, shape);
      for (const { tensor } of [laid.value, upstream, product] as TfValue[]) tensor.dispose();
      return found;
    },
    depthwiseConv2dInputGrad: (dy, filter, shape, geometry) => {
      const [, , channels = 1, multiplier = 1] = filter.shape;
      if (loops === null || multiplier !== 1 || channels % 4 !== 0) return composed.depthwiseConv2dInputGrad(dy, filter, shape, geometry);
      const out = made(dy, shape);
      out.elements().fill(0);
      const [from, weights] = [there(dy).at, there(filter).at];
      const step = channels * FLOAT;
      eachRun(shape, filter.shape, dy.shape, geometry, ({ tap, input, output, count }) => {
        loops.spread(from + output * step, weights + tap * step, out.at + input * step, step, count, step, geometry.strides[1] * step);
      });
      return out.value;
    },
    depthwiseConv2dFilterGrad: (x, dy, shape, geometry) => {
      const [, , channels = 1, multiplier = 1] = shape;
      if (loops === null || multiplier !== 1 || channels % 4 !== 0) return composed.depthwiseConv2dFilterGrad(x, dy, shape, geometry);
      const out = made(dy, shape);
      out.elements().fill(0);
      const [image, upstream] = [there(x).at, there(dy).at];
      const step = channels * FLOAT;
      eachRun(x.shape, shape, dy.shape, geometry, ({ tap, input, output, count }) => {
        loops.products(
          ...([image + input * step, upstream + output * step, out.at + tap * step, step, count] as const),
          geometry.strides[1] * step,
          step,
        );
      });
      return out.value;
    },
  };
}

/** Whole vectors in SIMD, what is left of them one by one. */
function quantizerGradient([x, dy, out]: readonly [OnHeap, OnHeap, OnHeap], rule: QuantRule, loops: GradientLoops | null): number {
  const count = out.value.tensor.size;
  const fast = loops !== null && !(rule.min === 0 && rule.max === 0) && quantConstants(rule).exact;
  const whole = fast ? count - (count % 4) : 0;
  const sum = fast && whole > 0 ? loops.quantizer(x.at, dy.at, out.at, whole * FLOAT, rule) : 0;
  if (whole === count) return sum;
  const [source, upstream, target] = [x, dy, out].map(({ elements }) => elements().subarray(whole)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  return sum + fakeQuantGrad(source, upstream, target, rule);
}

/** One row per tap and channel of a window: what lies under it at each output pixel, 0 where that is padding. */
function layOut(
  image: Float32Array,
  rows: Float32Array,
  imageShape: readonly number[],
  filter: readonly number[],
  output: readonly number[],
  geometry: ConvGeometry,
): void {
  const channels = imageShape[3] ?? 1;
  const pixels = elementCount(output.slice(0, 3));
  const step = geometry.strides[1] * channels;
  rows.fill(0);
  eachRun(imageShape, filter, output, geometry, ({ tap, input, output: first, count }) => {
    for (let c = 0; c < channels; c++) {
      let [from, to] = [input * channels + c, (tap * channels + c) * pixels + first];
      for (let i = 0; i < count; i++, to++, from += step) rows[to] = image[from] as number;
    }
  });
}

/** A run of pixels along a row, under one tap of a window: places in pixels. */
interface Run {
  readonly tap: number;
  readonly input: number;
  readonly output: number;
  readonly count: number;
}

/** Every pair of input and output pixels that meet under a tap, row by row; neighbours of a run are `strides[1]` input pixels apart. */
function eachRun(
  [images = 0, height = 0, width = 0]: readonly number[],
  [windowRows = 1, windowColumns = 1]: readonly number[],
  [, rows = 0, columns = 0]: readonly number[],
  { strides, dilations, padding }: ConvGeometry,
  visit: (run: Run) => void,
): void {
  const runs = Array.from({ length: windowColumns }, (_, kx) => {
    const offset = kx * dilations[1] - padding[1][0];
    const first = Math.max(0, Math.ceil(-offset / strides[1]));
    const last = Math.min(columns - 1, Math.floor((width - 1 - offset) / strides[1]));
    return { first, count: last - first + 1, start: first * strides[1] + offset };
  });
  for (let n = 0; n < images; n++) {
    for (let oy = 0; oy < rows; oy++) {
      for (let ky = 0; ky < windowRows; ky++) {
        const y = oy * strides[0] + ky * dilations[0] - padding[0][0];
        if (y < 0 || y >= height) continue;
        for (let kx = 0; kx < windowColumns; kx++) {
          const { first, count, start } = runs[kx] as (typeof runs)[number];
          if (count <= 0) continue;
          const [input, output] = [(n * height + y) * width + start, (n * rows + oy) * columns + first];
          visit({ tap: ky * windowColumns + kx, input, output, count });
        }
      }
    }
  }
}
