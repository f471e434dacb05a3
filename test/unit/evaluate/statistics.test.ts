import { describe, expect, it } from 'vitest';
import { mcnemarP, pairedComparison, pairedDifference } from '../../../worker/evaluate/paired.ts';
import { meanWithInterval, NO_MOMENTS, rate, withSample } from '../../../worker/evaluate/rate.ts';

/** statsmodels 0.15 `proportion_confint(…, method='wilson')`: hits, of, low, high. */
const WILSON = [
  [0, 1, 0, 0.7934506856227627],
  [1, 1, 0.2065493143772374, 1],
  [0, 10, 0, 0.27753279986288926],
  [10, 10, 0.7224672001371106, 1],
  [3, 10, 0.10779126740630104, 0.6032218525388546],
  [7983, 10000, 0.7903213939754208, 0.8060495125966336],
  [3353, 10000, 0.3261119085104529, 0.3446145805528479],
  [1000, 10000, 0.09427283017063046, 0.10603436852591083],
  [51, 51, 0.9299533801014687, 1],
  [26, 51, 0.37680923894569696, 0.6414251410562926],
  [1, 50000, 3.530499822832091e-6, 0.00011328970139120266],
  [49999, 50000, 0.9998867102986088, 0.9999964695001772],
] as const;

/** scipy 1.17 `binomtest(min, sum, ½)`, equal to statsmodels' exact McNemar test: only first right, only second right, p. */
const MCNEMAR = [
  [0, 0, 1],
  [0, 1, 1],
  [5, 5, 1],
  [0, 10, 0.001953125],
  [3, 12, 0.03515625],
  [130, 96, 0.02793207868690631],
  [10, 1000, 5.359574874624725e-281],
  [25000, 25100, 0.6582730069349476],
] as const;

/**
 * The score test with its constrained maximum likelihood found numerically (scipy `minimize_scalar`, `brentq` on the likelihood of the
 * multinomial distribution) instead of by Tango's formula: only first, only second, images, low, high.
 */
const TANGO = [
  [12, 2, 50, -0.34470874828214876, -0.061112406186343955],
  [2, 12, 50, 0.06111240618634396, 0.34470874828214876],
  [0, 5, 20, 0.04859355243397588, 0.46870087761887347],
  [1, 1, 10, -0.34223694127368176, 0.34223694127368154],
  [130, 96, 10000, -0.006395608172503004, -0.0004573483935716057],
  [4702, 72, 10000, -0.47304959126789936, -0.4529479891437785],
  [300, 280, 600, -0.11150839153522653, 0.045258565777413065],
  [40, 11, 51, -0.7501212237172349, -0.30747281359134415],
  [0, 50, 50, 0.8573048028121907, 1],
] as const;

describe('shares and means', () => {
  it.each(WILSON)('EVA10 %i of %i has the interval of Wilson that statsmodels gives', (hits, of, low, high) => {
    const found = rate(hits, of);
    expect(found.value).toBe(hits / of);
    expect(Math.abs(found.low - low)).toBeLessThan(1e-14);
    expect(Math.abs(found.high - high)).toBeLessThan(1e-14);
  });

  it('EVA10 of nothing the interval is everything', () => {
    expect(rate(0, 0)).toEqual({ hits: 0, of: 0, value: 0, low: 0, high: 1 });
  });

  it('EVA11 a mean has the interval that numpy gives, without cancellation', () => {
    const of = (shift: number) =>
      meanWithInterval([0.25, 1.5, 0.125, 3, 0.75, 0.5, 2.25].reduce((moments, x) => withSample(moments, x + shift), NO_MOMENTS));
    expect(of(0)?.value).toBeCloseTo(1.1964285714285714, 15);
    expect(of(0)?.low).toBeCloseTo(0.38588296000959266, 14);
    expect(of(0)?.high).toBeCloseTo(2.00697418284755, 14);
    const far = of(2 ** 30);
    expect((far?.high ?? 0) - (far?.low ?? 0)).toBeCloseTo(2.00697418284755 - 0.38588296000959266, 6);
    expect(meanWithInterval(NO_MOMENTS)).toBeNull();
    expect(meanWithInterval(withSample(NO_MOMENTS, 2))).toEqual({ value: 2, low: -Infinity, high: Infinity });
  });
});

describe('two networks on the same images', () => {
  it.each(TANGO)('EVA12 %i and %i of %i give the score interval', (onlyFirst, onlySecond, images, low, high) => {
    const found = pairedDifference({ images, onlyFirst, onlySecond });
    expect(found.value).toBe((onlySecond - onlyFirst) / images);
    expect(Math.abs(found.low - low)).toBeLessThan(3e-8);
    expect(Math.abs(found.high - high)).toBeLessThan(3e-8);
  });

  it('EVA12 networks that are right on the same images differ by at most z² of n + z²', () => {
    const { value, low, high } = pairedDifference({ images: 1000, onlyFirst: 0, onlySecond: 0 });
    const bound = 1.959963984540054 ** 2 / (1000 + 1.959963984540054 ** 2);
    expect([value, low, high]).toEqual([0, expect.closeTo(-bound, 14), expect.closeTo(bound, 14)]);
  });

  it.each(MCNEMAR)('EVA13 %i against %i has the p of the exact test', (onlyFirst, onlySecond, p) => {
    expect(mcnemarP(onlyFirst, onlySecond) / p).toBeCloseTo(1, 10);
    expect(mcnemarP(onlySecond, onlyFirst)).toBe(mcnemarP(onlyFirst, onlySecond));
  });

  it('EVA13 a p that is smaller than any number is 0; without images there is no comparison', () => {
    expect(mcnemarP(4702, 72)).toBe(0);
    expect(pairedComparison({ images: 0, onlyFirst: 0, onlySecond: 0 })).toBeNull();
  });
});
