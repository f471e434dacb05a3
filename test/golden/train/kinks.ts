import type { Backend } from '../../../worker/execute/backend.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import type { Value } from '../../../worker/ops/kernels.ts';

/** What went back through a relu: the values that it was asked about, and between which limits a derivative passes. */
export interface Kink {
  readonly values: Float32Array;
  readonly low: number;
  readonly high: number;
}

/** A backend that notes every kink that derivatives pass, in the order of the way back. */
export function notingKinks(backend: Backend): { readonly backend: Backend; readonly kinks: readonly Kink[] } {
  const kinks: Kink[] = [];
  const passBetween = (dy: Value, y: Value, low: number, high: number): Value => {
    void backend.withFloats(y, (values) => kinks.push({ values: Float32Array.from(values), low, high }));
    return backend.kernels.passBetween(dy, y, low, high);
  };
  return { backend: { ...backend, kernels: { ...backend.kernels, passBetween } }, kinks };
}

/** A backend in which derivatives pass where they passed in another run of the same network. */
export function passingLike(backend: Backend, kinks: readonly Kink[]): Backend {
  let next = 0;
  const passBetween = (dy: Value, y: Value, low: number, high: number): Value => {
    const values = kinks[next++]?.values ?? new Float32Array(0);
    return backend.kernels.passBetween(dy, backend.upload(makeTensor('float32', y.shape, values)), low, high);
  };
  return { ...backend, kernels: { ...backend.kernels, passBetween } };
}

/** Values on another side of a limit than in another run: how far from it, as shares of the largest value there. */
export function crossings(ours: readonly Kink[], theirs: readonly Kink[]): readonly number[] {
  return ours.flatMap(({ values, low, high }, at) => {
    const others = theirs[at]?.values ?? new Float32Array(0);
    const largest = others.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const passes = (value: number): boolean => value > low && value < high;
    return Array.from(values).flatMap((value, i) => {
      const other = others[i] ?? Number.NaN;
      return passes(value) === passes(other) ? [] : [Math.abs(value - other) / largest];
    });
  });
}
