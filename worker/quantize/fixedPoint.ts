import type { Rounding } from './quantizer.ts';

/** Bit-width as options write it: negative is signed two's complement of |b| bits, positive is unsigned of b bits. */
export type SignedBits = number;

/** What a number format holds, before a threshold places it on the axis. */
export interface Format {
  /** Magnitude of the bit-width, sign bit included. */
  readonly bits: number;
  readonly signed: boolean;
}

/** Integer limits of a format: codes run from n to p; Q = 2^(bits − sign) levels per sign. */
export interface Levels {
  readonly n: number;
  readonly p: number;
  readonly Q: number;
}

/** A format placed by a threshold: code · 2^exponent is the value. */
export interface FixedPoint extends Format, Levels {
  /** log2 of the scale. */
  readonly exponent: number;
  /** −exponent: how many bits stand behind the binary point. */
  readonly fractionBits: number;
  readonly scale: number;
  /** The power of two in use, 2^ceil(log2 t). */
  readonly threshold: number;
}

/** −8 → signed 8 bits; 8 → unsigned 8 bits. */
export function formatOf(bits: SignedBits): Format {
  return { bits: Math.abs(bits), signed: bits < 0 };
}

/** Signed 8 bits → −8; unsigned 8 bits → 8. */
export function signedBits({ bits, signed }: Format): SignedBits {
  return signed ? -bits : bits;
}

/** "int8", "uint4". */
export function formatName({ bits, signed }: Format): string {
  return `${signed ? '' : 'u'}int${bits}`;
}

/** Integer limits as the graph computes them, in float32: n = −Q for signed, 0 for unsigned; p = Q − 1. */
export function levels({ bits, signed }: Format): Levels {
  const Q = powerOfTwo(bits - (signed ? 1 : 0));
  return { n: signed ? -Q : 0, p: Math.fround(Q - 1), Q };
}

/** The power of two that a threshold variable stands for: ceil of log2 t as the float32 variable holds it. */
export function ceilLog2(log2t: number): number {
  // Adding 0 turns the −0 of ceil(−0.3) into 0.
  return Math.ceil(Math.fround(log2t)) + 0;
}

/** log2 of the scale: ceil(log2 t) − (bits − sign). */
export function scaleExponent(format: Format, log2t: number): number {
  return ceilLog2(log2t) - (format.bits - (format.signed ? 1 : 0));
}

/** The number format that a quantizer with threshold t = 2^log2t rounds to. */
export function fixedPoint(format: Format, log2t: number): FixedPoint {
  const exponent = scaleExponent(format, log2t);
  return {
    bits: format.bits,
    signed: format.signed,
    ...levels(format),
    exponent,
    fractionBits: -exponent + 0,
    scale: powerOfTwo(exponent),
    threshold: powerOfTwo(ceilLog2(log2t)),
  };
}

/** Rounds to an integer; `round` is half to even. */
export function roundTo(u: number, rounding: Rounding): number {
  if (rounding === 'floor') return Math.floor(u);
  if (rounding === 'ceil') return Math.ceil(u);
  const below = Math.floor(u);
  const rest = u - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/** The integer code of x: rounded, then saturated to n … p. */
export function codeOf(x: number, format: FixedPoint, rounding: Rounding): number {
  return Math.max(format.n, Math.min(format.p, roundTo(x / format.scale, rounding))) + 0;
}

/** What a LinearQuant node makes of x: code times scale. */
export function quantize(x: number, format: FixedPoint, rounding: Rounding): number {
  return codeOf(x, format, rounding) * format.scale;
}

const parts = new DataView(new ArrayBuffer(8));

/** 2^e exactly, for every e that float64 can hold as a normal number; 0 below, Infinity above. */
export function powerOfTwo(e: number): number {
  if (e < -1022) return 0;
  if (e > 1023) return Number.POSITIVE_INFINITY;
  parts.setUint32(0, (e + 1023) << 20);
  parts.setUint32(4, 0);
  return parts.getFloat64(0);
}
