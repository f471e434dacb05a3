import type { TrainingRecord, TrainingView } from '../../worker/protocol.ts';

/** Values of several lines over the same steps, as the charts take them; null: no value there. */
export type Columns = readonly [steps: readonly number[], ...lines: readonly (readonly (number | null)[])[]];

/** A line of thresholds needs no more points than this. */
const CHART_POINTS = 300;
/** The moving mean of the loss takes in about so large a part of what is shown. */
const SMOOTHED_PART = 20;

/** The loss of each step and its moving mean. */
export function lossColumns(records: readonly TrainingRecord[]): Columns {
  const keep = 1 - 1 / Math.max(1, Math.min(50, records.length / SMOOTHED_PART));
  let mean = 0;
  let weight = 0;
  const means = records.map(({ loss }) => {
    mean = keep * mean + (1 - keep) * loss;
    weight = keep * weight + (1 - keep);
    return mean / weight;
  });
  return [records.map(({ step }) => step), records.map(({ loss }) => loss), means];
}

/** Learning rates of weights and thresholds. A rate of 0 is none: a log axis has no place for it. */
export function rateColumns(records: readonly TrainingRecord[]): Columns {
  const positive = (value: number): number | null => (value > 0 ? value : null);
  return [
    records.map(({ step }) => step),
    records.map(({ weightRate }) => positive(weightRate)),
    records.map(({ thresholdRate }) => positive(thresholdRate)),
  ];
}

/** Scores of the validations in percent, and that of the float network over the whole run. */
export function scoreColumns({ setup, validations }: Pick<TrainingView, 'setup' | 'validations'>): Columns {
  const known = new Map(validations.map(({ step, score }) => [step, 100 * score]));
  const steps = [...new Set([0, ...known.keys(), setup.steps])].sort((a, b) => a - b);
  return [steps, steps.map((step) => known.get(step) ?? null), steps.map(() => 100 * setup.floatScore)];
}

/** log2 t of every threshold from the start on, each up to the step at which it was frozen. */
export function thresholdColumns({ setup, records, frozen }: Pick<TrainingView, 'setup' | 'records' | 'frozen'>): Columns {
  const stride = Math.max(1, Math.ceil(records.length / CHART_POINTS));
  const kept = records.filter((_, index) => index % stride === stride - 1 || index === records.length - 1);
  const frozenAt = new Map(frozen.map(({ variable, step }) => [variable, step]));
  const lines = setup.thresholds.map(({ variable, start }, index) => {
    const end = frozenAt.get(variable) ?? Number.POSITIVE_INFINITY;
    let over = false;
    return [
      start,
      ...kept.map(({ step, thresholds }) => {
        if (over) return null;
        // The first point behind the end has the value that it was frozen at.
        over = step >= end;
        return thresholds[index] ?? null;
      }),
    ];
  });
  return [[0, ...kept.map(({ step }) => step)], ...lines];
}

/** Where a line that ended has its dot: the last place with a value. */
export function lastPlace(line: readonly (number | null)[]): number {
  let place = line.length - 1;
  while (place > 0 && line[place] === null) place--;
  return place;
}
