import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ceilLog2,
  codeOf,
  fixedPoint,
  formatName,
  formatOf,
  levels,
  powerOfTwo,
  quantize,
  roundTo,
  scaleExponent,
  signedBits,
} from '../../../worker/quantize/fixedPoint.ts';

const X = [-3, -1.5, -1, -0.75, -0.5, -0.1, 0, 0.1, 0.3125, 0.4375, 0.5, 0.9375, 0.96875, 1, 1.7, 3];

/** Golden vectors of the quantizer: bits, log2 t, scale, outputs for X. */
const GOLDEN: readonly (readonly [bits: number, log2t: number, scale: number, y: readonly number[]])[] = [
  [-4, 0, 0.125, [-1, -1, -1, -0.75, -0.5, -0.125, 0, 0.125, 0.25, 0.5, 0.5, 0.875, 0.875, 0.875, 0.875, 0.875]],
  [-4, -0.3, 0.125, [-1, -1, -1, -0.75, -0.5, -0.125, 0, 0.125, 0.25, 0.5, 0.5, 0.875, 0.875, 0.875, 0.875, 0.875]],
  [-4, 0.2, 0.25, [-2, -1.5, -1, -0.75, -0.5, 0, 0, 0, 0.25, 0.5, 0.5, 1, 1, 1, 1.75, 1.75]],
  [4, 0, 0.0625, [0, 0, 0, 0, 0, 0, 0, 0.125, 0.3125, 0.4375, 0.5, 0.9375, 0.9375, 0.9375, 0.9375, 0.9375]],
  [
    -8,
    0,
    0.0078125,
    [-1, -1, -1, -0.75, -0.5, -0.1015625, 0, 0.1015625, 0.3125, 0.4375, 0.5, 0.9375, 0.96875, 0.9921875, 0.9921875, 0.9921875],
  ],
];

describe('QNT1 fixed-point arithmetic', () => {
  it.each(GOLDEN)('QNT1 bits %i at log2 t %d rounds as the original kernel does', (bits, log2t, scale, y) => {
    const format = fixedPoint(formatOf(bits), log2t);
    expect(format.scale).toBe(scale);
    expect(X.map((x) => quantize(x, format, 'round'))).toEqual(y);
  });

  it.each([
    [-8, -128, 127, 128],
    [8, 0, 255, 256],
    [-4, -8, 7, 8],
    [-16, -32768, 32767, 32768],
  ])('QNT1 bits %i span %i to %i', (bits, n, p, Q) => {
    expect(levels(formatOf(bits))).toEqual({ n, p, Q });
  });

  it('QNT1 the sign of a bit-width is the sign of the format', () => {
    expect(formatOf(-8)).toEqual({ bits: 8, signed: true });
    expect(formatOf(8)).toEqual({ bits: 8, signed: false });
    expect([-8, 8, -4, 16].map((bits) => signedBits(formatOf(bits)))).toEqual([-8, 8, -4, 16]);
    expect([-8, 8].map((bits) => formatName(formatOf(bits)))).toEqual(['int8', 'uint8']);
  });

  it('QNT1 the exponent follows ceil of the float32 threshold', () => {
    expect(scaleExponent(formatOf(-8), -0.5)).toBe(-7);
    expect(scaleExponent(formatOf(8), -0.5)).toBe(-8);
    expect(scaleExponent(formatOf(-8), 1)).toBe(-6);
    // 1 + 2⁻³⁰ is 1 in float32: the threshold in use stays 2, not 4.
    expect(ceilLog2(1 + 2 ** -30)).toBe(1);
    expect(ceilLog2(1 + 2 ** -23)).toBe(2);
    expect(Object.is(ceilLog2(-0.3), 0)).toBe(true);
    expect(fixedPoint(formatOf(-8), 2.5)).toMatchObject({ exponent: -4, fractionBits: 4, scale: 0.0625, threshold: 8 });
  });

  it('QNT1 ties go to the even neighbour, floor and ceil are true', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, -2.5].map((u) => roundTo(u, 'round') + 0)).toEqual([0, 2, 2, 0, -2, -2]);
    expect([2.9, -2.1].map((u) => roundTo(u, 'floor'))).toEqual([2, -3]);
    expect([2.1, -2.9].map((u) => roundTo(u, 'ceil'))).toEqual([3, -2]);
  });

  it('QNT1 codes stay within the limits and values within half a step inside the range', () => {
    const bits = fc.constantFrom(-16, -8, -4, -2, 2, 4, 8, 16);
    fc.assert(
      fc.property(bits, fc.float({ min: -20, max: 20, noNaN: true }), fc.float({ min: -1000, max: 1000, noNaN: true }), (b, log2t, x) => {
        const format = fixedPoint(formatOf(b), log2t);
        const code = codeOf(x, format, 'round');
        expect(Number.isInteger(code) && code >= format.n && code <= format.p).toBe(true);
        if (x >= format.n * format.scale && x <= format.p * format.scale) {
          expect(Math.abs(quantize(x, format, 'round') - x)).toBeLessThanOrEqual(format.scale / 2);
        }
      }),
    );
  });

  it('QNT1 powers of two are exact over the whole range', () => {
    for (let e = -1022; e <= 1023; e += 1) expect(Math.log2(powerOfTwo(e))).toBe(e);
    expect(powerOfTwo(2000)).toBe(Number.POSITIVE_INFINITY);
    expect(powerOfTwo(-2000)).toBe(0);
  });
});
