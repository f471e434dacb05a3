import type { SuggestedChange } from '../../worker/protocol.ts';
import { readBits } from '../pipeline/bitsList.ts';
import { insertSteps, newStep, setOption, usePipeline } from '../state/pipeline.ts';
import { setForm } from '../state/training.ts';
import { paintBits } from './paintBits.ts';
import { runPipeline } from './run.ts';

/** Does what a suggestion says, short of retraining, and runs. */
export async function takeRoad(change: Exclude<SuggestedChange, { kind: 'none' | 'retrain' }>): Promise<void> {
  const { steps } = usePipeline.getState().request;
  const at = steps.findIndex(({ transform, bypassed }) => transform === 'quantize' && !bypassed);
  const quantize = steps[at];
  if (quantize === undefined) return;
  if (change.kind === 'steps')
    insertSteps(
      at,
      change.steps.map(({ transform, options }) => newStep(transform, options)),
    );
  else if (change.kind === 'options') {
    for (const [name, value] of Object.entries(change.options)) setOption(quantize.id, name, value);
  } else if (!(await paintBits(readBits(change.lines.join('\n'))))) return;
  await runPipeline();
}

/** What is held right when a suggestion to retrain is taken. */
export function takeTargets(targets: 'labels' | 'distillation'): void {
  setForm({ targets });
}
