import { useEffect, useId, useState } from 'react';
import type { GraphInterface } from '../../worker/protocol.ts';
import { shape as shapeText } from '../format/numbers.ts';
import { setInterface } from '../state/pipeline.ts';
import { inputShape, withShape } from './inputShapes.ts';
import { onEnterOrEscape } from './keys.ts';
import { parseShape } from './shapeText.ts';

/** The shape of the input, without the batch; of several inputs one field each, under the last part of its name. */
export function ShapeFields({ value }: { value: GraphInterface }) {
  const several = value.inputs.length > 1;
  const names = several ? value.inputs : [value.inputs[0] ?? ''];
  const unknown = names.filter((name) => inputShape(value, name) === null);
  return (
    <fieldset className="interface-row" {...(several ? { 'aria-label': 'Shapes' } : {})}>
      <span className="interface-label">{several ? 'Shapes' : 'Shape'}</span>
      <div className="interface-names">
        {names.map((name) => (
          <ShapeField
            key={name}
            label={several ? `Shape of ${name}` : 'Shape'}
            name={several ? name : null}
            value={inputShape(value, name)}
            onChange={(shape) => setInterface(withShape(value, name, shape))}
          />
        ))}
        {unknown.length > 0 && <span className="warn help">Not known from the graph: write it, like 128×128×3.</span>}
      </div>
    </fieldset>
  );
}

interface FieldProps {
  readonly label: string;
  /** Shown before the field, to tell several apart. */
  readonly name: string | null;
  readonly value: readonly number[] | null;
  readonly onChange: (shape: readonly number[] | null) => void;
}

function ShapeField({ label, name, value, onChange }: FieldProps) {
  const written = value === null ? '' : shapeText(value);
  const [text, setText] = useState(written);
  const id = useId();
  useEffect(() => setText(written), [written]);
  const parsed = parseShape(text);
  const invalid = text.trim() !== '' && parsed === null;
  const commit = (): void => {
    if (parsed !== null && shapeText(parsed) !== written) onChange(parsed);
    else if (text.trim() === '' && value !== null) onChange(null);
  };
  return (
    <>
      <span className="shape-field">
        {name !== null && (
          <span className="shape-of mono clip" title={name} aria-hidden>
            {name.slice(name.lastIndexOf('/') + 1)}
          </span>
        )}
        <input
          className="field grow"
          aria-label={label}
          aria-invalid={invalid}
          aria-describedby={`${id}-help`}
          placeholder={name === null ? 'height × width × channels' : 'h × w × c'}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onBlur={commit}
          onKeyDown={(event) => onEnterOrEscape(event, commit, () => setText(written))}
        />
      </span>
      <span id={`${id}-help`} className={invalid ? 'error help' : 'visually-hidden'}>
        {invalid ? 'Write the dimensions after the batch, like 128×128×3.' : 'Dimensions after the batch'}
      </span>
    </>
  );
}
