import { GraffitistError } from '../errors.ts';
import type { QuantRule } from '../ops/kernels.ts';
import type { FloatArray } from './backend.ts';

/**
 * The arithmetic of a quantizer, the same to the last bit on every backend: y = s · clip(rnd(x / s), n, p).
 *
 * - `round` is half to even. Clipping before rounding gives the same, because n and p are integers, and keeps the magnitude small.
 * - The scale is a power of two, so x / s is x · s⁻¹ and neither product rounds. Any other scale divides in float32, which WGSL does
 *   not promise to do exactly: WebGPU refuses it.
 * - Where x or x / s is subnormal, devices flush it to zero and the CPU does not; here it is zero everywhere.
 * - A zero code is +0, never −0. NaN stays NaN. With n = p = 0 everything is 0.
 */
export interface QuantConstants {
  readonly inverse: number;
  readonly scale: number;
  readonly min: number;
  readonly max: number;
  /** |x| below this is taken for 0. */
  readonly tiny: number;
  readonly exact: boolean;
}

const SMALLEST_NORMAL = 2 ** -126;

/** What a kernel needs of a rule. @throws GraffitistError `node-malformed` where the scale is not one that float32 can work with */
export function quantConstants({ scale, min, max }: QuantRule): QuantConstants {
  if (min === 0 && max === 0) return { inverse: 1, scale: 1, min: 0, max: 0, tiny: SMALLEST_NORMAL, exact: true };
  if (!(scale >= SMALLEST_NORMAL && scale <= 2 ** 126)) {
    throw new GraffitistError('node-malformed', `A quantizer has the scale ${scale}, outside what float32 can divide by.`, {
      remedy: 'Check its threshold: it is not calibrated, or its tensor holds no usable numbers.',
    });
  }
  return { inverse: 1 / scale, scale, min, max, tiny: SMALLEST_NORMAL * Math.max(1, scale), exact: isPowerOfTwo(scale) };
}

/** Whether `x` is 2ᵏ. */
export function isPowerOfTwo(x: number): boolean {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, x);
  return x > 0 && Number.isFinite(x) && (bits.getBigUint64(0) & 0xfffffffffffffn) === 0n;
}

/** Adding and taking away 1.5 · 2⁵² leaves a float64 below 2⁵¹ rounded half to even. */
const ROUND = 1.5 * 2 ** 52;

/** Quantizes `source` into `target` (which may be the same array). */
export function fakeQuant(source: FloatArray, target: FloatArray, rule: QuantRule): void {
  const { inverse, scale, min, max, tiny, exact } = quantConstants(rule);
  if (min === 0 && max === 0) target.fill(0);
  else if (!exact) quantizeByDivision(source, target, rule);
  else if (rule.rounding === 'round') {
    for (let i = 0; i < source.length; i++) {
      const x = source[i] as number;
      const q = x > -tiny && x < tiny ? 0 : x * inverse;
      target[i] = (Math.min(Math.max(q, min), max) + ROUND - ROUND) * scale + 0;
    }
  } else {
    const toward = rule.rounding === 'floor' ? Math.floor : Math.ceil;
    for (let i = 0; i < source.length; i++) {
      const x = source[i] as number;
      const q = x > -tiny && x < tiny ? 0 : x * inverse;
      target[i] = toward(Math.min(Math.max(q, min), max)) * scale + 0;
    }
  }
}

/** A scale that is no power of two: quotient and product are rounded to float32, as TensorFlow's CPU kernel does. */
function quantizeByDivision(source: FloatArray, target: FloatArray, { scale, min, max, rounding }: QuantRule): void {
  const toward = rounding === 'floor' ? Math.floor : rounding === 'ceil' ? Math.ceil : (q: number) => q + ROUND - ROUND;
  for (let i = 0; i < source.length; i++) {
    const x = source[i] as number;
    const q = Math.abs(x) < SMALLEST_NORMAL ? 0 : Math.fround(x / scale);
    target[i] = Math.fround(toward(Math.min(Math.max(q, min), max)) * scale) + 0;
  }
}

/**
 * Derivatives of a quantizer (facts 4.3): writes that by x into `target` (dy where the rounded code r lies within the limits, else 0) and
 * returns that by the scale, Σ dy · (r − x / s) over those, Σ dy · min and Σ dy · max over the others, in float64. With min = max = 0 dy
 * passes and the scale has none.
 */
export function fakeQuantGrad(source: FloatArray, dy: FloatArray, target: FloatArray, rule: QuantRule): number {
  const { inverse, min, max, tiny, exact } = quantConstants(rule);
  if (min === 0 && max === 0) {
    target.set(dy);
    return 0;
  }
  const { rounding, scale } = rule;
  const toward = rounding === 'floor' ? Math.floor : rounding === 'ceil' ? Math.ceil : (q: number) => q + ROUND - ROUND;
  let sum = 0;
  for (let i = 0; i < source.length; i++) {
    const [x, d] = [source[i] as number, dy[i] as number];
    const q = x > -tiny && x < tiny ? 0 : exact ? x * inverse : Math.fround(x / scale);
    const r = toward(q);
    const below = r < min;
    target[i] = below || r > max ? 0 : d;
    sum += d * (below ? min : r > max ? max : r - q);
  }
  return sum;
}
