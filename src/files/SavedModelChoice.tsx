import { useId } from 'react';
import type { SavedModelSummary } from '../../worker/protocol.ts';
import { chooseOfSavedModel } from '../actions/open.ts';
import { useRun } from '../state/run.ts';

/** Which graph and which signature of a SavedModel: shown where there are several, and changed at once. */
export function SavedModelChoice({ model }: { model: SavedModelSummary }) {
  const { tags, tag, signatures, signature } = model;
  const names = signatures.map(({ name }) => name);
  return (
    <div className="choices">
      {tags.length > 1 && <Choice label="Tag" options={tags} value={tag} onChange={(chosen) => void chooseOfSavedModel({ tag: chosen })} />}
      {names.length > 1 && signature !== null && (
        <Choice
          label="Signature"
          options={names}
          value={signature}
          onChange={(chosen) => void chooseOfSavedModel({ ...(tags.length > 1 ? { tag } : {}), signature: chosen })}
        />
      )}
    </div>
  );
}

interface ChoiceProps {
  readonly label: string;
  readonly options: readonly string[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

function Choice({ label, options, value, onChange }: ChoiceProps) {
  const id = useId();
  const busy = useRun((state) => state.job !== null);
  return (
    <div className="choice-row">
      <label htmlFor={id}>{label}</label>
      <select id={id} className="field" value={value} disabled={busy} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option} value={option}>
            {option === '' ? 'without tags' : option}
          </option>
        ))}
      </select>
    </div>
  );
}
