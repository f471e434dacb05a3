import type { TrainingPhase } from './train.ts';

/** The one seed behind the sample's pictures and weights. */
export const SEED = 2019;

/** Pictures whose statistics calibrate the sample, and labelled pictures that its accuracy is measured on. */
export const CALIBRATION_COUNT = 50;
export const TEST_COUNT = 5000;
/** The first of the test pictures are kept as files. */
export const LABELLED_COUNT = 100;

/**
 * How the weights come about: each phase goes on from the weights of the one before. Two cosines with a warm restart between them, as one long one would
 * take all its time again for every change of its length.
 */
export const PLAN: readonly TrainingPhase[] = [
  { seed: SEED, firstPicture: 0, steps: 3000, batch: 50, rate: 0.006, statisticsBatches: 40 },
  { seed: SEED, firstPicture: 152_000, steps: 2500, batch: 50, rate: 0.004, statisticsBatches: 40 },
];

/** Pictures of the training split from here on were not trained on. */
export const UNSEEN_PICTURE = 300_000;
