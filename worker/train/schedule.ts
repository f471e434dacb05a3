import type { FreezingSchedule } from './freezing.ts';
import type { TrainingOptions } from './options.ts';

/** A run in steps: what its options say for a batch size and a number of images. `step` is always the number of steps done before. */
export interface Schedule {
  readonly steps: number;
  weightRate(step: number): number;
  thresholdRate(step: number): number;
  /** Batch norms use their moving statistics and leave them as they are. */
  batchNormFrozen(step: number): boolean;
  readonly freezing: FreezingSchedule;
  /** After that many steps there is a validation. */
  validatesAfter(steps: number): boolean;
}

/** The batch size that the constants of the published script are written for. */
const BATCH = 24;

/** The schedule of the published script (facts 8.1): what counts images there, counts images here, however many a step takes. */
export function scheduleOf(options: TrainingOptions, images: number): Schedule {
  const { batchSize } = options;
  const scale = BATCH / batchSize;
  const epoch = images / batchSize;
  const steps = options.steps ?? Math.max(1, Math.floor(options.epochs * epoch));
  return {
    steps,
    weightRate: (step) => staircase(options.weightRate, options.weightDecay, options.weightDecaySteps * scale, step),
    thresholdRate: (step) => staircase(options.thresholdRate, options.thresholdDecay, options.thresholdDecaySteps * scale, step),
    batchNormFrozen: (step) => options.mode === 'thresholds' || step > options.batchNormEpochs * epoch,
    freezing: {
      start: options.freezeStart * scale,
      interval: options.freezeInterval,
      hardAt: options.hardFreezeAt,
      averageDecay: options.averageDecay,
    },
    validatesAfter: (done) => (done === 0 ? options.validatesFirst : done % options.validationInterval === 0 || done === steps),
  };
}

/** TensorFlow's `exponential_decay(…, staircase=True)` in float32. */
export function staircase(rate: number, decay: number, every: number, step: number): number {
  const { fround } = Math;
  return fround(fround(rate) * fround(fround(decay) ** Math.floor(fround(fround(step) / fround(every)))));
}

/** Of the published run: images 1,281,167, 5 epochs of 53,382 steps. */
const PUBLISHED = { steps: 266_910, weightDecaySteps: 3000, weightRate: 1e-6, weightDecay: 0.94 } as const;

/**
 * Options for a run of few steps, with the proportions of the published one. There thresholds settle over ten of their staircases, of
 * which freezing waits for the first; weights take three of these to one of theirs; batch statistics are used for a fifth of the run. Here
 * the ten are the whole run, and the last threshold is frozen when nine tenths of it are over. So that weights and thresholds can go as far
 * as there, their rates grow: weights by the sum of all their steps (at most 1e-4), thresholds by four units of log2 t, between 1e-2
 * and 3e-2, where Adam still stays within one bin (facts 8.3).
 *
 * @param steps of the run
 * @param thresholds that are trained
 * @param images in an epoch
 */
export function shortRun(options: TrainingOptions, steps: number, thresholds: number, images: number): TrainingOptions {
  const { batchSize } = options;
  const stair = steps / 10;
  const scale = batchSize / BATCH;
  const distance = sumOfRates(PUBLISHED.steps, PUBLISHED.weightDecaySteps) * PUBLISHED.weightRate;
  return {
    ...options,
    steps,
    weightRate: Math.min(1e-4, Math.max(PUBLISHED.weightRate, distance / sumOfRates(steps, 3 * stair))),
    weightDecaySteps: 3 * stair * scale,
    // Ten staircases of a half: twice the first one in sum.
    thresholdRate: Math.min(3e-2, Math.max(1e-2, 4 / (2 * stair))),
    thresholdDecaySteps: stair * scale,
    freezeStart: stair * scale,
    freezeInterval: Math.max(1, Math.floor((0.8 * steps) / Math.max(1, thresholds))),
    batchNormEpochs: (steps / 5) * (batchSize / images),
    validationInterval: Math.max(1, Math.round(stair)),
  };
}

/** The sum of the factors of the weights' staircase over a run. */
function sumOfRates(steps: number, every: number): number {
  const stairs = steps / every;
  const whole = Math.floor(stairs);
  const { weightDecay: decay } = PUBLISHED;
  return every * ((1 - decay ** whole) / (1 - decay) + (stairs - whole) * decay ** whole);
}
