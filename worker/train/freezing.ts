import { type MovingMeans, movedMeans, noMeans } from './movingMeans.ts';

/** When thresholds are frozen, in steps. */
export interface FreezingSchedule {
  /** Gradients count from the step after this one on. */
  readonly start: number;
  /** From then on, one threshold at most is frozen every so many steps. */
  readonly interval: number;
  /** After so many steps all thresholds are frozen at once; null: never. */
  readonly hardAt: number | null;
  /** Decay of the moving mean of each threshold. */
  readonly averageDecay: number;
}

/** Which thresholds are frozen, and what the next choice needs to know. Thresholds are log2 t by variable, those that quantizers share once. */
export interface Freezing {
  /** In the order in which they were frozen. */
  readonly frozen: readonly string[];
  readonly averages: MovingMeans;
  /** Sums of the gradients since the last choice. */
  readonly gradients: ReadonlyMap<string, number>;
}

export const nothingFrozen: Freezing = { frozen: [], averages: noMeans, gradients: new Map() };

/**
 * The freezing rule of the published script (facts 8.1), after a step. At every `interval`-th step after `start`: thresholds by ascending
 * |mean gradient| since the last choice; the first one not frozen yet whose integer bin is that of its moving mean, ceil(log2 t) =
 * ceil(mean), is frozen. It has settled, and sits in the bin that it visits more. With N thresholds freezing takes at least N intervals;
 * `hardAt` ends it at once, and what a person releases after that is trained on.
 *
 * @param step steps done, this one included
 * @param log2 thresholds after the step, in the order of the graph's trainable variables: the first of equal gradients is taken
 * @param gradients derivatives of the cross-entropy by log2 t, of this step
 */
export function freezingAfter(
  before: Freezing,
  step: number,
  log2: ReadonlyMap<string, number>,
  gradients: ReadonlyMap<string, number>,
  { start, interval, hardAt, averageDecay }: FreezingSchedule,
): Freezing {
  const averages = movedMeans(before.averages, log2, averageDecay, step - 1);
  if (hardAt !== null && step === hardAt) {
    const taken = new Set(before.frozen);
    return { frozen: [...before.frozen, ...[...log2.keys()].filter((name) => !taken.has(name))], averages, gradients: new Map() };
  }
  if (step <= start) return { ...before, averages };
  const sums = new Map([...log2.keys()].map((name) => [name, (before.gradients.get(name) ?? 0) + (gradients.get(name) ?? 0)]));
  if (step % interval !== 0) return { ...before, averages, gradients: sums };
  const chosen = choice(before.frozen, log2, averages.means, sums);
  return { frozen: chosen === undefined ? before.frozen : [...before.frozen, chosen], averages, gradients: new Map() };
}

/** A person freezes a threshold: it keeps the value that it has. */
export function froze(before: Freezing, name: string): Freezing {
  return before.frozen.includes(name) ? before : { ...before, frozen: [...before.frozen, name] };
}

/** A person releases a threshold: it is trained again, until the rule freezes it. */
export function released(before: Freezing, name: string): Freezing {
  return { ...before, frozen: before.frozen.filter((other) => other !== name) };
}

function choice(
  frozen: readonly string[],
  log2: ReadonlyMap<string, number>,
  means: ReadonlyMap<string, number>,
  sums: ReadonlyMap<string, number>,
): string | undefined {
  const taken = new Set(frozen);
  const push = (name: string) => Math.abs(sums.get(name) ?? 0);
  return [...log2.keys()]
    .filter((name) => !taken.has(name))
    .sort((a, b) => push(a) - push(b))
    .find((name) => Math.ceil(log2.get(name) ?? Number.NaN) === Math.ceil(means.get(name) ?? Number.NaN));
}
