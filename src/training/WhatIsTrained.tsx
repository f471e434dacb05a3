import { count, plural } from '../format/numbers.ts';
import { useData } from '../state/data.ts';
import { useRun } from '../state/run.ts';
import { useTraining } from '../state/training.ts';
import { heldOut, trainedStage } from './trainRequest.ts';
import { MODE_WORDS } from './words.ts';

/** What will be trained, in a sentence or two. */
export function WhatIsTrained() {
  const form = useTraining((state) => state.form);
  const stages = useRun((state) => state.stages);
  const rows = useRun((state) => state.quantizers);
  const set = useData((state) => state.summary);
  const stage = trainedStage(stages);
  const title = stages.find((info) => info.stage === stage)?.title ?? 'the graph';
  const thresholds = rows?.stage === stage ? new Set(rows.rows.map(({ threshold }) => threshold)).size : null;
  const weights = rows?.stage === stage ? rows.rows.filter(({ kind }) => kind === 'weight').length : null;
  const of =
    form.mode === 'float' || weights === null || thresholds === null || thresholds === 0
      ? ''
      : ` (${[
          form.mode === 'thresholds' ? null : plural(weights, 'layer'),
          form.mode === 'weights' ? null : plural(thresholds, 'threshold'),
        ]
          .filter((part) => part !== null)
          .join(', ')})`;
  const own = useTraining(({ validationSet }) => validationSet?.summary.count ?? null);
  const ownSet = form.validates === 'set' ? own : null;
  const held = set === null || form.validates === 'set' ? 0 : heldOut(form, set.count);
  return (
    <p className="data-sentence">
      Trains {MODE_WORDS[form.mode]}
      {of} of the stage <b>{title}</b>
      {set !== null && (
        <>
          {' '}
          on {plural(set.count - held, 'image')};{' '}
          {ownSet === null ? `${count(held)} more are held out and choose` : `${plural(ownSet, 'image')} of another set choose`} the best
          state
        </>
      )}
      . Right is {form.targets === 'labels' ? 'what the labels say' : 'what the float network answers'}.
    </p>
  );
}
