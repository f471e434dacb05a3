import type { QuantizerStatistics } from '../calibrate/statistics.ts';
import { formatName, levels } from '../quantize/fixedPoint.ts';
import type { Quantizer } from '../quantize/quantizer.ts';

/**
 * QNT56: what a person should know of a quantizer that works as in Graffitist: rounding down, a largest value that saturates by one step,
 * a search that had nothing to search.
 */
export function quantizerNotes(quantizer: Quantizer, log2t: number | null, statistics: QuantizerStatistics | undefined): string[] {
  const notes: string[] = [];
  if (quantizer.rounding === 'floor')
    notes.push('Rounds down, as hardware does by a shift: half a step below the nearest code on average.');
  if (quantizer.kind === 'weight' && log2t !== null && Number.isInteger(log2t)) {
    const { p, Q } = levels(quantizer);
    const share = (100 / Q).toPrecision(3);
    notes.push(`The largest value is a power of two: its code ${Q} saturates to ${p}, −${share} %.`);
  }
  if (statistics?.asked === 'KL-J' && statistics.method === 'MAX') {
    notes.push(`KL-J is MAX here: ${formatName(quantizer)} has more levels than the histogram has bins, so nothing is clipped.`);
  }
  return notes;
}
