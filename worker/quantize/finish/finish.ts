import { GraffitistError } from '../../errors.ts';
import type { Graph } from '../../graph/graph.ts';
import { readQuantizers } from '../readQuantizers.ts';
import type { ConvSplit } from './convSplits.ts';
import { castToDouble } from './doubleCasts.ts';
import { absorbLeftShifts, type LeftShift } from './leftShifts.ts';
import { splitConvs } from './partialConvs.ts';
import type { FinishReport } from './report.ts';

/** What is left to do with a quantized graph once its thresholds are known. */
export interface FinishPlan {
  readonly leftShifts: readonly LeftShift[];
  readonly dump: boolean;
  readonly bitAccurate: boolean;
  readonly convSplits: readonly ConvSplit[];
}

export interface FinishedGraph extends FinishReport {
  readonly graph: Graph;
  /** log2 t by threshold variable. */
  readonly thresholds: ReadonlyMap<string, number>;
  /** The graph whose parameters are dumped: before casts and splits, as in the original; null where nothing is. */
  readonly dumped: Graph | null;
}

/**
 * Facts 3.7, steps 9 to 13, in the original's order: left shifts, the dump (which sees them), casts to float64, splits.
 * @throws GraffitistError `threshold-missing` where a step needs one that is not known, `quantizer-conflict`
 */
export function finishQuantized(graph: Graph, thresholds: ReadonlyMap<string, number>, plan: FinishPlan): FinishedGraph {
  const report: FinishReport = { changes: [], warnings: [] };
  const shifted = absorbLeftShifts(thresholds, plan.leftShifts, report);
  if (plan.dump) requireThresholds(graph, shifted);
  const cast = plan.bitAccurate ? castToDouble(graph, report) : graph;
  const finished = splitConvs(cast, plan.convSplits, shifted, report);
  return { graph: finished, thresholds: shifted, dumped: plan.dump ? graph : null, ...report };
}

/** QNT43: the original fails on a threshold that no checkpoint holds. */
function requireThresholds(graph: Graph, thresholds: ReadonlyMap<string, number>): void {
  const missing = readQuantizers(graph).filter(({ threshold, constantLog2 }) => constantLog2 === undefined && !thresholds.has(threshold));
  const [first] = missing;
  if (first === undefined) return;
  throw new GraffitistError('threshold-missing', `dump_quant_params needs every threshold, and ${missing.length} quantizers have none.`, {
    about: first.threshold,
    remedy: 'Calibrate, or give a checkpoint that holds the thresholds.',
  });
}
