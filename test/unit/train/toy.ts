import { random } from '../../../worker/random.ts';
import { type TrainingOptions, trainingOptions } from '../../../worker/train/options.ts';
import type { TrainingPlan } from '../../../worker/train/plan.ts';
import { scheduleOf } from '../../../worker/train/schedule.ts';
import { startOfTraining, type TrainingState } from '../../../worker/train/state.ts';
import type { StepRequest, TrainingServices } from '../../../worker/train/trainer.ts';
import type { StepResult, VariableValues } from '../../../worker/train/types.ts';

const IMAGES = 50;
export const THRESHOLDS = ['a/threshold', 'b/threshold', 'c/m_threshold'];

/** Fifty pictures of two numbers and what a line should make of them. */
const source = random(11, 'toy');
const pictures = Array.from({ length: IMAGES }, () => {
  const [x, y] = [source.uniform() * 2 - 1, source.uniform() * 2 - 1];
  return { x, y, target: 0.7 * x - 1.3 * y + 0.25 };
});

/** A run on the line w₀x + w₁y + b with a moving mean of x, regularized, and three thresholds that are drawn to 0.3, 1.4 and 2.6. */
export function toyPlan(given: Partial<TrainingOptions> = {}): TrainingPlan {
  const options = trainingOptions({
    ...{ seed: 5, batchSize: 8, steps: 120, weightRate: 0.05, thresholdRate: 0.05 },
    ...{ freezeStart: 4, freezeInterval: 10, averageDecay: 0.9, validationInterval: 25, weightDecaySteps: 10 },
    ...given,
  });
  return {
    options,
    schedule: scheduleOf(options, IMAGES),
    images: IMAGES,
    weights: ['w', 'b'],
    thresholds: THRESHOLDS,
    ...{ statistics: [], calibrated: [] },
    movingUpdates: [{ variable: 'moving_mean', batchNorm: 'norm', statistic: 'mean', share: Math.fround(0.1) }],
  };
}

export function toyStart(plan: TrainingPlan): TrainingState {
  const variable = (...values: number[]) => ({ shape: [values.length], values: Float32Array.from(values) });
  const scalar = (value: number) => ({ shape: [], values: Float32Array.of(value) });
  return startOfTraining(
    plan,
    new Map([
      ['w', variable(0.1, -0.2)],
      ['b', scalar(0)],
      ['moving_mean', variable(0)],
      ...THRESHOLDS.map((name, i) => [name, scalar(i)] as const),
    ]),
  );
}

/** Exact gradients of the line's squared error; `seen` gathers what was asked for. */
export function toyServices(seen: StepRequest[] = []): TrainingServices {
  return {
    async step(request) {
      seen.push(request);
      return toyStep(request);
    },
    async validate(variables) {
      return 1 / (1 + squaredError(variables, pictures));
    },
  };
}

function toyStep({ images, variables, batchNormFrozen }: StepRequest): StepResult {
  const batch = [...images].map((image) => pictures[image] ?? { x: 0, y: 0, target: 0 });
  const [w, b] = [numbers(variables, 'w'), numbers(variables, 'b')];
  const gradient = [0, 0, 0];
  for (const { x, y, target } of batch) {
    const error = (2 * ((w[0] ?? 0) * x + (w[1] ?? 0) * y + (b[0] ?? 0) - target)) / batch.length;
    for (const [k, factor] of [x, y, 1].entries()) gradient[k] = (gradient[k] ?? 0) + error * factor;
  }
  const pulls = THRESHOLDS.map((name, i) => (numbers(variables, name)[0] ?? 0) - (0.3 + 1.1 * i) + (gradient[2] ?? 0) * 0.01);
  const mean = batch.reduce((sum, { x }) => sum + x / batch.length, 0);
  return {
    loss: squaredError(variables, batch),
    regularization: 0.001 * (w[0] ?? 0) ** 2,
    gradients: new Map([
      ['w', Float32Array.from(gradient.slice(0, 2))],
      ['b', Float32Array.from(gradient.slice(2))],
      ...THRESHOLDS.map((name, i) => [name, Float32Array.of(pulls[i] ?? 0)] as const),
    ]),
    regularizationGradients: new Map([['w', Float32Array.of(0.002 * (w[0] ?? 0), 0)]]),
    batchStatistics: new Map(batchNormFrozen ? [] : [['norm', { mean: Float32Array.of(mean), variance: Float32Array.of(1) }]]),
    logits: new Float32Array(0),
  };
}

function squaredError(variables: VariableValues, batch: typeof pictures): number {
  const [w, b] = [numbers(variables, 'w'), numbers(variables, 'b')];
  return batch.reduce((sum, { x, y, target }) => sum + ((w[0] ?? 0) * x + (w[1] ?? 0) * y + (b[0] ?? 0) - target) ** 2 / batch.length, 0);
}

function numbers(variables: VariableValues, name: string): Float32Array {
  return variables.get(name)?.values ?? new Float32Array(0);
}
