import { Crosshair, Plus, X } from 'lucide-react';
import { useEffect, useId, useState } from 'react';
import type { DocumentSummary } from '../../worker/protocol.ts';
import { changeInputs } from '../actions/interface.ts';
import { useDocument } from '../state/document.ts';
import { setInterface, usePipeline } from '../state/pipeline.ts';
import { useRun } from '../state/run.ts';
import { askPick, useSelection } from '../state/selection.ts';
import { ErrorNote } from '../ui/ErrorNote.tsx';
import { Tip } from '../ui/Tip.tsx';
import { foundInterface } from './foundInterface.ts';
import { sameInterface } from './inputShapes.ts';
import { onEnterOrEscape } from './keys.ts';
import { ShapeFields } from './ShapeFields.tsx';

/** Inputs, outputs and shape of the network: guessed, and the person's to change, before any step. */
export function InterfaceCard() {
  const summary = useDocument((state) => state.summary);
  const value = usePipeline((state) => state.request.interface);
  const error = useRun((state) => state.error);
  if (summary === null) return null;
  const source = sourceOf(summary);
  const found = foundInterface(summary);
  const guessed = sameInterface(value, found);
  return (
    <section aria-labelledby="interface">
      <header className="section-head">
        <h2 id="interface">Interface</h2>
        {guessed ? (
          <Tip text={source.tip}>
            <span className="clip">{source.word}</span>
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
          onChange={(inputs) => void changeInputs(inputs)}
        />
        <Names
          label="Outputs"
          one="output"
          names={value.outputs}
          candidates={summary.candidates.outputs}
          onChange={(outputs) => setInterface({ outputs })}
        />
        <ShapeFields value={value} />
        {error?.code === 'interface-invalid' && <ErrorNote error={error} />}
      </div>
    </section>
  );
}

/** Where the interface comes from, in a word and a sentence. */
function sourceOf({ network, savedModel }: DocumentSummary): { readonly word: string; readonly tip: string } {
  if (network !== null) return { word: network.title, tip: `${network.title} was recognised by its layers and their names.` };
  if (savedModel?.signature != null)
    return { word: savedModel.signature, tip: `From the signature ${savedModel.signature}. Change it where it is wrong.` };
  return { word: 'guessed', tip: 'From placeholders and from tensors that nobody reads. Change it where it is wrong.' };
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
