import type { ChangedImage } from '../../worker/protocol.ts';

export const CHANGES = ['all', 'got worse', 'got better', 'other'] as const;
export type Change = (typeof CHANGES)[number];

/** Whether the second network lost a right answer, found one, or gives another wrong one (or there is no label to tell). */
export function changeOf({ label, answers: [first, second] }: ChangedImage): Exclude<Change, 'all'> {
  if (label === null) return 'other';
  if (first.index === label) return 'got worse';
  return second.index === label ? 'got better' : 'other';
}

/** Those of one kind whose name holds every word of `filter`; how many of each kind there are. */
export function changedRows(changed: readonly ChangedImage[], kind: Change, filter: string): readonly ChangedImage[] {
  const words = filter
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return changed.filter(
    (image) => (kind === 'all' || changeOf(image) === kind) && words.every((word) => image.name.toLowerCase().includes(word)),
  );
}

export function countChanges(changed: readonly ChangedImage[]): Readonly<Record<Change, number>> {
  const counts = { all: changed.length, 'got worse': 0, 'got better': 0, other: 0 };
  for (const image of changed) counts[changeOf(image)] += 1;
  return counts;
}
