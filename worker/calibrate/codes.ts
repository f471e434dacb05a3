/**
 * Quantized values as integer codes: what the frontier is kept as. The CPU rounds here exactly as LinearQuant does (facts 4.2): a
 * power-of-2 scale makes x / s exact, so the codes are the same wherever x is.
 */
import type { FloatArray } from '../execute/backend.ts';
import { quantConstants } from '../execute/fakeQuant.ts';
import type { FixedPoint } from '../quantize/fixedPoint.ts';
import type { Rounding } from '../quantize/quantizer.ts';
import { blockIntegers, forBlocks } from './blocks.ts';
import { simd } from './simd/simd.ts';

/** The smallest element type that holds every code of a format. */
export type Codes = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array;

/** Gives memory of at least so many bytes. Its contents are of no account. */
export type Memory = (bytes: number) => ArrayBuffer;

/** Room for `count` codes of a format in the smallest type. */
export function makeCodes({ n, p }: Pick<FixedPoint, 'n' | 'p'>, count: number, memory: Memory = freshMemory): Codes {
  const Type =
    n >= -128 && p <= 127
      ? Int8Array
      : n >= 0 && p <= 255
        ? Uint8Array
        : n >= -32768 && p <= 32767
          ? Int16Array
          : n >= 0 && p <= 65535
            ? Uint16Array
            : Int32Array;
  return new Type(memory(count * Type.BYTES_PER_ELEMENT), 0, count);
}

function freshMemory(bytes: number): ArrayBuffer {
  return new ArrayBuffer(bytes);
}

/** What rounding did to a run of samples. */
export interface QuantizationError {
  /** Σ x². */
  readonly signal: number;
  /** Σ (x − q(x))². */
  readonly noise: number;
  /** Samples whose rounded value lay below n, and above p. */
  readonly below: number;
  readonly above: number;
}

/** Adding and taking away 1.5·2⁵² rounds a float64 of magnitude below 2⁵¹ to an integer, half to even. */
const ROUNDER = 2 ** 52 + 2 ** 51;

/** How samples become codes. */
export interface Encoding {
  readonly format: FixedPoint;
  readonly rounding: Rounding;
  /** Largest |x|, where known: it tells whether plain integers will do. */
  readonly largest?: number;
  /** Where to write the codes, if they are wanted. */
  readonly codes?: Codes;
  /** Gets a histogram of the codes: |code| in equal bins on [0, Q), a power of 2 of them and at most Q. */
  readonly view?: Uint32Array;
}

/** Rounds every value and says what that did; sums run in order in float64. */
export function encode(values: Float32Array, encoding: Encoding): QuantizationError {
  const { format, rounding, largest = Number.POSITIVE_INFINITY, codes, view } = encoding;
  const total = new Float64Array(4);
  const fast = rounding === 'round' && format.bits <= 16 ? simd() : null;
  const plain = rounding === 'round' && largest / format.scale < 2 ** 30;
  const shift = view === undefined ? 0 : Math.log2(format.Q / view.length);
  forBlocks(values.length, (from, to) => {
    if (fast !== null) {
      const block = fast.encode(values.subarray(from, to), format, total, view === undefined ? null : { counts: view, shift });
      codes?.set(block, from);
      return;
    }
    // Loops store integers of one type and a copy narrows them: a loop that stores into several types is much slower.
    const wide = blockIntegers(to - from);
    const block = values.subarray(from, to);
    if (plain) encodeNearest(block, format.n | 0, format.p | 0, format.scale, wide, total);
    else encodeAny(block, format, rounding, wide, total);
    codes?.set(wide, from);
    if (view !== undefined) countMagnitudes(view, wide, shift);
  });
  const [signal = 0, noise = 0, below = 0, above = 0] = total;
  return { signal, noise, below, above };
}

/** The common case: what is rounded fits an integer, so limits are compared as integers. */
function encodeNearest(values: Float32Array, n: number, p: number, scale: number, codes: Int32Array, total: Float64Array): void {
  const inverse = 1 / scale;
  let signal = 0;
  let noise = 0;
  let below = 0;
  let above = 0;
  for (let k = 0; k < values.length; k++) {
    const x = values[k] as number;
    let code = (x * inverse + ROUNDER - ROUNDER) | 0;
    if (code < n) {
      code = n;
      below++;
    } else if (code > p) {
      code = p;
      above++;
    }
    codes[k] = code;
    const error = x - code * scale;
    signal += x * x;
    noise += error * error;
  }
  addTo(total, signal, noise, below, above);
}

function encodeAny(values: Float32Array, format: FixedPoint, rounding: Rounding, codes: Int32Array, total: Float64Array): void {
  const { n, p, scale } = format;
  const { inverse, tiny } = quantConstants({ scale, min: n, max: p, rounding });
  const toward = rounding === 'floor' ? Math.floor : rounding === 'ceil' ? Math.ceil : nearest;
  let signal = 0;
  let noise = 0;
  let below = 0;
  let above = 0;
  for (let k = 0; k < values.length; k++) {
    const x = values[k] as number;
    let code = toward(x > -tiny && x < tiny ? 0 : x * inverse);
    if (code < n) {
      code = n;
      below++;
    } else if (code > p) {
      code = p;
      above++;
    }
    codes[k] = code;
    const error = x - code * scale;
    signal += x * x;
    noise += error * error;
  }
  addTo(total, signal, noise, below, above);
}

function addTo(total: Float64Array, signal: number, noise: number, below: number, above: number): void {
  total[0] = (total[0] as number) + signal;
  total[1] = (total[1] as number) + noise;
  total[2] = (total[2] as number) + below;
  total[3] = (total[3] as number) + above;
}

/** Rounds half to even; beyond 2⁵¹ whatever comes is far outside every format. */
function nearest(u: number): number {
  return u + ROUNDER - ROUNDER;
}

/** Codes back to the values that LinearQuant puts out: code · scale. */
export function decode(codes: Codes, scale: number, values: FloatArray): void {
  forBlocks(codes.length, (from, to) => {
    const block = values.subarray(from, to);
    block.set(codes.subarray(from, to));
    multiply(block, scale);
  });
}

function multiply(values: FloatArray, factor: number): void {
  for (let k = 0; k < values.length; k++) values[k] = (values[k] as number) * factor;
}

function countMagnitudes(counts: Uint32Array, codes: Int32Array, shift: number): void {
  const last = counts.length - 1;
  for (let k = 0; k < codes.length; k++) {
    const index = Math.abs(codes[k] as number) >> shift;
    const bin = Math.min(index, last);
    counts[bin] = (counts[bin] as number) + 1;
  }
}
