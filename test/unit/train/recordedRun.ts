import { type AdamStep, adamStep, startOfAdam } from '../../../worker/train/adam.ts';
import { type Freezing, freezingAfter, nothingFrozen } from '../../../worker/train/freezing.ts';
import { staircase } from '../../../worker/train/schedule.ts';

/** What test/interop/trainingAgainstTensorflow.py writes. */
export interface RecordedRun {
  readonly settings: {
    readonly steps: number;
    readonly start: number;
    readonly interval: number;
    readonly rate: number;
    readonly decay: number;
    readonly decaySteps: number;
    readonly average: number;
    readonly adam: { readonly beta1: number; readonly beta2: number; readonly epsilon: number };
    readonly weightRate: number;
    readonly places: readonly number[];
    readonly steepness: readonly number[];
    readonly starts: readonly number[];
    readonly weights: number;
  };
  /** Step, number of the threshold. */
  readonly frozen: readonly (readonly number[])[];
  readonly record: readonly {
    readonly step: number;
    readonly rate: number;
    readonly thresholds: readonly number[];
    readonly averages: readonly number[];
    readonly weights: readonly number[];
  }[];
}

/** The same run in TypeScript: gradients are the script's, everything else is the engine's. */
export function rerun({ settings }: RecordedRun): Pick<RecordedRun, 'frozen' | 'record'> {
  const { adam, starts, places, steepness } = settings;
  const noise = noiseOf(2019);
  const names = starts.map((_, i) => `threshold_${i}`);
  let thresholds: AdamStep = {
    values: new Map(names.map((name, i) => [name, { shape: [], values: Float32Array.of(starts[i] ?? 0) }])),
    state: startOfAdam(adam),
  };
  const line = Float32Array.from({ length: settings.weights }, (_, i) => -1 + (2 * i) / (settings.weights - 1));
  let weights: AdamStep = { values: new Map([['weights', { shape: [settings.weights], values: line }]]), state: startOfAdam(adam) };
  let freezing: Freezing = nothingFrozen;
  const frozen: number[][] = [];
  const record: RecordedRun['record'][number][] = [];
  const log2 = () => new Map([...thresholds.values].map(([name, { values }]) => [name, values[0] ?? Number.NaN]));
  for (let step = 0; step < settings.steps; step++) {
    const gradients = new Map(
      [...log2()].map(([name, value], i) => {
        const push = (noise() + 1) / 1024;
        return [name, value > (places[i] ?? 0) ? push : -push * (steepness[i] ?? 0)] as const;
      }),
    );
    const rate = staircase(settings.rate, settings.decay, settings.decaySteps, step);
    const trained = [...gradients].filter(([name]) => !freezing.frozen.includes(name));
    thresholds = adamStep(thresholds, new Map(trained.map(([name, value]) => [name, Float32Array.of(value)])), rate, adam);
    const pull = Float32Array.from({ length: settings.weights }, () => (noise() - 128) / 4096);
    weights = adamStep(weights, new Map([['weights', pull]]), settings.weightRate, adam);
    const { start, interval, average: averageDecay } = settings;
    const before = freezing.frozen.length;
    freezing = freezingAfter(freezing, step + 1, log2(), gradients, { start, interval, hardAt: null, averageDecay });
    for (const name of freezing.frozen.slice(before)) frozen.push([step + 1, names.indexOf(name)]);
    if (step < 3 || (step + 1) % 40 === 0) {
      record.push({
        step: step + 1,
        rate,
        thresholds: [...log2().values()],
        averages: names.map((name) => freezing.averages.means.get(name) ?? Number.NaN),
        weights: [...(weights.values.get('weights')?.values ?? [])],
      });
    }
  }
  return { frozen, record };
}

/** The largest difference of two runs, in units of float32's last place at 1. */
export function farthest(a: readonly number[], b: readonly number[]): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] ?? Number.NaN)) / Math.max(1, Math.abs(value)) / 2 ** -23), 0);
}

function noiseOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  };
}
