import type { MeanWithInterval, NetworkComparison } from '../protocol.ts';
import { Z95 } from './rate.ts';

/** How often two networks were right on the same images, where they differ. */
export interface PairedCounts {
  readonly images: number;
  readonly onlyFirst: number;
  readonly onlySecond: number;
}

/** The second network's share of right answers less the first's, on the same images. Null without images. */
export function pairedComparison(counts: PairedCounts): NetworkComparison['top1'] {
  if (counts.images === 0) return null;
  const { onlyFirst, onlySecond } = counts;
  return { difference: pairedDifference(counts), onlyFirst, onlySecond, p: mcnemarP(onlyFirst, onlySecond) };
}

/**
 * EVA12: a difference of paired proportions with Tango's 95 % score interval (Statistics in Medicine 17, 1998): the differences δ that
 * are not rejected by (n₂ − n₁ − nδ) ÷ √(n · (2q + δ(1 − δ))), with q the likeliest share of images that only the first network has
 * right when the difference is δ. Like Wilson's it needs no correction, neither near 0 nor where few images differ.
 */
export function pairedDifference({ images, onlyFirst, onlySecond }: PairedCounts): MeanWithInterval {
  const value = (onlySecond - onlyFirst) / images;
  const score = (delta: number): number => {
    const b = (2 * images - onlySecond + onlyFirst) * delta - onlySecond - onlyFirst;
    const c = -onlyFirst * delta * (1 - delta);
    const q = (Math.sqrt(Math.max(0, b * b - 8 * images * c)) - b) / (4 * images);
    const variance = images * (2 * q + delta * (1 - delta));
    const distance = onlySecond - onlyFirst - images * delta;
    return distance === 0 ? 0 : distance / Math.sqrt(Math.max(0, variance));
  };
  return { value, low: crossing(score, Z95, -1, value), high: crossing(score, -Z95, value, 1) };
}

/** Where a falling function passes `level` between two points, by halving down to the last bit; the end where it does not. */
function crossing(falling: (x: number) => number, level: number, from: number, to: number): number {
  let [low, high] = [from, to];
  for (;;) {
    const middle = (low + high) / 2;
    if (middle <= low || middle >= high) return middle;
    if (falling(middle) > level) low = middle;
    else high = middle;
  }
}

/**
 * EVA13: McNemar's exact test, two-sided: how likely it is that of the images on which only one network is right, the split is as uneven
 * as this or more, if both were equally good: twice the tail of the binomial distribution with ½, at most 1.
 */
export function mcnemarP(onlyFirst: number, onlySecond: number): number {
  const trials = onlyFirst + onlySecond;
  const fewer = Math.min(onlyFirst, onlySecond);
  if (fewer * 2 >= trials) return 1;
  // log of C(n, k) / 2ⁿ for the largest term; the others follow from it by ratios.
  let log = -trials * Math.LN2;
  for (let k = 1; k <= fewer; k++) log += Math.log((trials - fewer + k) / k);
  let term = 1;
  let sum = 1;
  for (let k = fewer; k > 0; k--) {
    term *= k / (trials - k + 1);
    sum += term;
  }
  return Math.min(1, 2 * Math.exp(log) * sum);
}
