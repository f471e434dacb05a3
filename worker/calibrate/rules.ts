/** Which rule finds a quantizer's threshold, and what the found number becomes (facts 6.2, 6.3, 14.1). */
import { levels } from '../quantize/fixedPoint.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import { type Bins, binWidth, type Extremes, sqrtBins } from './histogram.ts';
import { type Candidate, hasCandidates } from './klj.ts';

/**
 * MAX: the largest |x|. 3SD: |mean| + 3 standard deviations. KL-J: the clipping whose distribution stays nearest, the largest |x| where
 * there are too few bins.
 */
export type Method = 'MAX' | '3SD' | 'KL-J';

/** Names of the quantizers whose samples are weights: of layers, of average pools (reciprocals) and of leaky relus (slopes). */
export function isWeightQuantizer(name: string): boolean {
  return name.includes('weight_quant');
}

/** CAL1: weights by MAX; everything else by KL-J. */
export function methodOf(quantizer: Pick<Quantizer, 'name'>): Method {
  return isWeightQuantizer(quantizer.name) ? 'MAX' : 'KL-J';
}

/**
 * CAL13: how `quantize` asks for the thresholds of weights: as `weight_threshold` says, else by form: 3SD for training, where thresholds
 * move later, MAX for inference.
 */
export function weightMethods(
  { weight_threshold: asked, is_training: training }: Readonly<Record<string, unknown>>,
  quantizers: readonly Pick<Quantizer, 'name'>[],
): ReadonlyMap<string, Method> {
  const method: Method = asked === '3sd' || (asked !== 'max' && training === true) ? '3SD' : 'MAX';
  return new Map(quantizers.filter(({ name }) => isWeightQuantizer(name)).map(({ name }) => [name, method]));
}

/** More bins than this are not searched: they arise only where all |x| are nearly equal, and then the maximum is as good. */
export const MOST_BINS = 2 ** 24;

/** How a quantizer's threshold is found once the extremes of its samples are known. */
export type Search =
  /** CAL2, CAL3: the largest |x|, or 0.5 where all samples are 0. */
  | { readonly kind: 'maximum'; readonly threshold: number }
  /** CAL13: take mean and standard deviation. */
  | { readonly kind: 'deviation' }
  /** CAL5: count samples into `bins`, then try candidates. `levels` = 2^(bits − sign). */
  | { readonly kind: 'search'; readonly bins: Bins; readonly levels: number };

/** What to do for samples with these extremes. */
export function searchFor(quantizer: Pick<Quantizer, 'bits' | 'signed'>, method: Method, extremes: Extremes): Search {
  if (method === '3SD' && extremes.max > 0) return { kind: 'deviation' };
  const bins = sqrtBins(extremes);
  const { Q } = levels(quantizer);
  if (method !== 'KL-J' || !hasCandidates(bins.count, Q) || bins.count > MOST_BINS) return { kind: 'maximum', threshold: bins.last };
  return { kind: 'search', bins, levels: Q };
}

/** The raw threshold of the winning candidate: (i + 0.5) bin widths. */
export function candidateThreshold(bins: Bins, best: Candidate): number {
  return (best.index + 0.5) * binWidth(bins);
}

/** What the threshold variable holds: log2 t as float32. */
export function log2Threshold(threshold: number): number {
  return Math.fround(Math.log2(threshold));
}
