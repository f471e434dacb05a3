import { ArrowDown, ArrowUp, Download, Info } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { QuantizerRow } from '../../worker/protocol.ts';
import { useCommand } from '../commands/useCommand.ts';
import { count } from '../format/numbers.ts';
import { useRun } from '../state/run.ts';
import { hoverGroup, membersOf, showNode, useSelection } from '../state/selection.ts';
import { setView } from '../state/view.ts';
import { PathText } from '../ui/PathText.tsx';
import { BitsTag } from '../ui/Tag.tsx';
import { useRowWindow } from '../ui/VirtualRows.tsx';
import { BitsOfShown } from './BitsOfShown.tsx';
import { arranged, COLUMNS, type ColumnId, type Sorting } from './columns.ts';

const ROW_HEIGHT = 23;
const NO_ROWS: readonly QuantizerRow[] = [];

export function ThresholdTools({ filter, onFilter }: { filter: string; onFilter: (filter: string) => void }) {
  const rows = useRun((state) => state.quantizers?.rows ?? NO_ROWS);
  const save = useCommand('save-thresholds');
  if (rows.length === 0) return null;
  const shown = arranged(rows, filter, null);
  return (
    <div className="bottom-tools">
      <span className="muted">
        {count(shown.length)} of {count(rows.length)}
      </span>
      {filter !== '' && <BitsOfShown rows={shown} />}
      <input
        type="search"
        className="field"
        aria-label="Filter thresholds"
        placeholder="Filter…"
        spellCheck={false}
        value={filter}
        onChange={(event) => onFilter(event.target.value)}
      />
      <button type="button" className="button ghost small" onClick={save.run}>
        <Download aria-hidden />
        CSV
      </button>
    </div>
  );
}

/** Every quantizer of the stage on screen. A row leads to the graph; what is selected there is marked here. */
export function Thresholds({ filter }: { filter: string }) {
  const rows = useRun((state) => state.quantizers?.rows ?? NO_ROWS);
  const node = useSelection((state) => state.node);
  const quantizer = useSelection((state) => state.quantizer);
  const members = useSelection((state) => membersOf(state.box));
  const [sorting, setSorting] = useState<Sorting | null>(null);
  const scroller = useRef<HTMLElement>(null);
  const shown = useMemo(() => arranged(rows, filter, sorting), [rows, filter, sorting]);
  const range = useRowWindow(scroller, shown.length, ROW_HEIGHT);
  const marked = (row: QuantizerRow): boolean =>
    quantizer === null
      ? row.source === node || row.node === node || members.includes(row.source) || members.includes(row.node)
      : row.name === quantizer;
  const markedIndex = shown.findIndex(marked);

  useEffect(() => {
    const element = scroller.current;
    if (element === null || markedIndex < 0) return;
    const top = markedIndex * ROW_HEIGHT;
    // Below the head, which stays; a row that is in sight is left where it is.
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * ROW_HEIGHT > element.scrollTop + element.clientHeight)
      element.scrollTop = top + 2 * ROW_HEIGHT - element.clientHeight;
  }, [markedIndex]);

  if (rows.length === 0) {
    return <p className="bottom-hint muted">No quantizers at this stage. Run a pipeline with quantize, or choose a later stage.</p>;
  }
  const choose = (row: QuantizerRow): void => {
    setView({ inspectorTab: 'histogram' });
    showNode(row.source, row.name);
  };
  const walk = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const row = shown[Math.min(Math.max((markedIndex < 0 ? -by : markedIndex) + by, 0), shown.length - 1)];
    if (by === 0 || row === undefined) return;
    event.preventDefault();
    choose(row);
  };
  const sort = (column: ColumnId): void =>
    setSorting((before) =>
      before?.column !== column ? { column, descending: false } : before.descending ? null : { column, descending: true },
    );

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="table-scroll" ref={scroller} tabIndex={0} onKeyDown={walk} aria-label="Thresholds">
      <table className="thresholds" aria-rowcount={shown.length + 1}>
        <colgroup>
          {COLUMNS.map((column) => (
            <col key={column.id} style={{ width: column.width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {COLUMNS.map((column) => {
              const on = sorting?.column === column.id;
              return (
                <th
                  key={column.id}
                  scope="col"
                  className={column.numeric ? 'right' : undefined}
                  aria-sort={on ? (sorting.descending ? 'descending' : 'ascending') : 'none'}
                >
                  <button type="button" className="sort" onClick={() => sort(column.id)}>
                    {column.title}
                    {on && (sorting.descending ? <ArrowDown aria-hidden /> : <ArrowUp aria-hidden />)}
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {range.above > 0 && (
            <tr aria-hidden>
              <td colSpan={COLUMNS.length} className="spacer" style={{ height: range.above }} />
            </tr>
          )}
          {shown.slice(range.first, range.last).map((row, index) => (
            <tr
              key={row.name}
              aria-rowindex={range.first + index + 2}
              aria-selected={marked(row)}
              className={marked(row) ? 'on' : undefined}
              onClick={() => choose(row)}
              onPointerEnter={() => hoverGroup(row.group ?? row.name)}
              onPointerLeave={() => hoverGroup(null)}
            >
              {COLUMNS.map((column) => (
                <Cell key={column.id} column={column.id} row={row} />
              ))}
            </tr>
          ))}
          {range.below > 0 && (
            <tr aria-hidden>
              <td colSpan={COLUMNS.length} className="spacer" style={{ height: range.below }} />
            </tr>
          )}
        </tbody>
      </table>
      {shown.length === 0 && <p className="bottom-hint muted">No quantizer matches “{filter}”.</p>}
    </section>
  );
}

function Cell({ column, row }: { column: ColumnId; row: QuantizerRow }) {
  const { text, numeric } = COLUMN_BY_ID[column];
  switch (column) {
    case 'bits':
      return (
        <td>
          <BitsTag bits={row.bits} signed={row.signed} />
        </td>
      );
    case 'name':
      return (
        <td title={row.name}>
          <span className="quantizer-name">
            <PathText>{row.name}</PathText>
            {row.notes.length > 0 && (
              <span className="note-mark" role="img" aria-label={`Notes: ${row.notes.join(' ')}`} title={row.notes.join('\n')}>
                <Info aria-hidden />
              </span>
            )}
          </span>
        </td>
      );
    case 'clipped':
      return <td className={row.clipped !== null && row.clipped > 0.01 ? 'right warn' : 'right'}>{text(row)}</td>;
    default:
      return <td className={numeric ? 'right' : 'muted'}>{text(row)}</td>;
  }
}

const COLUMN_BY_ID = Object.fromEntries(COLUMNS.map((column) => [column.id, column])) as Readonly<
  Record<ColumnId, (typeof COLUMNS)[number]>
>;
