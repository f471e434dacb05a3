import type { Scored } from './answers.ts';
import { logSumExp } from './softmax.ts';

/** The smallest positive float32: what a probability that was rounded to 0 counts as (EVA5). */
const LOG_SMALLEST = -149 * Math.LN2;

/**
 * SRCH2: how far a network's answer to one image is from the float network's, in nats: Σ p · (log p − log q), p the float network's
 * probabilities. Logits go through a softmax first, in float64. Infinity where an output holds NaN or an infinity.
 * @param float the float network's output, what it is. @param quantized the other's, of as many elements
 */
export function answerDistance(
  float: ArrayLike<number>,
  quantized: ArrayLike<number>,
  kinds: readonly [Scored['loss'], Scored['loss']],
): number {
  const [p, q] = [logProbabilities(float, kinds[0]), logProbabilities(quantized, kinds[1])];
  let sum = 0;
  for (let k = 0; k < p.length; k++) sum += Math.exp(p[k] as number) * ((p[k] as number) - (q[k] as number));
  return Number.isFinite(sum) ? sum : Number.POSITIVE_INFINITY;
}

/** SRCH2: of an output without classes (detectors) Σ (x − y)² ÷ Σ x². Infinity where it holds NaN or an infinity, or is not 0 where x is. */
export function outputDistance(float: ArrayLike<number>, quantized: ArrayLike<number>): number {
  let [error, signal] = [0, 0];
  for (let k = 0; k < float.length; k++) {
    const x = float[k] as number;
    error += (x - (quantized[k] as number)) ** 2;
    signal += x * x;
  }
  if (error === 0) return 0;
  return Number.isFinite(error) && signal > 0 ? error / signal : Number.POSITIVE_INFINITY;
}

function logProbabilities(row: ArrayLike<number>, kind: Scored['loss']): Float64Array {
  if (kind === 'probabilities') return Float64Array.from(row, (value) => Math.max(Math.log(value), LOG_SMALLEST));
  const norm = logSumExp(row);
  return Float64Array.from(row, (value) => value - norm);
}
