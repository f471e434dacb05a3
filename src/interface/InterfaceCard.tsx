import { Crosshair, Plus, X } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import { shape as shapeText } from '../format/numbers.ts';
import { useDocument } from '../state/document.ts';
import { setInterface, usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { askPick, useSelection } from '../state/selection.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';
import { Tip } from '../ui/Tip.tsx';
import { foundInterface } from './foundInterface.ts';
import { parseShape } from './shapeText.ts';

/** Inputs, outputs and shape of the network: guessed, and the person's to change, before any step. */
export function InterfaceCard() {
  const summary = useDocument((state) => state.summary);
  const value = usePipeline((state) => state.request.interface);
  const error = useRun((state) => state.error);
  if (summary === null) return null;
  const { network } = summary;
  const found = foundInterface(summary);
  const guessed = JSON.stringify(value) === JSON.stringify(found);
  return (
    <section aria-labelledby="interface">
      <header className="section-head">
        <h2 id="interface">Interface</h2>
        {guessed ? (
          <Tip
            text={
              network === null
                ? 'From placeholders and from tensors that nobody reads. Change it where it is wrong.'
                : `${network.title} was recognised by its layers and their names.`
            }
          >
            <span>{network === null ? 'guessed' : network.title}</span>
          </Tip>
        ) : (
          <button type="button" className="link" onClick={() => setInterface(found)}>
            Back to the guess
          </button>
        )}
      </header>
      <div className="interface">
        <Names
          label="Inputs"
          one="input"
          names={value.inputs}
          candidates={summary.candidates.inputs}
          onChange={(inputs) => setInterface({ inputs })}
        />
        <Names
          label="Outputs"
          one="output"
          names={value.outputs}
          candidates={summary.candidates.outputs}
          onChange={(outputs) => setInterface({ outputs })}
        />
        <ShapeField value={value.shape} />
        {error?.code === 'interface-invalid' && <ErrorNote error={error} />}
      </div>
    </section>
  );
}

interface NamesProps {
  readonly label: string;
  readonly one: string;
  readonly names: readonly string[];
  readonly candidates: readonly string[];
  readonly onChange: (names: readonly string[]) => void;
}

function Names({ label, one, names, candidates, onChange }: NamesProps) {
  const [adding, setAdding] = useState(false);
  const listId = useId();
  const prompt = `Pick the ${one} on the graph`;
  const picking = useSelection((state) => state.pick?.prompt === prompt);
  const add = (name: string): void => {
    setAdding(false);
    if (name !== '' && !names.includes(name)) onChange([...names, name]);
  };
  // With one name a pick corrects it; with several it adds to them.
  const pick = (name: string): void => (names.length > 1 ? add(name) : onChange([name]));
  const replace = (index: number, name: string): void => {
    const next = names
      .map((other, at) => (at === index ? name : other))
      .filter((other, at, all) => other !== '' && all.indexOf(other) === at);
    onChange(next);
  };
  return (
    <div className="interface-row">
      <span className="interface-label">{label}</span>
      <div className="interface-names">
        {names.map((name, index) => (
          <div key={name} className="name-field">
            <NameInput label={`${label} ${index + 1}`} value={name} listId={listId} onCommit={(next) => replace(index, next)} />
            {names.length > 1 && (
              <button type="button" className="button ghost small icon" aria-label={`Remove ${name}`} onClick={() => replace(index, '')}>
                <X />
              </button>
            )}
          </div>
        ))}
        {(adding || names.length === 0) && (
          <div className="name-field">
            <NameInput label={`New ${one}`} value="" listId={listId} focus={adding} onCommit={add} onLeave={() => setAdding(false)} />
          </div>
        )}
      </div>
      <span className="interface-actions">
        <Tip text={picking ? 'Stop picking' : prompt}>
          <button
            type="button"
            className="button ghost small icon"
            aria-label={prompt}
            aria-pressed={picking}
            onClick={() => askPick(picking ? null : { prompt, answer: pick })}
          >
            <Crosshair />
          </button>
        </Tip>
        <Tip text={`Add an ${one} by name`}>
          <button type="button" className="button ghost small icon" aria-label={`Add an ${one} by name`} onClick={() => setAdding(true)}>
            <Plus />
          </button>
        </Tip>
      </span>
      <datalist id={listId}>
        {candidates.map((candidate) => (
          <option key={candidate} value={candidate} />
        ))}
      </datalist>
    </div>
  );
}

interface NameInputProps {
  readonly label: string;
  readonly value: string;
  readonly listId: string;
  readonly focus?: boolean;
  readonly onCommit: (name: string) => void;
  readonly onLeave?: () => void;
}

function NameInput({ label, value, listId, focus = false, onCommit, onLeave }: NameInputProps) {
  const [text, setText] = useState(value);
  const [editing, setEditing] = useState(focus);
  useEffect(() => setText(value), [value]);
  const commit = (): void => {
    setEditing(false);
    if (text.trim() !== value) onCommit(text.trim());
    else onLeave?.();
  };
  return (
    <input
      className="field mono grow"
      aria-label={label}
      title={value}
      // A field with a list reserves room for its arrow: only the one being edited has it.
      list={editing ? listId : undefined}
      // biome-ignore lint/a11y/noAutofocus: the field appears because the person asked to add a name
      autoFocus={focus}
      placeholder="node name"
      spellCheck={false}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onFocus={() => setEditing(true)}
      onBlur={commit}
      onKeyDown={(event) => onEnterOrEscape(event, commit, () => setText(value))}
    />
  );
}

function ShapeField({ value }: { value: readonly number[] | null }) {
  const written = value === null ? '' : shapeText(value);
  const [text, setText] = useState(written);
  const id = useId();
  useEffect(() => setText(written), [written]);
  const parsed = parseShape(text);
  const invalid = text.trim() !== '' && parsed === null;
  const commit = (): void => {
    if (parsed !== null && shapeText(parsed) !== written) setInterface({ shape: parsed });
    else if (text.trim() === '' && value !== null) setInterface({ shape: null });
  };
  return (
    <div className="interface-row">
      <label className="interface-label" htmlFor={id}>
        Shape
      </label>
      <div className="interface-names">
        <input
          id={id}
          className="field"
          aria-invalid={invalid}
          aria-describedby={`${id}-help`}
          placeholder="height × width × channels"
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => onEnterOrEscape(event, commit, () => setText(written))}
        />
        <span id={`${id}-help`} className={invalid ? 'error help' : 'visually-hidden'}>
          {invalid ? 'Write the dimensions after the batch, like 128×128×3.' : 'Dimensions after the batch'}
        </span>
        {value === null && !invalid && <span className="warn help">Not known from the graph: write it, like 128×128×3.</span>}
      </div>
    </div>
  );
}

function onEnterOrEscape(event: KeyboardEvent<HTMLInputElement>, commit: () => void, revert: () => void): void {
  if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) commit();
  else if (event.key === 'Escape') revert();
}
