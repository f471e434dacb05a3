import type { HistogramView } from '../protocol.ts';
import type { QuantizationError } from './codes.ts';
import type { Method } from './rules.ts';

/** What calibration found out about one quantizer. */
export interface QuantizerStatistics {
  /** `searched`: another one than the rule's was best by the network's answers (SRCH1). */
  readonly method: Method | 'searched';
  /** The rule that was to be used: where KL-J has nothing to search, `method` is MAX. */
  readonly asked: Method;
  /** t as found, before log2 and before it is rounded up to a power of 2; of all members where the threshold is shared. */
  readonly rawThreshold: number;
  /** Samples of this quantizer's own input. */
  readonly samples: number;
  /** Share of samples whose rounded value lies outside the codes, 0 … 1. */
  readonly clipped: number;
  /** 10·log10(Σ x² / Σ (x − q)²); Infinity where every sample is kept exactly; null where all samples are 0. */
  readonly sqnrDb: number | null;
  readonly histogram: HistogramView;
}

/** Sums over images in their order, so that the total does not depend on who computed which. */
export function totalError(perImage: readonly QuantizationError[]): QuantizationError {
  let signal = 0;
  let noise = 0;
  let below = 0;
  let above = 0;
  for (const image of perImage) {
    signal += image.signal;
    noise += image.noise;
    below += image.below;
    above += image.above;
  }
  return { signal, noise, below, above };
}

/** Signal to quantization noise in dB. */
export function sqnrDb({ signal, noise }: Pick<QuantizationError, 'signal' | 'noise'>): number | null {
  if (signal === 0) return null;
  // Rounded, because the last digits of the sums depend on how images are shared among workers.
  return noise === 0 ? Number.POSITIVE_INFINITY : Math.round(10 * Math.log10(signal / noise) * 1e6) / 1e6;
}
