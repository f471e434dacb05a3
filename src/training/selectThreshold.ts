import { useRun } from '../state/run.ts';
import { showNode } from '../state/selection.ts';
import { setView } from '../state/view.ts';
import type { ThresholdRow } from './thresholdRows.ts';

/** Selects the first quantizer of a threshold, on the canvas and in the inspector. */
export function selectThreshold({ quantizers, variable }: Pick<ThresholdRow, 'quantizers' | 'variable'>): void {
  const rows = useRun.getState().quantizers?.rows ?? [];
  const row = rows.find(({ name }) => quantizers.includes(name)) ?? rows.find(({ threshold }) => threshold === variable);
  if (row === undefined) return;
  setView({ inspectorTab: 'histogram' });
  showNode(row.source, row.name);
}
