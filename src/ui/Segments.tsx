interface SegmentsProps {
  readonly id: string;
  readonly label: string;
  readonly choices: readonly string[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}

/** One of a few words, all of them in sight; the arrow keys walk through them as in any group of radio buttons. */
export function Segments({ id, label, choices, value, onChange }: SegmentsProps) {
  return (
    <fieldset className="segments" id={id} aria-label={label}>
      {choices.map((word) => (
        <label key={word} className={word === value ? 'segment on' : 'segment'}>
          <input type="radio" name={id} value={word} checked={word === value} onChange={() => onChange(word)} />
          {word}
        </label>
      ))}
    </fieldset>
  );
}
