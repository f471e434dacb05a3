import type { MeanWithInterval, Rate } from '../protocol.ts';

/** The quantile of the standard normal distribution that leaves 2.5 % above it. */
export const Z95 = 1.959963984540054;

/**
 * EVA10: a share of independent trials with Wilson's 95 % score interval (J. Am. Stat. Assoc. 22, 1927): the shares that a test at that
 * level would not reject. It stays within 0 and 1 and is right near both. Of nothing the interval is everything.
 */
export function rate(hits: number, of: number): Rate {
  if (of === 0) return { hits, of, value: 0, low: 0, high: 1 };
  const value = hits / of;
  const z2 = Z95 * Z95;
  const centre = (hits + z2 / 2) / (of + z2);
  const half = (Z95 / (of + z2)) * Math.sqrt(of * value * (1 - value) + z2 / 4);
  // Rounding must not leave the ends that are exact.
  return { hits, of, value, low: hits === 0 ? 0 : centre - half, high: hits === of ? 1 : centre + half };
}

/** How many numbers, their mean and spread so far: what a mean and its interval need. */
export interface Moments {
  readonly count: number;
  readonly mean: number;
  /** Σ (x − mean)² */
  readonly squares: number;
}

export const NO_MOMENTS: Moments = { count: 0, mean: 0, squares: 0 };

/** Welford's update: no sum of large squares that cancel. */
export function withSample({ count, mean, squares }: Moments, x: number): Moments {
  const next = mean + (x - mean) / (count + 1);
  return { count: count + 1, mean: next, squares: squares + (x - mean) * (x - next) };
}

/** EVA11: a mean with its normal 95 % interval, ± 1.96 standard errors; of a single sample the interval is unknown. Null of none. */
export function meanWithInterval({ count, mean, squares }: Moments): MeanWithInterval | null {
  if (count === 0) return null;
  const half = count === 1 ? Number.POSITIVE_INFINITY : Z95 * Math.sqrt(squares / (count - 1) / count);
  return { value: mean, low: mean - half, high: mean + half };
}
