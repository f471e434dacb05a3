import { type AdamState, startOfAdam } from './adam.ts';
import { type Freezing, froze, nothingFrozen, released } from './freezing.ts';
import { type MovingMeans, noMeans } from './movingMeans.ts';
import type { TrainingPlan } from './plan.ts';
import type { VariableValues } from './types.ts';

/** What a validation found after so many steps. */
export interface Validation {
  readonly step: number;
  /** Share of images that are right (with distillation: that agree with the float network). */
  readonly score: number;
}

/** A run between two steps: plain data, all that it needs to go on, so that going on from a stored copy gives the same numbers. */
export interface TrainingState {
  /** Steps done. */
  readonly step: number;
  /** Images taken so far: which come next, this and the seed decide. */
  readonly drawn: number;
  /** Every variable that the run changes: weights, thresholds (log2 t), moving statistics. */
  readonly variables: VariableValues;
  readonly weights: AdamState;
  readonly thresholds: AdamState;
  readonly freezing: Freezing;
  /** Moving means of the cross-entropy and of the regularization. */
  readonly losses: MovingMeans;
  readonly validations: readonly Validation[];
  /** The best validation's variables; of equal ones the first. */
  readonly best: (Validation & { readonly variables: VariableValues }) | null;
}

/** A run before its first step. `variables` holds at least what the plan trains and updates. */
export function startOfTraining({ options }: TrainingPlan, variables: VariableValues): TrainingState {
  return {
    step: 0,
    drawn: 0,
    variables,
    weights: startOfAdam(options),
    thresholds: startOfAdam(options),
    freezing: nothingFrozen,
    losses: noMeans,
    validations: [],
    best: null,
  };
}

/** A person freezes a threshold while the run is paused. */
export function withFrozen(state: TrainingState, threshold: string): TrainingState {
  return { ...state, freezing: froze(state.freezing, threshold) };
}

/** A person releases a threshold while the run is paused. */
export function withReleased(state: TrainingState, threshold: string): TrainingState {
  return { ...state, freezing: released(state.freezing, threshold) };
}

/** A person puts a threshold back to a value: its optimizer starts anew, for its gradients are others now. */
export function withThreshold(state: TrainingState, threshold: string, log2: number): TrainingState {
  const variables = new Map(state.variables);
  variables.set(threshold, { shape: variables.get(threshold)?.shape ?? [], values: Float32Array.of(log2) });
  return { ...state, variables, thresholds: withoutMoments(state.thresholds, threshold) };
}

/**
 * The bits of a threshold's quantizers were changed: its optimizer starts anew, and what was best before was of another network, so that
 * the state at hand is validated again where it was.
 */
export function withOtherBits(state: TrainingState, threshold: string): TrainingState {
  return {
    ...state,
    thresholds: withoutMoments(state.thresholds, threshold),
    validations: state.validations.filter(({ step }) => step !== state.step),
    best: null,
  };
}

function withoutMoments(adam: AdamState, variable: string): AdamState {
  const moments = new Map(adam.moments);
  moments.delete(variable);
  return { ...adam, moments };
}
