import type { VariableValues } from './types.ts';

/** Decay of both moments, and what keeps the quotient finite: it stands outside the root, as in TensorFlow. */
export interface AdamSettings {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** Running means of gradient and squared gradient, of one variable. */
export interface Moments {
  readonly mean: Float32Array;
  readonly square: Float32Array;
}

/** One optimizer between two steps. */
export interface AdamState {
  /** β₁ᵗ and β₂ᵗ of the step to come: products in float32, as TensorFlow keeps them in variables. */
  readonly powers: readonly [number, number];
  /** By variable; one that had no gradient yet is not in here. */
  readonly moments: ReadonlyMap<string, Moments>;
}

/** An optimizer before its first step. */
export function startOfAdam({ beta1, beta2 }: AdamSettings): AdamState {
  return { powers: [Math.fround(beta1), Math.fround(beta2)], moments: new Map() };
}

/** A step of several variables with one learning rate. */
export interface AdamStep {
  readonly values: VariableValues;
  readonly state: AdamState;
}

/**
 * TensorFlow's ApplyAdam, operation by operation in float32 (Kingma and Ba, arXiv 1412.6980, end of section 2):
 * rateₜ = rate · √(1 − β₂ᵗ) / (1 − β₁ᵗ); m += (g − m)(1 − β₁); v += (g² − v)(1 − β₂); x −= m · rateₜ / (√v + ε).
 *
 * @param values the variables of the model; those without gradient are handed on as they are
 * @param gradients by variable; each changes its variable
 */
export function adamStep(
  { values, state }: AdamStep,
  gradients: ReadonlyMap<string, Float32Array>,
  rate: number,
  settings: AdamSettings,
): AdamStep {
  const { fround } = Math;
  const [beta1, beta2] = [fround(settings.beta1), fround(settings.beta2)];
  const [power1, power2] = state.powers;
  const scaled = fround(fround(rate) * fround(Math.sqrt(fround(1 - power2))));
  const constants = {
    rate: fround(scaled / fround(1 - power1)),
    decay1: fround(1 - beta1),
    decay2: fround(1 - beta2),
    epsilon: fround(settings.epsilon),
  };
  const changed = new Map(values);
  const moments = new Map(state.moments);
  for (const [name, gradient] of gradients) {
    const variable = values.get(name);
    if (variable === undefined) continue;
    const next = update(variable.values, gradient, moments.get(name), constants);
    changed.set(name, { shape: variable.shape, values: next.values });
    moments.set(name, next.moments);
  }
  return { values: changed, state: { powers: [fround(power1 * beta1), fround(power2 * beta2)], moments } };
}

interface StepConstants {
  readonly rate: number;
  readonly decay1: number;
  readonly decay2: number;
  readonly epsilon: number;
}

function update(
  before: Float32Array,
  gradient: Float32Array,
  moments: Moments | undefined,
  { rate, decay1, decay2, epsilon }: StepConstants,
): { readonly values: Float32Array; readonly moments: Moments } {
  const { fround } = Math;
  const values = new Float32Array(before.length);
  const mean = new Float32Array(before.length);
  const square = new Float32Array(before.length);
  for (let i = 0; i < before.length; i++) {
    const g = gradient[i] as number;
    const m = moments === undefined ? 0 : (moments.mean[i] as number);
    const v = moments === undefined ? 0 : (moments.square[i] as number);
    const newMean = fround(m + fround(fround(g - m) * decay1));
    const newSquare = fround(v + fround(fround(fround(g * g) - v) * decay2));
    mean[i] = newMean;
    square[i] = newSquare;
    values[i] = (before[i] as number) - fround(fround(newMean * rate) / fround(fround(Math.sqrt(newSquare)) + epsilon));
  }
  return { values, moments: { mean, square } };
}
