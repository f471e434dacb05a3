import { useId } from 'react';
import type { DataSummary, LabelRule } from '../../worker/protocol.ts';
import { labelByTable, relabel } from '../actions/data.ts';
import { pickFiles } from '../files/dropped.ts';
import { TextField } from '../pipeline/TextField.tsx';
import { useData } from '../state/data.ts';
import { useRun } from '../state/run.ts';

const WORDS = {
  auto: 'automatic',
  folders: 'class folders',
  imagenet: 'WNID, sorted',
  darknet: 'WNID, darknet’s order',
  carried: 'in the data',
  none: 'none',
} as const;
const OTHER_TABLE = 'CSV file…';
const TABLE = /\.(csv|tsv|txt)$/i;

/** Where labels come from and from what number they count; a change opens the set again. */
export function LabelFields({ labels }: { labels: DataSummary['labels'] }) {
  const asked = useData((state) => state.labels);
  const sources = useData((state) => state.sources);
  const busy = useRun((state) => state.job !== null);
  const [ruleId, offsetId] = [useId(), useId()];
  const tables = sources.filter((file) => TABLE.test(file.name)).map((file) => file.path ?? file.name);
  const value = wordOf(asked.labels ?? { kind: 'auto' });

  const choose = async (word: string): Promise<void> => {
    if (word !== OTHER_TABLE) return relabel({ labels: ruleOf(word) });
    const [file] = await pickFiles('files');
    if (file !== undefined) await labelByTable(file);
  };
  return (
    <div className="data-form">
      <label htmlFor={ruleId}>Labels</label>
      <span className="data-field">
        <select id={ruleId} className="field" value={value} disabled={busy} onChange={(event) => void choose(event.target.value)}>
          {[...Object.values(WORDS), ...tables].map((word) => (
            <option key={word}>{word}</option>
          ))}
          {value !== 'automatic' && !Object.values(WORDS).some((word) => word === value) && !tables.includes(value) && (
            <option>{value}</option>
          )}
          <option>{OTHER_TABLE}</option>
        </select>
        {asked.labels === undefined && <span className="muted">{labels === null ? 'found none' : `found ${wordOf(labels.rule)}`}</span>}
      </span>
      {labels !== null && (
        <>
          <label htmlFor={offsetId}>Offset</label>
          <span className="data-field">
            <OffsetField id={offsetId} asked={asked.labelOffset ?? 'auto'} />
            <span className="muted">{asked.labelOffset === undefined && `found ${signed(labels.offset)}`}</span>
          </span>
        </>
      )}
    </div>
  );
}

function OffsetField({ id, asked }: { id: string; asked: number | 'auto' }) {
  const take = (text: string): void => {
    const offset = Number(text.replace('−', '-'));
    if (text === '' || text === 'auto') void relabel({ labelOffset: 'auto' });
    else if (Number.isInteger(offset)) void relabel({ labelOffset: offset });
  };
  return (
    <span className="data-number">
      <TextField id={id} value={asked === 'auto' ? '' : String(asked)} placeholder="auto" onChange={take} />
    </span>
  );
}

function wordOf(rule: LabelRule): string {
  if (rule.kind === 'csv') return rule.file;
  return rule.kind === 'wnid' ? WORDS[rule.order] : WORDS[rule.kind];
}

function ruleOf(word: string): LabelRule {
  switch (word) {
    case WORDS.auto:
      return { kind: 'auto' };
    case WORDS.none:
      return { kind: 'none' };
    case WORDS.carried:
      return { kind: 'carried' };
    case WORDS.folders:
      return { kind: 'folders' };
    case WORDS.imagenet:
      return { kind: 'wnid', order: 'imagenet' };
    case WORDS.darknet:
      return { kind: 'wnid', order: 'darknet' };
    default:
      return { kind: 'csv', file: word };
  }
}

function signed(value: number): string {
  if (value === 0) return '0';
  return value < 0 ? `−${-value}` : `+${value}`;
}
