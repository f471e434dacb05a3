import type { OutputAgreement } from '../protocol.ts';

/** Sums over elements of a pair of outputs x and y, per image in this order. */
export const SUMS = 6;

/** What the elements of one output add up to: over an image, or over all of them. */
export interface PairSums {
  /** Σ x², Σ y², Σ x·y, Σ (x − y)² */
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
  readonly noise: number;
  /** Largest |x − y|. */
  readonly largest: number;
  /** Images of which one of the two is not finite: nothing of them is in the sums. */
  readonly notFinite: number;
}

export const NO_SUMS: PairSums = { xx: 0, yy: 0, xy: 0, noise: 0, largest: 0, notFinite: 0 };

/** Writes an image's sums, in float64 and in the order of the elements, to `SUMS` places of `into`. */
export function writePairSums(into: Float64Array, at: number, x: ArrayLike<number>, y: ArrayLike<number>): void {
  let [xx, yy, xy, noise, largest] = [0, 0, 0, 0, 0];
  for (let k = 0; k < x.length; k++) {
    const a = x[k] as number;
    const b = y[k] as number;
    const difference = a - b;
    xx += a * a;
    yy += b * b;
    xy += a * b;
    noise += difference * difference;
    largest = Math.max(largest, Math.abs(difference));
  }
  const finite = Number.isFinite(xx) && Number.isFinite(yy);
  into.set(finite ? [xx, yy, xy, noise, largest, 0] : [0, 0, 0, 0, 0, 1], at);
}

/** EVA7: sums of an image added to those of the images before it. */
export function addPairSums(sums: PairSums, image: ArrayLike<number>, at: number): PairSums {
  const of = (k: number) => image[at + k] as number;
  return {
    xx: sums.xx + of(0),
    yy: sums.yy + of(1),
    xy: sums.xy + of(2),
    noise: sums.noise + of(3),
    largest: Math.max(sums.largest, of(4)),
    notFinite: sums.notFinite + of(5),
  };
}

/** SQNR = 10 log₁₀ (Σ x² ÷ Σ (x − y)²) and the cosine of the angle between x and y; equal outputs have Infinity and 1, zeros too. */
export function outputAgreement(output: string, { xx, yy, xy, noise, largest }: PairSums): OutputAgreement {
  const cosine = noise === 0 ? 1 : xx === 0 || yy === 0 ? 0 : Math.min(1, xy / Math.sqrt(xx) / Math.sqrt(yy));
  return { output, sqnrDb: noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(xx / noise), cosine, largestDifference: largest };
}
