import { engine } from '../engine/client.ts';
import { setForm, useTraining, type ValidationSet } from '../state/training.ts';
import { keepDataFiles, keptFiles, type StoredValidation } from './storage.ts';

/** Keeps the set that training is validated on; the same one is written once. */
export function validationKeeper(): (id: string) => Promise<StoredValidation | undefined> {
  let kept: { readonly id: string; readonly set: ValidationSet; readonly stored: StoredValidation } | null = null;
  return async (id) => {
    const { validationSet: set } = useTraining.getState();
    if (set === null) return undefined;
    if (kept?.id === id && kept.set === set) return kept.stored;
    const { files, ...labels } = set.request;
    kept = { id, set, stored: { labels, files: await keepDataFiles(id, files, 'validation-') } };
    return kept.stored;
  };
}

/** Brings it back; a large set is asked for where a run needs it. */
export async function openKeptValidation(id: string, { labels, files }: StoredValidation): Promise<void> {
  const kept = await keptFiles(id, files);
  if (kept.length === 0) return;
  const request = { files: kept, ...labels };
  const summary = await engine().describeData(request);
  setForm({ validates: 'set' });
  useTraining.setState({ validationSet: { request, summary } });
}
