import type { SourceFile } from '../../worker/protocol.ts';
import { engine } from '../engine/client.ts';
import { plural } from '../format/numbers.ts';
import { useData } from '../state/data.ts';
import { log } from '../state/log.ts';
import { setForm, useTraining } from '../state/training.ts';
import { validationRequest } from '../training/validationRequest.ts';
import { runJob } from './jobs.ts';
import { restoreTraining } from './train.ts';

/** Takes a set of its own for validation; on any error the former one stays. */
export async function openValidationSet(files: readonly SourceFile[]): Promise<void> {
  if (files.length === 0) return;
  const request = validationRequest(files, useData.getState().labels);
  const ended = await runJob(
    'data',
    'Opening validation images',
    (options) => engine().describeData(request, options),
    ({ count }) => `${plural(count, 'image')} to validate on.`,
  );
  if (ended.state === 'cancelled') return;
  if (ended.state === 'failed') {
    useTraining.setState({ error: ended.error });
    return;
  }
  const summary = ended.value;
  for (const { name, error } of summary.leftOut.first) log('warning', `${name}: ${error.cause}`, error.code);
  for (const warning of summary.warnings) log('warning', warning.text, warning.rule);
  setForm({ validates: 'set' });
  useTraining.setState({ validationSet: { request, summary }, error: null });
  // A run that waits may have asked for it.
  if (useTraining.getState().restored) await restoreTraining();
}

export function closeValidationSet(): void {
  useTraining.setState({ validationSet: null });
}
