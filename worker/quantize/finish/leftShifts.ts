import { GraffitistError } from '../../errors.ts';
import type { Graph } from '../../graph/graph.ts';
import { ceilLog2 } from '../fixedPoint.ts';
import { badLine, type ListLine, wholeNumber } from '../listFile.ts';
import type { Quantizer } from '../quantizer.ts';
import { QuantizerLookup } from '../quantizerLookup.ts';
import type { FinishReport } from './report.ts';

const OPTION = 'left_shift_list';
const WEIGHTS = new Set(['weight_quant'] as const);

/** Weights that get more fraction bits. */
export interface LeftShift {
  readonly quantizer: Quantizer;
  /** So many bits more, taken from the top. */
  readonly bits: number;
}

/** Reads `weight node, shift` lines. @throws GraffitistError `option-invalid`, `node-missing`, `quantizer-conflict` */
export function leftShifts(graph: Graph, lines: readonly ListLine[]): LeftShift[] {
  if (lines.length === 0) return [];
  const lookup = new QuantizerLookup(graph);
  const seen = new Map<string, LeftShift>();
  for (const { line, fields } of lines) {
    if (fields.length !== 2) throw badLine(OPTION, line, `${fields.length} fields instead of weight node and shift.`, 'Write: node, 1');
    const { quantizer } = lookup.find(fields[0] ?? '', WEIGHTS, OPTION);
    const shift = { quantizer, bits: wholeNumber(OPTION, line, fields[1], 'whole number of bits') };
    const other = seen.get(quantizer.threshold);
    if (other !== undefined && other.bits !== shift.bits) {
      throw badLine(OPTION, line, `'${other.quantizer.source}' has the same threshold and another shift.`, 'Give both the same shift.');
    }
    seen.set(quantizer.threshold, shift);
  }
  return [...seen.values()];
}

/**
 * QNT42: the threshold in use falls by `bits` powers of two, so that the accumulator of that layer needs so much less shifting to the
 * left: log2 t becomes ceil(log2 t) − bits. (The original takes floor(log2 t) − (bits − 1), one more where log2 t is a whole number.)
 *
 * @throws GraffitistError `threshold-missing`
 */
export function absorbLeftShifts(
  thresholds: ReadonlyMap<string, number>,
  shifts: readonly LeftShift[],
  report: FinishReport,
): ReadonlyMap<string, number> {
  const shifted = new Map(thresholds);
  for (const { quantizer, bits } of shifts) {
    const { threshold, name, source } = quantizer;
    const log2 = thresholds.get(threshold);
    if (log2 === undefined) {
      throw new GraffitistError('threshold-missing', `The left shift of '${source}' needs its threshold, and no value is known for it.`, {
        about: threshold,
        remedy: 'Calibrate, or give a checkpoint that holds the thresholds.',
      });
    }
    shifted.set(threshold, ceilLog2(log2) - bits);
    report.changes.push({
      rule: 'QNT42',
      summary: `${name}: threshold 2^${ceilLog2(log2)} becomes 2^${ceilLog2(log2) - bits}`,
      before: [threshold],
      after: [threshold],
    });
    if (quantizer.group !== undefined) {
      report.warnings.push({ rule: 'QNT42', node: source, text: 'It shares its threshold: the shift holds for all that read it.' });
    }
  }
  return shifted;
}
