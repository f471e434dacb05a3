/** Mean and standard deviation of samples that several workers hold, in float64. */

/** Sums of samples around a number: Σ (x − around) and Σ (x − around)². */
export interface Spread {
  readonly sum: number;
  readonly squares: number;
}

export const noSpread: Spread = { sum: 0, squares: 0 };

export function addSpread(a: Spread, b: Spread): Spread {
  return { sum: a.sum + b.sum, squares: a.squares + b.squares };
}

export function spreadOf(values: Float32Array, around: number): Spread {
  let sum = 0;
  let squares = 0;
  for (let k = 0; k < values.length; k++) {
    const off = (values[k] as number) - around;
    sum += off;
    squares += off * off;
  }
  return { sum, squares };
}

/**
 * CAL13: |mean| + 3 standard deviations (facts 6.2), in two passes so that equal samples have no deviation at all.
 * @param spreadAround sums over all samples around a number
 */
export async function threeDeviations(count: number, spreadAround: (mean: number) => Promise<Spread>): Promise<number> {
  const mean = (await spreadAround(0)).sum / count;
  const { squares } = await spreadAround(mean);
  return Math.abs(mean) + 3 * Math.sqrt(squares / count);
}
