import type { QuantizerStatistics } from '../calibrate/statistics.ts';
import type { HistogramView } from '../protocol.ts';
import { fixedPoint, formatName, levels } from '../quantize/fixedPoint.ts';
import type { Quantizer } from '../quantize/quantizer.ts';

/** A share of weights that round to 0 which ordinary distributions do not come to, not even at 4 bits. */
const MOSTLY_LOST = 0.5;

/**
 * QNT56: what a person should know of a quantizer that works as in Graffitist: rounding down, a largest value that saturates by one step,
 * a search that had nothing to search; weights that most lose.
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
  if (quantizer.kind === 'weight' && log2t !== null && statistics !== undefined) {
    const lost = shareBelow(statistics.histogram, fixedPoint(quantizer, log2t).scale / 2);
    if (lost >= MOSTLY_LOST)
      notes.push(`At least ${Math.floor(100 * lost)} % of the weights round to 0. Those that are not 0 in float, more bits keep.`);
  }
  if (statistics?.asked === 'KL-J' && statistics.method === 'MAX') {
    notes.push(`KL-J is MAX here: ${formatName(quantizer)} has more levels than the histogram has bins, so nothing is clipped.`);
  }
  return notes;
}

/** Share of values in bins that end at or below `limit`. */
function shareBelow({ max, counts }: HistogramView, limit: number): number {
  const all = counts.reduce((sum, count) => sum + count, 0);
  const below = counts.filter((_, bin) => ((bin + 1) * max) / counts.length <= limit);
  return all === 0 ? 0 : below.reduce((sum, count) => sum + count, 0) / all;
}
