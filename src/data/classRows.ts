import type { Evaluation } from '../../worker/protocol.ts';
import { className } from './sentences.ts';

export interface ClassRow {
  readonly label: number;
  readonly name: string;
  readonly images: number;
  /** Shares that are right; null of a network that is not there. */
  readonly first: number;
  readonly second: number | null;
  /** Second less first. */
  readonly change: number | null;
}

export type ClassColumn = 'label' | 'name' | 'images' | 'first' | 'second' | 'change';

export interface ClassSorting {
  readonly column: ClassColumn;
  readonly descending: boolean;
}

/** A row per class that occurs, in the order of the labels. */
export function classRows({ networks, classNames }: Evaluation): readonly ClassRow[] {
  const [first, second] = networks;
  const others = new Map((second?.classes ?? []).map((score) => [score.label, score]));
  return (first?.classes ?? []).map(({ label, count, top1 }) => {
    const other = others.get(label);
    const share = top1 / count;
    const second = other === undefined ? null : other.top1 / other.count;
    return {
      label,
      name: className(classNames, label),
      images: count,
      first: share,
      second,
      change: second === null ? null : second - share,
    };
  });
}

/** Sorted; classes that are equal stay in the order of their labels. */
export function sortedClasses(rows: readonly ClassRow[], { column, descending }: ClassSorting): readonly ClassRow[] {
  const direction = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [a[column], b[column]];
    if (typeof x === 'string' || typeof y === 'string') return direction * String(x).localeCompare(String(y), 'en', { numeric: true });
    return direction * ((x ?? 0) - (y ?? 0)) || a.label - b.label;
  });
}
