import type { ClassScore } from '../protocol.ts';

/** Hits per class, as they come. */
export class ClassCounts {
  readonly #counts = new Map<number, { count: number; top1: number; top5: number }>();

  /** @param rank how many elements stand before the label's; −1: the output is not finite */
  add(label: number, rank: number, within: number): void {
    const counts = this.#counts.get(label) ?? { count: 0, top1: 0, top5: 0 };
    counts.count += 1;
    if (rank === 0) counts.top1 += 1;
    if (rank >= 0 && rank < within) counts.top5 += 1;
    this.#counts.set(label, counts);
  }

  /** Classes that occur, by label. */
  scores(): ClassScore[] {
    return [...this.#counts].sort(([a], [b]) => a - b).map(([label, counts]) => ({ label, ...counts }));
  }

  /** All classes together. */
  total(): Omit<ClassScore, 'label'> {
    const sum = { count: 0, top1: 0, top5: 0 };
    for (const { count, top1, top5 } of this.#counts.values()) {
      sum.count += count;
      sum.top1 += top1;
      sum.top5 += top5;
    }
    return sum;
  }
}
