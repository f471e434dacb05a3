import { Crosshair } from 'lucide-react';
import { type KeyboardEvent, useEffect, useId, useState } from 'react';
import type { OptionSpec, OptionValue, PipelineStep } from '../../worker/protocol.ts';
import { useDocument } from '../state/document.ts';
import { setOption, usePipeline } from '../state/pipeline.ts';
import { askPick, useSelection } from '../state/selection.ts';
import { Segments } from '../ui/Segments.tsx';
import { Tip } from '../ui/Tip.tsx';
import { bitsText, parseBits } from './bitsText.ts';
import { FileField } from './FileField.tsx';
import { TextField } from './TextField.tsx';

/** The form of a step, made from its option schema; options that are not common are one click away. */
export function OptionForm({ step }: { step: PipelineStep }) {
  const transform = usePipeline((state) => state.transforms.find((info) => info.name === step.transform));
  const [all, setAll] = useState(false);
  if (transform === undefined) return null;
  const options = Object.entries(transform.options);
  if (options.length === 0) return null;
  const common = options.filter(([, spec]) => spec.common === true);
  const rest = options.filter(([, spec]) => spec.common !== true);
  // What differs from its default is never hidden.
  const changed = rest.filter(([name, spec]) => name in step.options && step.options[name] !== spec.default);
  // A form without common options is short: nothing to hide.
  const open = all || common.length === 0;
  const shown = open ? [...common, ...rest] : [...common, ...changed];
  const hidden = options.length - shown.length;
  return (
    <div className="form">
      {shown.map(([name, spec]) => (
        <OptionRow key={name} step={step} name={name} spec={spec} />
      ))}
      {common.length > 0 && (hidden > 0 || all) && rest.length > 0 && (
        <button type="button" className="form-more link" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Fewer options' : `${hidden} more option${hidden === 1 ? '' : 's'}…`}
        </button>
      )}
    </div>
  );
}

function OptionRow({ step, name, spec }: { step: PipelineStep; name: string; spec: OptionSpec }) {
  const id = useId();
  const value = step.options[name] ?? spec.default;
  const set = (next: OptionValue): void => setOption(step.id, name, next === spec.default ? undefined : next);
  return (
    <div className="form-row">
      <Tip text={spec.summary}>
        {spec.kind === 'choice' ? <span className="form-label">{name}</span> : <label htmlFor={id}>{name}</label>}
      </Tip>
      <OptionControl id={id} name={name} spec={spec} value={value} onChange={set} />
    </div>
  );
}

interface ControlProps {
  readonly id: string;
  readonly name: string;
  readonly spec: OptionSpec;
  readonly value: OptionValue;
  readonly onChange: (value: OptionValue) => void;
}

function OptionControl({ id, name, spec, value, onChange }: ControlProps) {
  const suggested = useSuggestions(name);
  switch (spec.kind) {
    case 'flag':
      return (
        <input id={id} type="checkbox" className="checkbox" checked={value === true} onChange={(event) => onChange(event.target.checked)} />
      );
    case 'bits':
      if (spec.default === null) return <OtherBitsField id={id} value={value} onChange={onChange} />;
      return <BitsField id={id} value={typeof value === 'number' ? value : 8} onChange={onChange} />;
    case 'list':
      return (
        <TextField
          id={id}
          value={Array.isArray(value) ? value.join(', ') : ''}
          placeholder="none"
          onChange={(text) => onChange(text === '' ? [] : text.split(/\s*,\s*/).filter((item) => item !== ''))}
        />
      );
    case 'choice':
      return <Segments id={id} label={name} choices={spec.choices ?? []} value={String(value)} onChange={onChange} />;
    case 'node':
      return (
        <span className="form-node">
          <TextField
            id={id}
            mono
            value={typeof value === 'string' ? value : ''}
            placeholder="none"
            suggestions={suggested}
            onChange={(text) => onChange(text === '' ? null : text)}
          />
          <PickNode option={name} onPick={onChange} />
        </span>
      );
    case 'file':
      return (
        <FileField
          id={id}
          name={name}
          value={typeof value === 'string' ? value : ''}
          onChange={(text) => onChange(text === '' ? null : text)}
        />
      );
    case 'text':
      return (
        <TextField
          id={id}
          value={value === null ? '' : String(value)}
          placeholder={spec.default === null ? 'none' : String(spec.default)}
          onChange={(text) => onChange(text === '' ? null : text)}
        />
      );
  }
}

/** The layer that was found for an option: typed or picked, never filled in unasked. */
function useSuggestions(option: string): readonly string[] {
  const summary = useDocument((state) => state.summary);
  const layers = summary?.network ?? summary?.guess;
  const found = option === 'first_layer' ? layers?.firstLayer : option === 'last_layer' ? layers?.lastLayer : undefined;
  return typeof found === 'string' ? [found] : NO_SUGGESTIONS;
}

const NO_SUGGESTIONS: readonly string[] = [];

function PickNode({ option, onPick }: { option: string; onPick: (node: string) => void }) {
  const prompt = `Pick ${option} on the graph`;
  const picking = useSelection((state) => state.pick?.prompt === prompt);
  return (
    <Tip text={picking ? 'Stop picking' : prompt}>
      <button
        type="button"
        className="button ghost small icon"
        aria-label={prompt}
        aria-pressed={picking}
        onClick={() => askPick(picking ? null : { prompt, answer: onPick })}
      >
        <Crosshair />
      </button>
    </Tip>
  );
}

/** A bit-width that another option gives where the field is empty. */
function OtherBitsField({ id, value, onChange }: Pick<ControlProps, 'id' | 'value' | 'onChange'>) {
  return (
    <TextField
      id={id}
      value={typeof value === 'number' ? bitsText(value) : ''}
      placeholder="as activation_bits"
      onChange={(text) => onChange(text === '' ? null : (parseBits(text) ?? value))}
    />
  );
}

function BitsField({ id, value, onChange }: { id: string; value: number; onChange: (value: number) => void }) {
  const [text, setText] = useState(bitsText(value));
  useEffect(() => setText(bitsText(value)), [value]);
  const parsed = parseBits(text);
  const commit = (): void => {
    if (parsed === null) setText(bitsText(value));
    else {
      setText(bitsText(parsed));
      if (parsed !== value) onChange(parsed);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey) return;
    if (event.key === 'Enter') commit();
    else if (event.key === 'Escape') setText(bitsText(value));
    else if (event.key === 'ArrowUp' || event.key === 'ArrowDown') {
      const width = Math.abs(value) + (event.key === 'ArrowUp' ? 1 : -1);
      const next = parseBits(String(value < 0 ? -width : width));
      if (next !== null) onChange(next);
      event.preventDefault();
    }
  };
  return (
    <input
      id={id}
      className="field bits"
      aria-invalid={parsed === null}
      title={parsed === null ? 'Write int8, uint8, -8 (signed) or 8 (unsigned)' : undefined}
      spellCheck={false}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={commit}
      onKeyDown={onKeyDown}
    />
  );
}
