import type { TrainingPlan } from './train.ts';

/** The one seed behind the sample's pictures and weights. */
export const SEED = 2019;

/** Pictures whose statistics calibrate the sample, and labelled pictures that its accuracy is measured on. */
export const CALIBRATION_COUNT = 50;
export const TEST_COUNT = 5000;

export const PLAN: TrainingPlan = { seed: SEED, steps: 3000, batch: 50, rate: 0.006, statisticsBatches: 40 };
