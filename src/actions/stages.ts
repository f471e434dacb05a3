import type { Reading, Stage } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { useRun } from '../state/run.ts';
import { showNode, useSelection } from '../state/selection.ts';
import { setView, useView } from '../state/view.ts';
import { quietly } from './jobs.ts';

/** Shows a stage, with its quantizers in the table. */
export async function showStage(stage: Stage): Promise<void> {
  setView({ stage });
  await refreshQuantizers();
}

/** Reads stages and quantizers again after something ran; `goTo` picks the stage to show. */
export async function refreshStages(goTo: 'last' | 'first' | 'stay'): Promise<void> {
  const stages = await quietly(() => engine().stages(), []);
  const last = stages.at(-1)?.stage ?? 0;
  const stage = goTo === 'last' ? last : goTo === 'first' ? 0 : Math.min(useView.getState().stage, last);
  useRun.setState({ stages });
  await showStage(stage);
}

export async function refreshQuantizers(): Promise<void> {
  const { stage } = useView.getState();
  const rows = await quietly(() => engine().quantizers(stage), []);
  if (useView.getState().stage === stage) useRun.setState({ quantizers: { stage, rows } });
}

/** The selection carries over to the other reading, and into sight there. */
export function changeReading(reading: Reading): void {
  setView({ reading });
  const { node, quantizer } = useSelection.getState();
  if (node !== null) showNode(node, quantizer);
}
