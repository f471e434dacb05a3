/** Moving means of named numbers, zero-debiased. */
export interface MovingMeans {
  /** Updates so far. */
  readonly updates: number;
  /** Sums that started from 0, before the bias of that start is taken out. */
  readonly sums: ReadonlyMap<string, number>;
  /** The means: what the sums hold, over the share of the past that they cover. */
  readonly means: ReadonlyMap<string, number>;
}

export const noMeans: MovingMeans = { updates: 0, sums: new Map(), means: new Map() };

/**
 * TensorFlow's `ExponentialMovingAverage(decay, num_updates, zero_debias=True)` in float32: with d = min(decay, (1 + s) / (10 + s)) at
 * step s, sum −= (sum − x)(1 − d), mean = sum ÷ (1 − dⁿ) at update n. As long as d grows the divisor is not quite the share that the sum
 * covers, and the mean up to 1.6 % too large; so it is in TensorFlow, which the freezing of thresholds follows.
 *
 * @param step steps before this one
 */
export function movedMeans(before: MovingMeans, values: ReadonlyMap<string, number>, decay: number, step: number): MovingMeans {
  const { fround } = Math;
  const kept = Math.min(fround(decay), fround(fround(1 + step) / fround(10 + step)));
  // What TensorFlow hands from function to function is 1 − d.
  const share = fround(1 - kept);
  const updates = before.updates + 1;
  const covered = fround(1 - fround(fround(1 - share) ** updates));
  const sums = new Map<string, number>();
  const means = new Map<string, number>();
  for (const [name, value] of values) {
    const sum = before.sums.get(name) ?? 0;
    const next = fround(sum - fround(fround(sum - fround(value)) * share));
    sums.set(name, next);
    means.set(name, fround(next / covered));
  }
  return { updates, sums, means };
}
