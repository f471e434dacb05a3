/**
 * Quantized values as integer codes: what the frontier is kept as. The CPU rounds here exactly as LinearQuant does (facts 4.2): a
 * power-of-2 scale makes x / s exact, so the codes are the same wherever x is.
 */
import { quantConstants } from '../execute/fakeQuant.ts';
import type { FixedPoint } from '../quantize/fixedPoint.ts';
import type { Rounding } from '../quantize/quantizer.ts';

/** The smallest element type that holds every code of a format. */
export type Codes = Int8Array | Uint8Array | Int16Array | Int32Array;

/** Fresh codes for `count` elements. Formats wider than 24 bits do not fit float32 and are refused by `quantize`. */
export function makeCodes({ n, p }: Pick<FixedPoint, 'n' | 'p'>, count: number): Codes {
  if (n >= -128 && p <= 127) return new Int8Array(count);
  if (n >= 0 && p <= 255) return new Uint8Array(count);
  if (n >= -32768 && p <= 32767) return new Int16Array(count);
  return new Int32Array(count);
}

/** Bytes that one code of a format takes. */
export function codeBytes(format: Pick<FixedPoint, 'n' | 'p'>): number {
  return makeCodes(format, 0).BYTES_PER_ELEMENT;
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

/** Writes the code of every value and says what that did; sums run in order in float64. */
export function encode(values: Float32Array, format: FixedPoint, rounding: Rounding, codes: Codes): QuantizationError {
  const { n, p, scale } = format;
  const { inverse, tiny } = quantConstants({ scale, min: n, max: p, rounding });
  const low = n - 1;
  const high = p + 1;
  let signal = 0;
  let noise = 0;
  let below = 0;
  let above = 0;
  for (let k = 0; k < values.length; k++) {
    const x = values[k] as number;
    let u = x > -tiny && x < tiny ? 0 : x * inverse;
    // Far beyond the range the rounded value does not matter, only that it is outside.
    if (u < low) u = low;
    else if (u > high) u = high;
    let code = rounding === 'round' ? u + ROUNDER - ROUNDER : rounding === 'floor' ? Math.floor(u) : Math.ceil(u);
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
  return { signal, noise, below, above };
}

/** Codes back to the values that LinearQuant puts out: code · scale. */
export function decode(codes: Codes, scale: number, values = new Float32Array(codes.length)): Float32Array {
  for (let k = 0; k < codes.length; k++) values[k] = (codes[k] as number) * scale;
  return values;
}
