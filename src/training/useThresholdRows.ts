import { useMemo } from 'react';
import { useSelection } from '../state/selection.ts';
import { useTraining } from '../state/training.ts';
import { rowsOfReport, rowsOfRun, type ThresholdRow } from './thresholdRows.ts';

const NO_ROWS: readonly ThresholdRow[] = [];

/** The thresholds of the run at hand as they stand, else those of the last report. */
export function useThresholdRows(): readonly ThresholdRow[] {
  const run = useTraining((state) => state.run);
  const report = useTraining((state) => state.report);
  return useMemo(() => (run !== null ? rowsOfRun(run) : report !== null ? rowsOfReport(report) : NO_ROWS), [run, report]);
}

/** Place of the threshold that the selected quantizer reads; −1: none. */
export function useSelectedPlace(rows: readonly ThresholdRow[]): number {
  const quantizer = useSelection((state) => state.quantizer);
  return useMemo(() => (quantizer === null ? -1 : rows.findIndex(({ quantizers }) => quantizers.includes(quantizer))), [rows, quantizer]);
}
