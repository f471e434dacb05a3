import { useEffect, useId, useState } from 'react';

const NO_SUGGESTIONS: readonly string[] = [];

export interface TextProps {
  readonly id: string;
  readonly value: string;
  readonly placeholder: string;
  readonly mono?: boolean;
  readonly suggestions?: readonly string[];
  /** What is wrong with the value, shown when pointed at. */
  readonly problem?: string | undefined;
  readonly onChange: (text: string) => void;
}

/** A line of text, taken when the field is left or by Enter; Escape brings back what was there. */
export function TextField({ id, value, placeholder, mono = false, suggestions = NO_SUGGESTIONS, problem, onChange }: TextProps) {
  const [text, setText] = useState(value);
  const [editing, setEditing] = useState(false);
  const listId = useId();
  useEffect(() => setText(value), [value]);
  const commit = (): void => {
    if (text.trim() !== value) onChange(text.trim());
  };
  return (
    <>
      <input
        id={id}
        className={mono ? 'field mono' : 'field'}
        title={problem ?? value}
        aria-invalid={problem !== undefined}
        // A field with a list reserves room for its arrow: only the one being edited has it.
        list={editing && suggestions.length > 0 ? listId : undefined}
        placeholder={placeholder}
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onFocus={() => setEditing(true)}
        onBlur={() => {
          setEditing(false);
          commit();
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
          else if (event.key === 'Escape') setText(value);
        }}
      />
      {suggestions.length > 0 && (
        <datalist id={listId}>
          {suggestions.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
      )}
    </>
  );
}
