import { useId, useState } from 'react';
import { useCommand } from '../commands/useCommand.ts';
import { pickFiles } from '../files/dropped.ts';
import { plural } from '../format/numbers.ts';
import { TextField } from '../pipeline/TextField.tsx';
import { type Comparison, type NetworkChoice, useData } from '../state/data.ts';
import { useRun } from '../state/run.ts';

/** Which networks, on how many of the images. */
export function CompareForm() {
  const compare = useData((state) => state.compare);
  const count = useData((state) => state.summary?.count ?? 0);
  const last = useRun((state) => state.stages.at(-1)?.stage ?? 0);
  const evaluate = useCommand('evaluate');
  const limitId = useId();
  const set = (change: Partial<Comparison>): void => useData.setState({ compare: { ...compare, ...change } });
  const limit = (text: string): void => {
    const wanted = Number(text.replaceAll(',', ''));
    if (text === '' || wanted >= count) set({ limit: null });
    else if (Number.isInteger(wanted) && wanted > 0) set({ limit: wanted });
  };
  return (
    <div className="data-compare">
      <NetworkSelect label="Compare" choice={compare.first ?? { kind: 'stage', stage: 0 }} onChange={(first) => set({ first })} />
      <NetworkSelect
        label="with"
        choice={compare.second ?? (last > 0 ? { kind: 'stage', stage: last } : 'none')}
        onChange={(second) => set({ second })}
        onNone={() => set({ second: 'none' })}
      />
      <label htmlFor={limitId}>on</label>
      <span className="data-number">
        <TextField id={limitId} value={compare.limit === null ? '' : String(compare.limit)} placeholder="all" onChange={limit} />
      </span>
      <span className="muted">of {plural(count, 'image')}</span>
      <button type="button" className="button small primary" disabled={!evaluate.enabled} onClick={evaluate.run}>
        Evaluate
      </button>
    </div>
  );
}

interface SelectProps {
  readonly label: string;
  readonly choice: NetworkChoice | 'none';
  readonly onChange: (choice: NetworkChoice) => void;
  /** Where the network may be left out. */
  readonly onNone?: () => void;
}

/** A stage of the document, or another file. */
function NetworkSelect({ label, choice, onChange, onNone }: SelectProps) {
  const id = useId();
  const stages = useRun((state) => state.stages);
  const [others, setOthers] = useState<readonly Extract<NetworkChoice, { kind: 'files' }>[]>([]);
  const files = choice !== 'none' && choice.kind === 'files' && !others.includes(choice) ? [...others, choice] : others;
  const last = stages.at(-1)?.stage ?? 0;
  const value =
    choice === 'none' ? 'none' : choice.kind === 'stage' ? `stage ${Math.min(choice.stage, last)}` : `file ${files.indexOf(choice)}`;
  const choose = async (chosen: string): Promise<void> => {
    if (chosen === 'none') return onNone?.();
    if (chosen === 'other') {
      const picked = await pickFiles('files');
      const graph = picked.find(({ name }) => /\.(pb|pbtxt|meta|graphdef|zip)$/i.test(name)) ?? picked[0];
      if (graph === undefined) return;
      const other = { kind: 'files', title: graph.name, files: picked } as const;
      setOthers([...files, other]);
      return onChange(other);
    }
    const [kind, number] = chosen.split(' ');
    const other = files[Number(number)];
    if (kind === 'stage') onChange({ kind: 'stage', stage: Number(number) });
    else if (other !== undefined) onChange(other);
  };
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <select id={id} className="field" value={value} onChange={(event) => void choose(event.target.value)}>
        {onNone !== undefined && <option value="none">nothing</option>}
        {stages.map((stage) => (
          <option key={stage.stage} value={`stage ${stage.stage}`}>
            {stage.title}
          </option>
        ))}
        {files.map(({ title }, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the place in the list is what the value names
          <option key={index} value={`file ${index}`}>
            {title}
          </option>
        ))}
        <option value="other">another file…</option>
      </select>
    </>
  );
}
