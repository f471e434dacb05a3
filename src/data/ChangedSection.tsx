import { useMemo, useRef, useState } from 'react';
import type { Answer, ChangedImage, Evaluation } from '../../worker/protocol.ts';
import { count, real } from '../format/numbers.ts';
import { Segments } from '../ui/Segments.tsx';
import { Spacer } from '../ui/Spacer.tsx';
import { useRowWindow } from '../ui/VirtualRows.tsx';
import { CHANGES, type Change, changedRows, changeOf, countChanges } from './changedRows.ts';
import { WithEvaluation } from './NotEvaluated.tsx';
import { Picture, useThumbnail } from './Picture.tsx';
import { className } from './sentences.ts';

const ROW_HEIGHT = 37;
const COLUMNS = 6;

/** Images on which the two networks answer differently. */
export function ChangedSection() {
  return (
    <WithEvaluation>
      {(evaluation) =>
        evaluation.comparison === null ? (
          <p className="bottom-hint muted">One network was evaluated. Choose a second one under Accuracy to see what changes.</p>
        ) : (
          <ChangedTable evaluation={evaluation} changed={evaluation.comparison.changed} />
        )
      }
    </WithEvaluation>
  );
}

function ChangedTable({ evaluation, changed }: { evaluation: Evaluation; changed: readonly ChangedImage[] }) {
  const scroller = useRef<HTMLElement>(null);
  const [kind, setKind] = useState<Change>('all');
  const [filter, setFilter] = useState('');
  const counts = useMemo(() => countChanges(changed), [changed]);
  const rows = useMemo(() => changedRows(changed, kind, filter), [changed, kind, filter]);
  const range = useRowWindow(scroller, rows.length, ROW_HEIGHT);
  const [first, second] = evaluation.networks;
  const words = CHANGES.map((change) => `${change} ${count(counts[change])}`);
  return (
    <div className="data-split">
      <div className="data-bar">
        <Segments
          id="data-changed"
          label="Which changes"
          choices={words}
          value={words[CHANGES.indexOf(kind)] ?? ''}
          onChange={(word) => setKind(CHANGES[words.indexOf(word)] ?? 'all')}
        />
        <input
          type="search"
          className="field"
          aria-label="Filter images by name"
          placeholder="Filter…"
          spellCheck={false}
          value={filter}
          onChange={(event) => setFilter(event.target.value)}
        />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="table-scroll" ref={scroller} tabIndex={0} aria-label="Images that changed their answer">
        <table className="thresholds data-table changed" aria-rowcount={rows.length + 1}>
          <colgroup>
            <col style={{ width: '52px' }} />
            <col />
            <col style={{ width: '15%' }} />
            <col style={{ width: '20%' }} />
            <col style={{ width: '20%' }} />
            <col style={{ width: '96px' }} />
          </colgroup>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Picture</span>
              </th>
              {['Image', 'Label', first?.title, second?.title, 'Change'].map((title, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two networks may bear the same title
                <th key={index} scope="col" className="plain">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {range.above > 0 && <Spacer columns={COLUMNS} height={range.above} />}
            {rows.slice(range.first, range.last).map((row, index) => (
              <Row key={row.image} row={row} names={evaluation.classNames} index={range.first + index + 2} />
            ))}
            {range.below > 0 && <Spacer columns={COLUMNS} height={range.below} />}
          </tbody>
        </table>
        {rows.length === 0 && (
          <p className="bottom-hint muted">
            {changed.length === 0 ? 'Both networks answer the same on every image.' : 'No image is like that.'}
          </p>
        )}
      </section>
    </div>
  );
}

function Row({ row, names, index }: { row: ChangedImage; names: readonly string[]; index: number }) {
  const seen = useThumbnail(row.image);
  const [first, second] = row.answers;
  const change = changeOf(row);
  return (
    <tr aria-rowindex={index}>
      <td>
        <Picture seen={seen} size={32} />
      </td>
      <td className="mono" title={row.name}>
        {row.name}
      </td>
      <td>{row.label === null ? '' : className(names, row.label)}</td>
      <AnswerCell answer={first} names={names} right={first.index === row.label} />
      <AnswerCell answer={second} names={names} right={second.index === row.label} />
      <td className={change === 'got worse' ? 'warn' : change === 'got better' ? 'ok' : 'muted'}>{change}</td>
    </tr>
  );
}

/** A network's answer, its value and by how much it leads. */
function AnswerCell({ answer, names, right }: { answer: Answer; names: readonly string[]; right: boolean }) {
  const margin = Number.isFinite(answer.margin) ? `, ahead by ${real(answer.margin, 4)}` : '';
  return (
    <td>
      <span className="answer">
        <span className={right ? 'clip ok' : 'clip'}>{className(names, answer.index)}</span>
        {answer.index >= 0 && (
          <span className="muted">
            {real(answer.value, 4)}
            {margin}
          </span>
        )}
      </span>
    </td>
  );
}
