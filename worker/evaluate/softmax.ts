import type { Scored } from './answers.ts';

/** The largest x, and Σ exp(x − largest), in float64: nothing overflows, whatever the row. */
function exponentials(row: ArrayLike<number>): { readonly largest: number; readonly sum: number } {
  let [largest, sum] = [Number.NEGATIVE_INFINITY, 0];
  for (let k = 0; k < row.length; k++) largest = Math.max(largest, row[k] as number);
  for (let k = 0; k < row.length; k++) sum += Math.exp((row[k] as number) - largest);
  return { largest, sum };
}

/** log Σ eˣ. */
export function logSumExp(row: ArrayLike<number>): number {
  const { largest, sum } = exponentials(row);
  return largest + Math.log(sum);
}

/** Rows of an output as probabilities, in float64: those of logits are their softmax. */
export function probabilitiesOf(values: ArrayLike<number>, classes: number, kind: Scored['loss']): Float64Array {
  const result = Float64Array.from(values);
  if (kind === 'probabilities') return result;
  for (let at = 0; at < result.length; at += classes) {
    const row = result.subarray(at, at + classes);
    const { largest, sum } = exponentials(row);
    row.forEach((value, k) => {
      row[k] = Math.exp(value - largest) / sum;
    });
  }
  return result;
}
