import type { TrainingView, TrainReport } from '../../worker/protocol.ts';

/** A threshold that is trained, as list, chart, histogram and canvas show it. Thresholds are log2 t. */
export interface ThresholdRow {
  readonly variable: string;
  readonly quantizers: readonly string[];
  readonly bits: number;
  /** null: not told. */
  readonly signed: boolean | null;
  readonly start: number;
  readonly now: number;
  /** Change of ceil(log2 t): positive for range, negative for precision. */
  readonly deviation: number;
  readonly frozenAt: number | null;
}

/** Change of ceil(log2 t); a threshold that stays in its bin has none. */
export function deviationOf(start: number, now: number): number {
  // Of −0.2 the ceiling is −0.
  return Math.ceil(now) - Math.ceil(start) + 0;
}

/** The thresholds of a run as they stand, in its order. */
export function rowsOfRun({ setup, thresholds, frozen, bits }: TrainingView): readonly ThresholdRow[] {
  const frozenAt = new Map(frozen.map(({ variable, step }) => [variable, step]));
  return setup.thresholds.map(({ variable, quantizers, bits: before, signed, start }, index) => {
    const now = thresholds[index] ?? start;
    const changed = quantizers.map((name) => bits[name]).find((width) => width !== undefined);
    return {
      variable,
      quantizers,
      bits: changed === undefined ? before : Math.abs(changed),
      signed,
      start,
      now,
      deviation: deviationOf(start, now),
      frozenAt: frozenAt.get(variable) ?? null,
    };
  });
}

/** The thresholds of a run that has ended: those of its best state. A report does not tell their sign: `signedOf` does. */
export function rowsOfReport({ thresholds }: TrainReport, signedOf: (variable: string) => boolean | undefined): readonly ThresholdRow[] {
  return thresholds.map(({ variable, quantizers, bits, before, after, deviation, frozenAt }) => ({
    variable,
    quantizers,
    bits: Math.abs(bits),
    signed: signedOf(variable) ?? null,
    start: before,
    now: after,
    deviation,
    frozenAt,
  }));
}

export type RowColumn = 'name' | 'bits' | 'start' | 'now' | 'movement' | 'deviation' | 'frozen';

export interface RowSorting {
  readonly column: RowColumn;
  readonly descending: boolean;
}

const KEYS: Readonly<Record<RowColumn, (row: ThresholdRow) => number | string>> = {
  name: (row) => row.quantizers[0] ?? row.variable,
  bits: (row) => row.bits,
  start: (row) => row.start,
  now: (row) => row.now,
  movement: (row) => Math.abs(row.now - row.start),
  deviation: (row) => row.deviation,
  // What is not frozen comes behind everything that is.
  frozen: (row) => row.frozenAt ?? Number.POSITIVE_INFINITY,
};

/** Places in `rows`, sorted; equal ones in the run's order. */
export function sortedRows(rows: readonly ThresholdRow[], { column, descending }: RowSorting): readonly number[] {
  const key = KEYS[column];
  const direction = descending ? -1 : 1;
  return rows
    .map((row, place) => ({ place, key: key(row) }))
    .sort((a, b) => {
      if (typeof a.key === 'string' || typeof b.key === 'string')
        return direction * String(a.key).localeCompare(String(b.key), 'en', { numeric: true }) || a.place - b.place;
      return a.key === b.key ? a.place - b.place : direction * (a.key - b.key);
    })
    .map(({ place }) => place);
}

/** How many thresholds moved by how many bins, from the lowest to the highest and at least from −2 to 2. */
export function histogramOf(rows: readonly ThresholdRow[]): readonly { readonly deviation: number; readonly count: number }[] {
  const counts = new Map<number, number>();
  for (const { deviation } of rows) counts.set(deviation, (counts.get(deviation) ?? 0) + 1);
  const low = Math.min(-2, ...counts.keys());
  const high = Math.max(2, ...counts.keys());
  return Array.from({ length: high - low + 1 }, (_, index) => ({ deviation: low + index, count: counts.get(low + index) ?? 0 }));
}
