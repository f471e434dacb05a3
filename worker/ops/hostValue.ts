import type { Tensor } from '../formats/tensor.ts';
import { tensorNumbers } from '../formats/tensorValues.ts';

/** Small integers and scalars that shape inference follows through the graph; `null` is an element not known yet. */
export interface HostValue {
  readonly shape: readonly number[];
  readonly values: readonly (number | null)[];
}

/** Axes, shapes and scalars are short; nothing longer is followed. */
export const LONGEST = 1024;

/** The numbers of a constant; undefined where it is too long or not numeric. */
export function hostValueOf(tensor: Tensor): HostValue | undefined {
  const count = tensor.shape.reduce((product, size) => product * size, 1);
  if (count > LONGEST || !/^(float|int|uint|bool)/.test(tensor.dtype)) return undefined;
  return { shape: tensor.shape, values: Array.from(tensorNumbers(tensor)) };
}

/** A vector of known numbers, or null where one of them is not known. */
export function known(value: readonly (number | null)[] | null): readonly number[] | null {
  return value?.every((element) => element !== null) === true ? (value as readonly number[]) : null;
}

/** Element by element with broadcasting of scalars; undefined where the operands are not followed or differ in length. */
export function zipHost(a: HostValue | undefined, b: HostValue | undefined, f: (a: number, b: number) => number): HostValue | undefined {
  if (a === undefined || b === undefined) return undefined;
  const longer = a.values.length >= b.values.length ? a : b;
  if (a.values.length !== b.values.length && a.values.length !== 1 && b.values.length !== 1) return undefined;
  const pick = (value: HostValue, i: number): number | null => value.values[value.values.length === 1 ? 0 : i] ?? null;
  return {
    shape: longer.values.length === 1 && b.shape.length > a.shape.length ? b.shape : longer.shape,
    values: longer.values.map((_, i) => {
      const [x, y] = [pick(a, i), pick(b, i)];
      return x === null || y === null ? null : f(x, y);
    }),
  };
}
