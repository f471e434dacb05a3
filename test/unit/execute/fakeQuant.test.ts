import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fakeQuant, fakeQuantGrad, isPowerOfTwo, quantConstants } from '../../../worker/execute/fakeQuant.ts';
import type { QuantRule } from '../../../worker/ops/kernels.ts';

const quantize = (values: readonly number[], rule: QuantRule): number[] => {
  const out = new Float32Array(values.length);
  fakeQuant(Float32Array.from(values), out, rule);
  return Array.from(out);
};

describe('the arithmetic of a quantizer', () => {
  const x = [-3, -1.5, -1, -0.75, -0.5, -0.1, 0, 0.1, 0.3125, 0.4375, 0.5, 0.9375, 0.96875, 1, 1.7, 3];

  // The original's own kernel on these values (facts 4.4).
  it.each([
    [{ scale: 2 ** -3, min: -8, max: 7 }, [-1, -1, -1, -0.75, -0.5, -0.125, 0, 0.125, 0.25, 0.5, 0.5, 0.875, 0.875, 0.875, 0.875, 0.875]],
    [{ scale: 2 ** -2, min: -8, max: 7 }, [-2, -1.5, -1, -0.75, -0.5, 0, 0, 0, 0.25, 0.5, 0.5, 1, 1, 1, 1.75, 1.75]],
    [{ scale: 2 ** -4, min: 0, max: 15 }, [0, 0, 0, 0, 0, 0, 0, 0.125, 0.3125, 0.4375, 0.5, 0.9375, 0.9375, 0.9375, 0.9375, 0.9375]],
    [
      { scale: 2 ** -7, min: -128, max: 127 },
      [-1, -1, -1, -0.75, -0.5, -0.1015625, 0, 0.1015625, 0.3125, 0.4375, 0.5, 0.9375, 0.96875, 0.9921875, 0.9921875, 0.9921875],
    ],
  ])('gives the golden vectors at %o', (rule, wanted) => {
    expect(quantize(x, { ...rule, rounding: 'round' })).toEqual(wanted);
  });

  it('rounds half to even, and down and up where asked', () => {
    const rule = { scale: 1, min: -8, max: 7 };
    const halves = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 6.5, 7.5];
    expect(quantize(halves, { ...rule, rounding: 'round' })).toEqual([-2, -2, 0, 0, 2, 2, 6, 7]);
    expect(quantize(halves, { ...rule, rounding: 'floor' })).toEqual([-3, -2, -1, 0, 1, 2, 6, 7]);
    expect(quantize(halves, { ...rule, rounding: 'ceil' })).toEqual([-2, -1, 0, 1, 2, 3, 7, 7]);
  });

  it('keeps NaN, clips infinities, and has no negative zero', () => {
    const [nan, top, bottom, zero, small] = quantize([Number.NaN, Infinity, -Infinity, -0, -0.3], {
      scale: 1,
      min: -8,
      max: 7,
      rounding: 'round',
    });
    expect([nan, top, bottom]).toEqual([Number.NaN, 7, -8]);
    expect([Object.is(zero, 0), Object.is(small, 0)]).toEqual([true, true]);
  });

  it('takes what a device would flush for zero, also where rounding down would make it −1', () => {
    expect(quantize([-1e-40, -(2 ** -126)], { scale: 1, min: -8, max: 7, rounding: 'floor' })).toEqual([0, -1]);
    // x is normal and x / s is not.
    expect(quantize([-(2 ** -100)], { scale: 2 ** 30, min: -8, max: 7, rounding: 'floor' })).toEqual([0]);
  });

  it('gives zeros where min and max are 0', () => {
    expect(quantize([1, Number.NaN, -5], { scale: 0, min: 0, max: 0, rounding: 'round' })).toEqual([0, 0, 0]);
  });

  it('refuses scales that float32 cannot divide by', () => {
    for (const scale of [0, -1, Number.NaN, Infinity, 2 ** -127, 2 ** 127]) {
      expect(() => quantConstants({ scale, min: -8, max: 7, rounding: 'round' })).toThrow(/scale/);
    }
  });

  it('is clipping of the rounded quotient, for any value and power of two', () => {
    const halfEven = (q: number): number => {
      const low = Math.floor(q);
      const rest = q - low;
      return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
    };
    fc.assert(
      fc.property(fc.float({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -60, max: 60 }), (value, exponent) => {
        fc.pre(Math.abs(value) >= 2 ** -60);
        const scale = 2 ** exponent;
        const wanted = Math.fround(scale * Math.max(-128, Math.min(127, halfEven(value / scale)))) + 0;
        expect(quantize([value], { scale, min: -128, max: 127, rounding: 'round' })).toEqual([wanted]);
      }),
    );
  });

  it('divides where the scale is no power of two', () => {
    expect(isPowerOfTwo(0.1)).toBe(false);
    expect(isPowerOfTwo(2 ** -20)).toBe(true);
    const scale = Math.fround(0.1);
    expect(quantize([0.25, 0.31, -2], { scale, min: -8, max: 7, rounding: 'round' })).toEqual(
      [2, 3, -8].map((code) => Math.fround(code * scale)),
    );
  });
});

