import { describe, expect, it } from 'vitest';
import { log2Threshold } from '../../../worker/calibrate/rules.ts';
import { fixedPoint } from '../../../worker/quantize/fixedPoint.ts';

/** t, float32(log2 t) and its ceil, as NumPy computes them. */
const RECORDED: readonly (readonly [t: number, log2: number, ceil: number])[] = [
  [1, 0, 0],
  [1.0000001192092896, 1.7198263435602712e-7, 1],
  [1.000000001, 1.4426951855384118e-9, 1],
  [2.000000238418579, 1.0000001192092896, 2],
  [2.0000000001, 1, 1],
  [0.5000000298, -0.9999999403953552, 0],
  [0.50000006, -0.9999998211860657, 0],
  [4.0000005, 2.000000238418579, 3],
  [3.9999998, 1.9999998807907104, 2],
];

describe('QNT60 thresholds just above a power of two', () => {
  it.each(RECORDED)('QNT60 t = %s is stored and rounded up as in float32', (t, log2, ceil) => {
    expect(log2Threshold(t)).toBe(log2);
    expect(fixedPoint({ bits: 8, signed: true }, log2Threshold(t)).threshold).toBe(2 ** ceil);
  });
});
