import { useData } from '../state/data.ts';
import { useDocument } from '../state/document.ts';
import { useRun } from '../state/run.ts';
import { forgetTraining, setForm, useTraining } from '../state/training.ts';
import { lookAtTraining, restoreTraining } from './train.ts';

/**
 * A run belongs to its document: with another one it is forgotten. Whenever the pipeline has run and images are open, a run that waits from
 * before a reload is asked for.
 */
export function watchTraining(): void {
  useDocument.subscribe((state, before) => {
    if (state.generation === before.generation && state.summary !== null) return;
    forgetTraining();
    useTraining.setState({ validationSet: null });
    setForm({ validates: 'held-out' });
  });
  useRun.subscribe((state, before) => {
    if (state.ran === before.ran) return;
    // Another run of the pipeline: the engine says whether anything of the training is left.
    if (useTraining.getState().run !== null) void lookAtTraining();
    else void restoreTraining();
  });
  useData.subscribe((state, before) => {
    if (state.generation !== before.generation && state.summary !== null) void restoreTraining();
  });
}
