import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import type { Evaluation } from '../../worker/protocol.ts';
import { count, fixed } from '../format/numbers.ts';
import { Spacer } from '../ui/Spacer.tsx';
import { useRowWindow } from '../ui/VirtualRows.tsx';
import { type ClassColumn, type ClassRow, type ClassSorting, classRows, sortedClasses } from './classRows.ts';
import { WithEvaluation } from './NotEvaluated.tsx';

const ROW_HEIGHT = 23;

/** Per class, what each network has right. */
export function ClassesSection() {
  return <WithEvaluation>{(evaluation) => <ClassTable evaluation={evaluation} />}</WithEvaluation>;
}

function ClassTable({ evaluation }: { evaluation: Evaluation }) {
  const scroller = useRef<HTMLElement>(null);
  const [sorting, setSorting] = useState<ClassSorting>({ column: 'label', descending: false });
  const all = useMemo(() => classRows(evaluation), [evaluation]);
  const rows = useMemo(() => sortedClasses(all, sorting), [all, sorting]);
  const range = useRowWindow(scroller, rows.length, ROW_HEIGHT);
  const [first, second] = evaluation.networks;
  const columns: readonly (readonly [ClassColumn, string, string])[] = [
    ['label', 'Class', '72px'],
    ['name', 'Name', 'auto'],
    ['images', 'Images', '96px'],
    ['first', `${first?.title ?? ''} top-1`, '150px'],
    ...(second === undefined
      ? []
      : ([
          ['second', `${second.title} top-1`, '150px'],
          ['change', 'Change', '110px'],
        ] as const)),
  ];
  if (rows.length === 0) return <p className="bottom-hint muted">The images have no labels.</p>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <section className="table-scroll" ref={scroller} tabIndex={0} aria-label="Classes">
      <table className="thresholds data-table" aria-rowcount={rows.length + 1}>
        <colgroup>
          {columns.map(([id, , width]) => (
            <col key={id} style={{ width }} />
          ))}
        </colgroup>
        <thead>
          <tr>
            {columns.map(([id, title]) => (
              <Head key={id} id={id} title={title} sorting={sorting} onSort={setSorting} />
            ))}
          </tr>
        </thead>
        <tbody>
          {range.above > 0 && <Spacer columns={columns.length} height={range.above} />}
          {rows.slice(range.first, range.last).map((row, index) => (
            <tr key={row.label} aria-rowindex={range.first + index + 2}>
              <Cells row={row} compared={second !== undefined} />
            </tr>
          ))}
          {range.below > 0 && <Spacer columns={columns.length} height={range.below} />}
        </tbody>
      </table>
    </section>
  );
}

interface HeadProps {
  readonly id: ClassColumn;
  readonly title: string;
  readonly sorting: ClassSorting;
  readonly onSort: (sorting: ClassSorting) => void;
}

function Head({ id, title, sorting, onSort }: HeadProps) {
  const on = sorting.column === id;
  return (
    <th
      scope="col"
      className={id === 'name' ? undefined : 'right'}
      aria-sort={on ? (sorting.descending ? 'descending' : 'ascending') : 'none'}
    >
      <button type="button" className="sort" title={title} onClick={() => onSort({ column: id, descending: on && !sorting.descending })}>
        {title}
        {on && (sorting.descending ? <ArrowDown aria-hidden /> : <ArrowUp aria-hidden />)}
      </button>
    </th>
  );
}

function Cells({ row: { label, name, images, first, second, change }, compared }: { row: ClassRow; compared: boolean }) {
  return (
    <>
      <td className="right muted">{label}</td>
      <td title={name}>{name}</td>
      <td className="right">{count(images)}</td>
      <td className="right">{share(first)}</td>
      {compared && (
        <>
          <td className="right">{second === null ? '' : share(second)}</td>
          <td className={change !== null && change < 0 ? 'right warn' : 'right'}>{change === null ? '' : points(change)}</td>
        </>
      )}
    </>
  );
}

function share(value: number): string {
  return `${fixed(value * 100, 1)} %`;
}

function points(value: number): string {
  return value > 0 ? `+${fixed(value * 100, 1)}` : fixed(value * 100, 1);
}
