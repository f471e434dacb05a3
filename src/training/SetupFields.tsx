import { useId } from 'react';
import type { TrainingOptionInfo } from '../../worker/protocol.ts';
import { real } from '../format/numbers.ts';
import { TextField } from '../pipeline/TextField.tsx';
import { useRun } from '../state/run.ts';
import { setForm, type TrainingForm, useTraining } from '../state/training.ts';
import { Segments } from '../ui/Segments.tsx';
import { Tip } from '../ui/Tip.tsx';
import { hasFixedBatchNorms } from './trainRequest.ts';
import { MODE_WORDS, PRESET_WORDS, STATISTICS_WORDS, TARGET_WORDS } from './words.ts';

/** The options that decide most. */
export function MainFields() {
  const form = useTraining((state) => state.form);
  const measurable = useRun((state) => hasFixedBatchNorms(state.stages));
  return (
    <div className="training-form">
      <ChoiceField name="mode" label="Train" words={MODE_WORDS} value={form.mode} onChange={(mode) => setForm({ mode })} />
      <ChoiceField name="targets" label="Target" words={TARGET_WORDS} value={form.targets} onChange={(targets) => setForm({ targets })} />
      <ChoiceField
        name={null}
        hint="The constants of the original's script, or their proportions scaled to the steps of this run."
        label="Schedule"
        words={PRESET_WORDS}
        value={form.preset}
        onChange={(preset) => setForm({ preset })}
      />
      <NumberField
        name="steps"
        label="Steps"
        value={form.steps}
        least={1}
        placeholder="5 epochs"
        onChange={(steps) => setForm({ steps })}
      />
      <NumberField
        name="batchSize"
        label="Batch"
        value={form.batchSize}
        least={1}
        placeholder="24"
        onChange={(batchSize) => batchSize !== null && setForm({ batchSize })}
      />
      {measurable && (
        <ChoiceField
          name="reestimateStatistics"
          label="Statistics"
          words={STATISTICS_WORDS}
          value={form.reestimateStatistics ? 'measured' : 'kept'}
          onChange={(choice) => setForm({ reestimateStatistics: choice === 'measured' })}
        />
      )}
    </div>
  );
}

/** What a run seldom needs to be told. */
export function FineFields() {
  const form = useTraining((state) => state.form);
  return (
    <div className="training-form">
      <NumberField name="seed" label="Seed" value={form.seed} least={0} placeholder="0" onChange={(seed) => setForm({ seed: seed ?? 0 })} />
      <RateField name="weightRate" label="Weight rate" value={form.weightRate} onChange={(weightRate) => setForm({ weightRate })} />
      <RateField
        name="thresholdRate"
        label="Threshold rate"
        value={form.thresholdRate}
        onChange={(thresholdRate) => setForm({ thresholdRate })}
      />
      <NumberField
        name={null}
        hint="The run is stored every so many steps, and when it is paused: a reload goes on from there."
        label="Store every"
        value={form.storeEvery}
        least={1}
        placeholder="25 steps"
        onChange={(storeEvery) => setForm({ storeEvery })}
      />
    </div>
  );
}

interface FieldProps {
  /** The option of the schema, whose words are the hint; null: it is none, and has its own. */
  readonly name: TrainingOptionInfo['name'] | null;
  readonly hint?: string;
  readonly label: string;
}

function useHint({ name, hint }: FieldProps): string {
  const summary = useTraining((state) => state.options.find((option) => option.name === name)?.summary);
  return hint ?? summary ?? '';
}

function ChoiceField<T extends string>({
  words,
  value,
  onChange,
  ...field
}: FieldProps & { words: Readonly<Record<T, string>>; value: T; onChange: (value: T) => void }) {
  const id = useId();
  const hint = useHint(field);
  const names = Object.keys(words) as T[];
  if (names.length > 2) {
    return (
      <>
        <Tip text={hint}>
          <label htmlFor={id}>{field.label}</label>
        </Tip>
        <select id={id} className="field" value={value} onChange={(event) => onChange(event.target.value as T)}>
          {names.map((name) => (
            <option key={name} value={name}>
              {words[name]}
            </option>
          ))}
        </select>
      </>
    );
  }
  return (
    <>
      <Tip text={hint}>
        <span className="form-label">{field.label}</span>
      </Tip>
      <Segments
        id={id}
        label={field.label}
        choices={names.map((name) => words[name])}
        value={words[value]}
        onChange={(word) => onChange(names.find((name) => words[name] === word) ?? value)}
      />
    </>
  );
}

/** A whole number; empty: what the placeholder says. */
export function NumberField({
  value,
  least,
  placeholder,
  onChange,
  ...field
}: FieldProps & { value: number | null; least: number; placeholder: string; onChange: (value: number | null) => void }) {
  const id = useId();
  const hint = useHint(field);
  const take = (text: string): void => {
    const number = Number(text.replaceAll(',', ''));
    if (text === '') onChange(null);
    else if (Number.isInteger(number) && number >= least) onChange(number);
  };
  return (
    <>
      <Tip text={hint}>
        <label htmlFor={id}>{field.label}</label>
      </Tip>
      <span className="data-number">
        <TextField id={id} value={value === null ? '' : String(value)} placeholder={placeholder} onChange={take} />
      </span>
    </>
  );
}

function RateField({
  value,
  onChange,
  ...field
}: FieldProps & { value: number | null; onChange: (value: TrainingForm['weightRate']) => void }) {
  const id = useId();
  const hint = useHint(field);
  const published = useTraining((state) => state.options.find((option) => option.name === field.name)?.default);
  const preset = useTraining((state) => state.form.preset);
  const take = (text: string): void => {
    const rate = Number(text);
    if (text === '') onChange(null);
    else if (rate > 0 && rate <= 1) onChange(rate);
  };
  return (
    <>
      <Tip text={hint}>
        <label htmlFor={id}>{field.label}</label>
      </Tip>
      <span className="data-number">
        <TextField
          id={id}
          value={value === null ? '' : String(value)}
          placeholder={preset === 'published' && typeof published === 'number' ? real(published, 1) : 'by schedule'}
          onChange={take}
        />
      </span>
    </>
  );
}
