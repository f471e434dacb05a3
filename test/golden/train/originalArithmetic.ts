import type { Backend } from '../../../worker/execute/backend.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import type { QuantRule, Value } from '../../../worker/ops/kernels.ts';
import { type Floats, originalConvolution, originalDepthwise, originalMatMul } from './originalLayers.ts';
import { processorRsqrt, processorSqrt } from './processorRoots.ts';

const { fround } = Math;

/** Adding and taking away 1.5 · 2⁵² leaves a float64 rounded half to even. */
const ROUND = 1.5 * 2 ** 52;

/** Values that Eigen's reductions sum without halving them. */
const LEAF = 1024;

/**
 * A backend that computes as TensorFlow 1.14 does on the CPU of the recording machine, where the order of a sum or a root decides about last
 * bits: mean and variance are sums in float32, one value after the other in the order of the tensor, times 1 / n; roots are the
 * processor's; layers are those of `originalLayers`, thresholds' derivatives sums by halves. Everything else is the backend's own. Where codes lie beside an edge, the recorded ones come out only so.
 * @param note is told of every threshold's sum
 */
export function originalArithmetic(backend: Backend, note: (sum: ThresholdSum) => void = () => undefined): Backend {
  const { kernels: k } = backend;
  const elements = (value: Value): Float32Array => {
    let found = new Float32Array(0);
    // Calls back before it returns, on every backend that has its values in memory.
    void backend.withFloats(value, (floats) => {
      found = Float32Array.from(floats);
    });
    return found;
  };
  const perImage = new WeakMap<Value, Value>();
  const floats = (value: Value): Floats => ({ shape: value.shape, values: elements(value) });
  const made = ({ shape, values }: Floats): Value => backend.upload(makeTensor('float32', shape, values));
  return {
    ...backend,
    kernels: {
      ...k,
      sqrt: (x) => made({ shape: x.shape, values: processorSqrt(elements(x)) }),
      rsqrt: (x) => made({ shape: x.shape, values: processorRsqrt(elements(x)) }),
      conv2d: (x, filter, geometry) =>
        isCoarse(elements(filter)) ? k.conv2d(x, filter, geometry) : made(originalConvolution(floats(x), floats(filter), geometry)),
      depthwiseConv2d: (x, filter, geometry) =>
        isCoarse(elements(filter)) ? k.depthwiseConv2d(x, filter, geometry) : made(originalDepthwise(floats(x), floats(filter), geometry)),
      matMul: (a, b, options) => {
        const own = options.transposeA || options.transposeB || isCoarse(elements(b));
        return own ? k.matMul(a, b, options) : made(originalMatMul(floats(a), floats(b)));
      },
      batchNorm: (x, { scale, offset, mean, variance }, epsilon) => {
        const root = processorRsqrt(elements(variance).map((value) => value + epsilon));
        const factor = elements(scale).map((value, c) => value * (root[c] as number));
        return made(normalized(floats(x), { mean: elements(mean), factor, offset: elements(offset) }));
      },
      linearQuantGrad: (x, dy, rule) => {
        const terms = scaleTerms(elements(x), elements(dy), rule);
        const sum = treeSum(terms);
        note(thresholdSum(terms, sum, rule));
        return { x: k.linearQuantGrad(x, dy, rule).x, scale: made({ shape: [], values: Float32Array.of(sum) }) };
      },
      // The mean of a channel is asked for as that of each image, and then that of the images.
      reduce: (x, how, axes, keepDims) => {
        const whole = perImage.get(x);
        if (how === 'mean' && whole !== undefined) return made(columnMeans(floats(whole)));
        const result = k.reduce(x, how, axes, keepDims);
        if (how === 'mean' && x.shape.length === 4 && axes.join() === '1,2') perImage.set(result, x);
        return result;
      },
    },
  };
}

/** Whether weights are quantized: multiples of 2^-8 of the power of 2 above the largest, so that no order of their products' sum rounds. */
function isCoarse(weights: Float32Array): boolean {
  const largest = weights.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const scale = 2 ** (8 - Math.ceil(Math.log2(largest)));
  return largest === 0 || weights.every((value) => Number.isInteger(value * scale));
}

/** What a quantizer's threshold gets of a derivative's sum over its elements. */
export interface ThresholdSum {
  /** The derivative by log2 t. */
  readonly gradient: number;
  /** The same with the same terms summed in float64. */
  readonly exact: number;
  /** How much of it is open while terms are no more than float32 numbers: half of each one's last bit. */
  readonly rounding: number;
}

/** Terms of the derivative by a quantizer's scale, rounded as in the original's kernel. */
function scaleTerms(x: Float32Array, dy: Float32Array, rule: QuantRule): Float32Array {
  return x.map((value, i) => (dy[i] as number) * slopeByScale(value / rule.scale, rule));
}

function thresholdSum(terms: Float32Array, sum: number, { scale }: QuantRule): ThresholdSum {
  const total = (of: (term: number) => number): number => terms.reduce((all, term) => all + of(term), 0);
  const byLog2 = scale * Math.LN2;
  return { gradient: sum * byLog2, exact: total((term) => term) * byLog2, rounding: 2 ** -24 * total(Math.abs) * byLog2 };
}

/** A sum in float32 as Eigen's reductions take it: by halves down to 1024 values, and those one after the other. */
function treeSum(values: Float32Array): number {
  if (values.length <= LEAF) return values.reduce((sum, value) => fround(sum + value), 0);
  const half = values.length >> 1;
  return fround(treeSum(values.subarray(0, half)) + treeSum(values.subarray(half)));
}

/** What a quantizer's output changes by with its scale: by the rounding of a code, or by the limit that it was clipped to. */
function slopeByScale(code: number, { min, max, rounding }: QuantRule): number {
  const rounded = rounding === 'round' ? code + ROUND - ROUND : Math[rounding](code);
  return fround(rounded < min ? min : rounded > max ? max : rounded - code);
}

/** (x − mean) · factor + offset per channel of the last axis, each result rounded. */
function normalized({ shape, values }: Floats, by: Readonly<Record<'mean' | 'factor' | 'offset', Float32Array>>): Floats {
  const channels = by.mean.length;
  const of = (name: keyof typeof by, i: number): number => by[name][i % channels] as number;
  return { shape, values: values.map((x, i) => fround(fround(x - of('mean', i)) * of('factor', i)) + of('offset', i)) };
}

/** Means of the last axis' channels, summed row by row in float32. */
function columnMeans({ shape, values }: Floats): Floats {
  const channels = shape.at(-1) ?? 1;
  const sums = new Float32Array(channels);
  for (let at = 0; at < values.length; at += channels) {
    for (let c = 0; c < channels; c++) sums[c] = (sums[c] as number) + (values[at + c] as number);
  }
  const share = fround(1 / (values.length / channels));
  return { shape: [channels], values: sums.map((sum) => sum * share) };
}
