import type { QuantizerRow } from '../../worker/protocol.ts';
import { fixed, powerOfTwo, real, share } from '../format/numbers.ts';

export type ColumnId = 'name' | 'kind' | 'bits' | 'log2t' | 'threshold' | 'scale' | 'clipped' | 'sqnr' | 'method' | 'shared';

interface Column {
  readonly id: ColumnId;
  readonly title: string;
  /** Share of the width, or pixels for numbers. */
  readonly width: string;
  readonly numeric: boolean;
  /** What it is sorted by; null comes last in either direction: it is not known. */
  readonly key: (row: QuantizerRow) => number | string | null;
  readonly text: (row: QuantizerRow) => string;
}

/** The thresholds table, column by column. What is not known is an empty cell and never 0. */
export const COLUMNS: readonly Column[] = [
  { id: 'name', title: 'Quantizer', width: 'auto', numeric: false, key: (row) => row.name, text: (row) => row.name },
  { id: 'kind', title: 'Kind', width: '96px', numeric: false, key: (row) => row.kind, text: (row) => row.kind },
  { id: 'bits', title: 'Bits', width: '74px', numeric: false, key: (row) => row.bits + (row.signed ? 0 : 0.5), text: () => '' },
  {
    id: 'log2t',
    title: 'log₂ t',
    width: '72px',
    numeric: true,
    key: (row) => row.log2t,
    text: (row) => known(row.log2t, (value) => fixed(value, 3)),
  },
  {
    id: 'threshold',
    title: 'Threshold',
    width: '86px',
    numeric: true,
    key: (row) => row.rawThreshold,
    text: (row) => known(row.rawThreshold, real),
  },
  { id: 'scale', title: 'Scale', width: '64px', numeric: true, key: (row) => row.exponent, text: (row) => known(row.exponent, powerOfTwo) },
  { id: 'clipped', title: 'Clipped', width: '84px', numeric: true, key: (row) => row.clipped, text: (row) => known(row.clipped, share) },
  {
    id: 'sqnr',
    title: 'SQNR dB',
    width: '80px',
    numeric: true,
    key: (row) => row.sqnrDb,
    text: (row) => known(row.sqnrDb, (value) => (Number.isFinite(value) ? fixed(value, 1) : 'exact')),
  },
  { id: 'method', title: 'Found by', width: '72px', numeric: false, key: (row) => row.method, text: (row) => row.method ?? '' },
  {
    id: 'shared',
    title: 'Shared by',
    width: '88px',
    numeric: true,
    key: (row) => row.sharedWith.length,
    text: (row) => (row.sharedWith.length === 0 ? '' : String(row.sharedWith.length + 1)),
  },
];

function known(value: number | null, text: (value: number) => string): string {
  return value === null ? '' : text(value);
}

export interface Sorting {
  readonly column: ColumnId;
  readonly descending: boolean;
}

/** Rows that match every word of `filter`, sorted; in the graph's order where `sorting` is null. */
export function arranged(rows: readonly QuantizerRow[], filter: string, sorting: Sorting | null): readonly QuantizerRow[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  const matching = words.length === 0 ? rows : rows.filter((row) => words.every((word) => searched(row).includes(word)));
  const column = COLUMNS.find(({ id }) => id === sorting?.column);
  if (sorting === null || column === undefined) return matching;
  const direction = sorting.descending ? -1 : 1;
  return matching
    .map((row) => ({ row, key: column.key(row) }))
    .sort((a, b) => {
      if (a.key === null || b.key === null) return a.key === b.key ? 0 : a.key === null ? 1 : -1;
      if (typeof a.key === 'string' || typeof b.key === 'string')
        return direction * String(a.key).localeCompare(String(b.key), 'en', { numeric: true });
      return direction * (a.key - b.key);
    })
    .map(({ row }) => row);
}

function searched(row: QuantizerRow): string {
  return `${row.name} ${row.kind} ${row.signed ? 'int' : 'uint'}${row.bits} ${row.group ?? ''}`.toLowerCase();
}
