import { GraffitistError } from '../errors.ts';
import { z } from '../formats/schema.ts';

const count = z.number().int().positive();
const rate = z.number().positive().max(1);
const share = z.number().min(0).lt(1);

/**
 * Everything that decides a training run: command line, page and recipe read this one schema. Defaults are the constants of the published
 * script (facts 8.1). Its counts of steps are those of batches of 24 images: `scheduleOf` scales them with 24 ÷ batchSize.
 */
export const trainingOptionsSchema = z.strictObject({
  mode: z
    .enum(['tqt', 'weights', 'thresholds', 'float'])
    .default('tqt')
    .describe('What is trained: weights and thresholds, weights alone, thresholds alone, or the weights of a graph without quantizers.'),
  targets: z
    .enum(['labels', 'distillation'])
    .default('labels')
    .describe('What the outputs are held against: labels, or the outputs of the float network.'),
  seed: z.number().int().nonnegative().default(0).describe('Decides the order of the images.'),
  batchSize: count.default(24).describe('Images per step.'),
  microBatches: count.default(4).describe('Parts that a batch is cut into for the workers; the numbers depend on it, not on the workers.'),
  epochs: z.number().positive().default(5).describe('How often every image is seen, unless steps says how many steps there are.'),
  steps: count.nullable().default(null).describe('Steps of the run.'),
  weightRate: rate.default(1e-6).describe('Learning rate of the weights at the start.'),
  weightDecay: rate.default(0.94).describe('Factor on it, again and again.'),
  weightDecaySteps: z.number().positive().default(3000).describe('Steps of 24 images between two of these factors.'),
  thresholdRate: rate.default(1e-2).describe('Learning rate of the thresholds (log2 t) at the start.'),
  thresholdDecay: rate.default(0.5).describe('Factor on it, again and again.'),
  thresholdDecaySteps: z.number().positive().default(1000).describe('Steps of 24 images between two of these factors.'),
  beta1: share.default(0.9).describe("Adam's decay of the mean gradient."),
  beta2: share.default(0.999).describe("Adam's decay of the mean squared gradient."),
  epsilon: z.number().positive().default(1e-8).describe("Adam's addition to the root of that."),
  batchNormEpochs: z
    .number()
    .nonnegative()
    .default(1)
    .describe('Epochs during which batch norms use the statistics of each batch and keep their moving ones up to date.'),
  freezeStart: z.number().nonnegative().default(1000).describe('Steps of 24 images before thresholds begin to be frozen.'),
  freezeInterval: count.default(50).describe('Steps from one frozen threshold to the next.'),
  hardFreezeAt: count.nullable().default(null).describe('Steps after which all thresholds are frozen at once.'),
  averageDecay: share.default(0.9999).describe('Decay of the moving means of thresholds.'),
  lossDecay: share.default(0.99).describe('Decay of the moving means of losses.'),
  validationInterval: count.default(1000).describe('Steps between two validations.'),
  reestimateStatistics: z
    .boolean()
    .default(false)
    .describe('Measure mean and variance of fixed batch norms on training images, before the first step and again of the result.'),
  statisticsImages: count.default(256).describe('Images that they are measured on, at most.'),
  validatesFirst: z.boolean().default(true).describe('Validate before the first step.'),
});

export type TrainingOptions = z.infer<typeof trainingOptionsSchema>;

/** Options with their defaults. @throws GraffitistError `option-invalid` naming the first that is wrong */
export function trainingOptions(given: unknown = {}): TrainingOptions {
  const parsed = trainingOptionsSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const about = issue?.path.join('.') ?? '';
  throw new GraffitistError('option-invalid', `Training: ${issue?.message ?? 'these options are invalid'}.`, {
    ...(about === '' ? {} : { about }),
    remedy: `Known options are ${Object.keys(trainingOptionsSchema.shape).join(', ')}.`,
  });
}
