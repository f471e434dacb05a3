import type { ConfusionCell } from '../protocol.ts';

/** Pairs of label and answer as they occur; a thousand classes have a million pairs, few of which do. */
export class ConfusionCounts {
  readonly #counts = new Map<number, number>();
  readonly #columns: number;

  constructor(classes: number) {
    this.#columns = classes + 1;
  }

  /** @param answer −1: none */
  add(label: number, answer: number): void {
    const cell = label * this.#columns + answer + 1;
    this.#counts.set(cell, (this.#counts.get(cell) ?? 0) + 1);
  }

  /** By label, then by answer. */
  cells(): ConfusionCell[] {
    return [...this.#counts]
      .sort(([a], [b]) => a - b)
      .map(([cell, count]) => ({ label: Math.floor(cell / this.#columns), answer: (cell % this.#columns) - 1, count }));
  }
}

/** The cells as rows of counts, label by label, a column per answer from −1 (none) on where that occurs, else from 0 on. */
export function confusionMatrix(
  cells: readonly ConfusionCell[],
  classes: number,
): { readonly answers: number[]; readonly rows: number[][] } {
  const first = cells.some(({ answer }) => answer < 0) ? -1 : 0;
  const answers = Array.from({ length: classes - first }, (_, k) => k + first);
  const rows = Array.from({ length: classes }, () => new Array<number>(answers.length).fill(0));
  for (const { label, answer, count } of cells) {
    const row = rows[label];
    if (row !== undefined) row[answer - first] = count;
  }
  return { answers, rows };
}
