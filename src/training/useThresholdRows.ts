import { useMemo } from 'react';
import { useRun } from '../state/run.ts';
import { useSelection } from '../state/selection.ts';
import { useTraining } from '../state/training.ts';
import { commonScope } from './shortName.ts';
import { rowsOfReport, rowsOfRun, type ThresholdRow } from './thresholdRows.ts';

const NO_ROWS: readonly ThresholdRow[] = [];

/** The thresholds of the last report. */
export function useReportRows(): readonly ThresholdRow[] {
  const report = useTraining((state) => state.report);
  const quantizers = useRun((state) => state.quantizers?.rows);
  return useMemo(() => {
    if (report === null) return NO_ROWS;
    const signs = new Map(quantizers?.map(({ threshold, signed }) => [threshold, signed]));
    return rowsOfReport(report, (variable) => signs.get(variable));
  }, [report, quantizers]);
}

/** The thresholds of the run at hand as they stand; once it has ended those of its report, whose state is the best one. */
export function useThresholdRows(): readonly ThresholdRow[] {
  const run = useTraining((state) => state.run);
  const reported = useReportRows();
  const ended = run === null || (run.state === 'ended' && reported.length > 0);
  return useMemo(() => (ended ? reported : rowsOfRun(run)), [run, ended, reported]);
}

/** Place of the threshold that the selected quantizer reads; −1: none. */
export function useSelectedPlace(rows: readonly ThresholdRow[]): number {
  const quantizer = useSelection((state) => state.quantizer);
  return useMemo(() => (quantizer === null ? -1 : rows.findIndex(({ quantizers }) => quantizers.includes(quantizer))), [rows, quantizer]);
}

/** The scope that most of the thresholds lie in; it stays what it is while the same ones are trained. */
export function useCommonScope(rows: readonly ThresholdRow[]): string {
  const names = rows.map(({ quantizers, variable }) => quantizers[0] ?? variable).join('\n');
  return useMemo(() => commonScope(names.split('\n')), [names]);
}
