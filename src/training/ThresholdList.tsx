import { ArrowDown, ArrowUp } from 'lucide-react';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { count, fixed } from '../format/numbers.ts';
import { useTraining } from '../state/training.ts';
import { Spacer } from '../ui/Spacer.tsx';
import { BitsTag } from '../ui/Tag.tsx';
import { useRowWindow } from '../ui/VirtualRows.tsx';
import { NameText } from './NameText.tsx';
import { selectThreshold } from './selectThreshold.ts';
import { shortName } from './shortName.ts';
import { type RowColumn, type RowSorting, sortedRows, type ThresholdRow } from './thresholdRows.ts';
import { useCommonScope } from './useThresholdRows.ts';
import { movementText, signed } from './words.ts';

const ROW_HEIGHT = 23;
/** Rows change places at most so often in a run, or nobody could read them. */
const REORDERED = 40;

interface Column {
  readonly id: RowColumn;
  readonly title: string;
  readonly width: string;
  readonly right: boolean;
  readonly hint: string;
}

const NAME: Column = { id: 'name', title: 'Threshold', width: 'auto', right: false, hint: 'The first quantizer that reads it' };
const BITS: Column = { id: 'bits', title: 'Bits', width: '58px', right: false, hint: 'Bits of its quantizers' };
const BEFORE: Column = { id: 'start', title: 'Before', width: '60px', right: true, hint: 'log₂ t as it was calibrated' };
const REST: readonly Column[] = [
  { id: 'now', title: 'log₂ t', width: '60px', right: true, hint: 'As it stands' },
  { id: 'movement', title: 'Δ', width: '58px', right: true, hint: 'Change of log₂ t since the start; sorted by how far' },
  { id: 'deviation', title: 'd', width: '34px', right: true, hint: 'Change of ceil(log₂ t): + for range, − for precision' },
  { id: 'frozen', title: 'Frozen', width: '58px', right: true, hint: 'The step at which it was frozen' },
];
const COLUMNS: readonly Column[] = [NAME, BITS, ...REST];
const WITH_BEFORE: readonly Column[] = [NAME, BITS, BEFORE, ...REST];

interface Props {
  readonly rows: readonly ThresholdRow[];
  /** Place of the selected one; −1: none. */
  readonly selected: number;
  /** Also where each began. */
  readonly before?: boolean;
}

/** The thresholds that are trained, by how far they moved or what else is asked for. A row leads to its quantizer. */
export function ThresholdList({ rows, selected, before = false }: Props) {
  const columns = before ? WITH_BEFORE : COLUMNS;
  const [sorting, setSorting] = useState<RowSorting>({ column: 'movement', descending: true });
  const scroller = useRef<HTMLElement>(null);
  const order = useOrder(rows, sorting);
  const range = useRowWindow(scroller, order.length, ROW_HEIGHT);
  const at = order.indexOf(selected);
  const common = useCommonScope(rows);

  useEffect(() => {
    const element = scroller.current;
    if (element === null || at < 0) return;
    const top = at * ROW_HEIGHT;
    if (top < element.scrollTop) element.scrollTop = top;
    else if (top + 2 * ROW_HEIGHT > element.scrollTop + element.clientHeight)
      element.scrollTop = top + 2 * ROW_HEIGHT - element.clientHeight;
  }, [at]);

  const walk = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    const place = order[Math.min(Math.max((at < 0 ? -by : at) + by, 0), order.length - 1)];
    const row = place === undefined ? undefined : rows[place];
    if (by === 0 || row === undefined) return;
    event.preventDefault();
    selectThreshold(row);
  };
  const sort = (column: RowColumn): void =>
    setSorting((former) => ({
      column,
      descending: former.column === column ? !former.descending : column === 'movement' || column === 'deviation',
    }));

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="table-scroll" ref={scroller} tabIndex={0} onKeyDown={walk} aria-label="Trained thresholds">
      <table className="thresholds trained" aria-rowcount={order.length + 1}>
        <colgroup>
          {columns.map(({ id, width }) => (
            <col key={id} className={id} style={{ width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map(({ id, title, right, hint }) => {
              const on = sorting.column === id;
              return (
                <th
                  key={id}
                  scope="col"
                  className={right ? `right ${id}` : id}
                  aria-sort={on ? (sorting.descending ? 'descending' : 'ascending') : 'none'}
                >
                  <button type="button" className="sort" title={hint} onClick={() => sort(id)}>
                    {title}
                    {on && (sorting.descending ? <ArrowDown aria-hidden /> : <ArrowUp aria-hidden />)}
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {range.above > 0 && <Spacer columns={columns.length} height={range.above} />}
          {order.slice(range.first, range.last).map((place, index) => {
            const row = rows[place];
            return (
              row !== undefined && (
                <Row key={row.variable} row={row} index={range.first + index + 2} on={place === selected} before={before} common={common} />
              )
            );
          })}
          {range.below > 0 && <Spacer columns={columns.length} height={range.below} />}
        </tbody>
      </table>
    </section>
  );
}

function Row({ row, index, on, before, common }: { row: ThresholdRow; index: number; on: boolean; before: boolean; common: string }) {
  const { quantizers, variable, bits, start, now, deviation, frozenAt } = row;
  const name = quantizers[0] ?? variable;
  return (
    <tr aria-rowindex={index} aria-selected={on} className={on ? 'on' : undefined} onClick={() => selectThreshold(row)}>
      <td title={quantizers.join('\n')}>
        <NameText name={shortName(name, common)} />
      </td>
      <td>
        <BitsTag bits={bits} signed={row.signed ?? true} />
      </td>
      {before && <td className="right muted">{fixed(start, 3)}</td>}
      <td className="right">{fixed(now, 3)}</td>
      <td className="right">{movementText(now - start)}</td>
      <td className={deviation === 0 ? 'right muted' : 'right'}>{signed(deviation)}</td>
      <td className="right muted frozen">{frozenAt === null ? '' : count(frozenAt)}</td>
    </tr>
  );
}

/** Places of the rows in the order asked for; while a run goes on they change now and then. */
function useOrder(rows: readonly ThresholdRow[], sorting: RowSorting): readonly number[] {
  const moment = useTraining(({ run }) =>
    run === null ? '' : `${run.state} ${Math.floor((run.step * REORDERED) / Math.max(1, run.setup.steps))}`,
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: see above
  return useMemo(() => sortedRows(rows, sorting), [sorting, moment, rows.length]);
}
