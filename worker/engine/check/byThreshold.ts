import type { Alternative } from '../../data/checks/alternatives.ts';
import { rescaled } from '../../data/checks/scaling.ts';
import { extremes } from '../../data/checks/values.ts';
import { imageInput } from '../../evaluate/network.ts';
import { readQuantizers } from '../../quantize/readQuantizers.ts';
import type { NetworkAndImages } from './network.ts';

/** What the quantizer of the input says of the images. */
export interface ThresholdVerdict {
  readonly range: number;
  readonly largest: number;
  readonly isOff: boolean;
  /** The only alternative that fits, if it is one. */
  readonly better: Alternative | null;
}

/** CHK8: largest values this many times above or below the quantizer's range are no clipping and no dark pictures any more. */
const FACTOR = 4;

/** CHK8: holds the largest value against the range of the input's quantizer. Null where the network is not quantized. */
export function byThreshold({ network, sample, now, alternatives }: NetworkAndImages): ThresholdVerdict | null {
  const input = imageInput(network.model);
  const quantizer = readQuantizers(network.model.graph).find(({ source }) => source === input);
  const log2 = quantizer === undefined ? undefined : (network.thresholds.get(quantizer.threshold) ?? quantizer.constantLog2);
  if (log2 === undefined) return null;
  const range = 2 ** Math.ceil(log2);
  const largestOf = (values: Float32Array): number => Math.max(...extremes(values).map(Math.abs));
  const fits = (values: Float32Array): boolean => largestOf(values) > range / FACTOR && largestOf(values) < range * FACTOR;
  const isOff = !fits(sample.values);
  const fitting = !isOff || now === null ? [] : alternatives.filter(({ scaling }) => fits(rescaled(sample.values, now, scaling)));
  return { range, largest: largestOf(sample.values), isOff, better: fitting.length === 1 ? (fitting[0] ?? null) : null };
}