describe('GRD4 the derivatives of a quantizer', () => {
  const x = [-3, -1.5, -1, -0.75, -0.5, -0.1, 0, 0.1, 0.3125, 0.4375, 0.5, 0.9375, 0.96875, 1, 1.7, 3].map(Math.fround);
  const INT4 = { scale: 2 ** -3, min: -8, max: 7, rounding: 'round' } as const;
  const UINT4 = { scale: 2 ** -4, min: 0, max: 15, rounding: 'round' } as const;

  const differentiate = (dy: readonly number[], rule: QuantRule, values: readonly number[] = x) => {
    const slopes = new Float64Array(values.length);
    const scale = fakeQuantGrad(Float64Array.from(values), Float64Array.from(dy), slopes, rule);
    return { slopes: Array.from(slopes), scale };
  };

  // The original's own kernel on these values, with the loss ½ Σ (y − x)² (facts 4.4).
  it.each([
    [INT4, -42.54625, -3.686352, '0011111111100000'],
    [{ ...INT4, scale: 2 ** -2 }, -16.609219, -2.878158, '0111111111111110'],
    [UINT4, -43.77125, -1.896245, '0000001111110000'],
    [{ scale: 2 ** -7, min: -128, max: 127, rounding: 'round' } as const, -665.875937, -3.60586, '0011111111111000'],
  ])('gives the golden numbers at %o', (rule, byScale, byLog2, mask) => {
    const dy = quantize(x, rule).map((y, i) => y - (x[i] as number));
    const { slopes, scale } = differentiate(dy, rule);
    expect(scale).toBeCloseTo(byScale, 4);
    expect(scale * rule.scale * Math.LN2).toBeCloseTo(byLog2, 5);
    expect(slopes).toEqual(dy.map((d, i) => (mask[i] === '1' ? d : 0)));
  });

  it('adds up what each element says where dy is 1', () => {
    const ones = x.map(() => 1);
    expect(differentiate(ones, INT4).scale).toBeCloseTo(19, 5);
    expect(differentiate(ones, UINT4).scale).toBeCloseTo(60.4, 5);
  });

  it('rounds as the quantizer does', () => {
    const values = [-8.5, -0.25, 7.25];
    const dy = [1, 1, 1];
    expect(differentiate(dy, { ...INT4, scale: 1, rounding: 'floor' }, values)).toEqual({ slopes: [0, 1, 1], scale: -8 - 0.75 - 0.25 });
    expect(differentiate(dy, { ...INT4, scale: 1, rounding: 'ceil' }, values)).toEqual({ slopes: [1, 1, 0], scale: 0.5 + 0.25 + 7 });
  });

  it('passes dy on where min and max are 0', () => {
    expect(differentiate([1, -2], { scale: 0, min: 0, max: 0, rounding: 'round' }, [5, 6])).toEqual({ slopes: [1, -2], scale: 0 });
  });
});
