import { GraffitistError } from '../errors.ts';
import { adamStep } from './adam.ts';
import { freezingAfter } from './freezing.ts';
import { imageOrder } from './imageOrder.ts';
import { movedMeans } from './movingMeans.ts';
import { movedStatistics } from './movingStatistics.ts';
import type { TrainingPlan } from './plan.ts';
import type { TrainingState } from './state.ts';
import type { StepResult, VariableValues } from './types.ts';

/** One step as it is asked for. */
export interface StepRequest {
  /** Numbers of the images of the batch. */
  readonly images: Uint32Array;
  readonly variables: VariableValues;
  /** What `freeze_bn` is fed. */
  readonly batchNormFrozen: boolean;
  /** Threshold variables whose quantizers' `freeze_th` are fed true. */
  readonly frozen: readonly string[];
}

/** Who computes: gradients of a step, and the score of a network with batch norms frozen. Both may throw `cancelled`; then nothing is lost. */
export interface TrainingServices {
  step(request: StepRequest): Promise<StepResult>;
  validate(variables: VariableValues): Promise<number>;
}

/** What just happened; `state` is the run as it stands since then. */
export type TrainingEvent =
  | { readonly kind: 'step'; readonly state: TrainingState; readonly loss: number; readonly regularization: number }
  | { readonly kind: 'validation'; readonly state: TrainingState; readonly score: number };

/**
 * Runs from `state` to the end of the plan. After every event the caller may store the state, pause (stop asking; go on later from the
 * last state), or end and keep the best. A validation that was due when the run stopped is made first.
 *
 * @throws GraffitistError `training-diverged` where the loss is no number; whatever the services throw
 */
export async function* train(
  plan: TrainingPlan,
  state: TrainingState,
  services: TrainingServices,
): AsyncGenerator<TrainingEvent, TrainingState> {
  const { schedule, options } = plan;
  const batch = imageOrder(options.seed, plan.images);
  let current = state;
  for (;;) {
    if (schedule.validatesAfter(current.step) && current.validations.at(-1)?.step !== current.step) {
      const score = await services.validate(current.variables);
      current = afterValidation(current, score);
      yield { kind: 'validation', state: current, score };
    }
    if (current.step >= schedule.steps) return current;
    const result = await services.step({
      images: batch(current.drawn, options.batchSize),
      variables: current.variables,
      batchNormFrozen: schedule.batchNormFrozen(current.step),
      frozen: current.freezing.frozen,
    });
    current = afterStep(plan, current, result);
    yield { kind: 'step', state: current, loss: result.loss, regularization: result.regularization };
  }
}

/**
 * The state after a step whose gradients are known: both optimizers with the rates of this step, frozen thresholds left out (QNT31), then
 * the moving statistics, then the freezing rule. Weights follow cross-entropy + regularization, thresholds cross-entropy alone.
 *
 * @throws GraffitistError `training-diverged`
 */
export function afterStep(plan: TrainingPlan, before: TrainingState, result: StepResult): TrainingState {
  const { options, schedule } = plan;
  const done = before.step + 1;
  if (!Number.isFinite(result.loss)) throw diverged(done);
  const frozen = new Set(before.freezing.frozen);
  const weightGradients = new Map(plan.weights.flatMap((name) => total(result, name)));
  const moving = plan.thresholds.filter((name) => !frozen.has(name));
  const thresholdGradients = new Map(moving.flatMap((name) => gradientOf(result.gradients, name)));
  const trained = adamStep({ values: before.variables, state: before.weights }, weightGradients, schedule.weightRate(before.step), options);
  const both = adamStep(
    { values: trained.values, state: before.thresholds },
    thresholdGradients,
    schedule.thresholdRate(before.step),
    options,
  );
  const log2 = new Map(plan.thresholds.map((name) => [name, scalar(both.values.get(name)?.values)]));
  const pushes = new Map([...thresholdGradients].map(([name, gradient]) => [name, scalar(gradient)]));
  const losses = new Map([
    ['cross-entropy', result.loss],
    ['regularization', result.regularization],
  ]);
  return {
    ...before,
    step: done,
    drawn: before.drawn + options.batchSize,
    variables: movedStatistics(both.values, plan.movingUpdates, result.batchStatistics),
    weights: trained.state,
    thresholds: both.state,
    freezing: freezingAfter(before.freezing, done, log2, pushes, schedule.freezing),
    losses: movedMeans(before.losses, losses, options.lossDecay, before.step),
  };
}

/** The state with a score of its variables; the best one is kept, of equal ones the first. */
export function afterValidation(state: TrainingState, score: number): TrainingState {
  const validation = { step: state.step, score };
  const better = state.best === null || score > state.best.score;
  return {
    ...state,
    validations: [...state.validations, validation],
    best: better ? { ...validation, variables: state.variables } : state.best,
  };
}

/** Cross-entropy's and regularization's gradients of a variable, added; none where neither depends on it. */
function total({ gradients, regularizationGradients }: StepResult, name: string): (readonly [string, Float32Array])[] {
  const [loss, decay] = [gradients.get(name), regularizationGradients.get(name)];
  if (loss === undefined || decay === undefined) return [loss ?? decay].flatMap((one) => (one === undefined ? [] : [[name, one] as const]));
  return [[name, loss.map((value, i) => value + (decay[i] as number))]];
}

function gradientOf(gradients: ReadonlyMap<string, Float32Array>, name: string): (readonly [string, Float32Array])[] {
  const gradient = gradients.get(name);
  return gradient === undefined ? [] : [[name, gradient]];
}

function scalar(values: Float32Array | undefined): number {
  return values?.[0] ?? Number.NaN;
}

function diverged(step: number): GraffitistError {
  return new GraffitistError('training-diverged', `The loss of step ${step} is not a number.`, {
    remedy: 'Go back to the last stored state and use lower learning rates.',
  });
}
