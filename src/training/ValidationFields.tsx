import { X } from 'lucide-react';
import { useId } from 'react';
import { closeValidationSet, openValidationSet } from '../actions/validationSet.ts';
import { pickFiles } from '../files/dropped.ts';
import { plural } from '../format/numbers.ts';
import { useData } from '../state/data.ts';
import { useRun } from '../state/run.ts';
import { setForm, type TrainingForm, useTraining } from '../state/training.ts';
import { Segments } from '../ui/Segments.tsx';
import { Tip } from '../ui/Tip.tsx';
import { NumberField } from './SetupFields.tsx';
import { heldOut } from './trainRequest.ts';
import { VALIDATION_WORDS } from './words.ts';

const KINDS = Object.keys(VALIDATION_WORDS) as TrainingForm['validates'][];

/** What the best state is chosen by: images held out of the open set, or a set of its own. Files may be dropped here. */
export function ValidationFields() {
  const form = useTraining((state) => state.form);
  const images = useData((state) => state.summary?.count ?? null);
  const id = useId();
  const suggested = images === null ? 'a fifth' : String(heldOut({ validation: null }, images));
  return (
    <div className="training-form" data-drop="validation">
      <Tip text="The state that does best on these images is kept. They are never trained on.">
        <span className="form-label">Validation</span>
      </Tip>
      <Segments
        id={id}
        label="Validation"
        choices={KINDS.map((kind) => VALIDATION_WORDS[kind])}
        value={VALIDATION_WORDS[form.validates]}
        onChange={(word) => setForm({ validates: KINDS.find((kind) => VALIDATION_WORDS[kind] === word) ?? 'held-out' })}
      />
      {form.validates === 'held-out' ? (
        <NumberField
          name={null}
          hint="So many images of the open set, chosen by the seed."
          label="Held out"
          value={form.validation}
          least={1}
          placeholder={suggested}
          onChange={(validation) => setForm({ validation })}
        />
      ) : (
        <OwnSet />
      )}
    </div>
  );
}

function OwnSet() {
  const set = useTraining((state) => state.validationSet);
  const busy = useRun((state) => state.job !== null);
  const pick = async (what: 'files' | 'folder'): Promise<void> => openValidationSet(await pickFiles(what));
  return (
    <>
      <span className="form-label">Set</span>
      {set === null ? (
        <span className="data-field">
          <button type="button" className="button small" disabled={busy} onClick={() => void pick('folder')}>
            Folder…
          </button>
          <button type="button" className="button small" disabled={busy} onClick={() => void pick('files')}>
            Files…
          </button>
        </span>
      ) : (
        <span className="training-set">
          <span className="clip" title={set.summary.title}>
            {plural(set.summary.count, 'image')}
            {set.summary.labels === null ? ' · no labels' : ` · ${set.summary.title}`}
          </span>
          <Tip text="Take another set">
            <button
              type="button"
              className="button ghost small icon"
              aria-label="Close the validation set"
              disabled={busy}
              onClick={closeValidationSet}
            >
              <X />
            </button>
          </Tip>
        </span>
      )}
    </>
  );
}
