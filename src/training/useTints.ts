import { useMemo } from 'react';
import type { QuantizerRow, Scene } from '../../worker/protocol.ts';
import { useRun } from '../state/run.ts';
import { useTraining } from '../state/training.ts';
import { useView } from '../state/view.ts';
import { rowsOfRun } from './thresholdRows.ts';
import { boxTints, movedThresholds } from './tints.ts';
import { RETRAINED, trainedStage } from './trainRequest.ts';

const NO_ROWS: readonly QuantizerRow[] = [];
const NO_TINTS: ReadonlyMap<string, number> = new Map();

/** How the boxes of the picture on screen are tinted: on the stage that is trained as its run stands, on the retrained one as it ended. */
export function useTints(scene: Scene | null): ReadonlyMap<string, number> {
  const stage = useView((state) => state.stage);
  const stages = useRun((state) => state.stages);
  const rows = useRun((state) => (state.quantizers?.stage === stage ? state.quantizers.rows : NO_ROWS));
  const retrained = stages.find((info) => info.stage === stage)?.title === RETRAINED;
  const shown = retrained || stage === trainedStage(stages);
  // As a text, so that the picture is only drawn anew when a threshold has left its bin.
  const moved = useTraining(({ run, report }) => {
    if (!shown) return '[]';
    if (run !== null && !retrained) return JSON.stringify(movedThresholds(rowsOfRun(run)));
    return report === null ? '[]' : JSON.stringify(movedThresholds(report.thresholds));
  });
  return useMemo(() => {
    const deviations = new Map(JSON.parse(moved) as (readonly [string, number])[]);
    return scene === null || deviations.size === 0 ? NO_TINTS : boxTints(scene, rows, deviations);
  }, [scene, rows, moved]);
}
