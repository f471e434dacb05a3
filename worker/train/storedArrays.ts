import type { AdamState, Moments } from './adam.ts';
import type { VariableValues } from './types.ts';

/** An array of a stored run. */
export interface NamedArray {
  readonly group: string;
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Arrays by group and name. */
type Groups = ReadonlyMap<string, VariableValues>;

/** Arrays by group and name; null where `body` is too short. `body` starts at a multiple of 4 bytes of its buffer. */
export function readArrays(specs: readonly Omit<NamedArray, 'values'>[], body: Uint8Array): Groups | null {
  const groups = new Map<string, Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>>();
  let at = 0;
  for (const { group, name, shape } of specs) {
    const size = shape.reduce((product, length) => product * length, 1);
    if (at + 4 * size > body.length) return null;
    const members = groups.get(group) ?? new Map();
    members.set(name, { shape, values: new Float32Array(body.buffer, body.byteOffset + at, size) });
    groups.set(group, members);
    at += 4 * size;
  }
  return groups;
}

/** The arrays of variables. */
export function variableArrays(group: string, variables: VariableValues): readonly NamedArray[] {
  return [...variables].map(([name, { shape, values }]) => ({ group, name, shape, values }));
}

/** The moments of an optimizer as two groups of arrays. */
export function momentArrays(group: string, { moments }: AdamState): readonly NamedArray[] {
  return [...moments].flatMap(([name, { mean, square }]) => [
    { group: `${group}.mean`, name, shape: [mean.length], values: mean },
    { group: `${group}.square`, name, shape: [square.length], values: square },
  ]);
}

/** The optimizer that `momentArrays` took apart. */
export function adamOf(group: string, [power1, power2]: readonly [number, number], groups: Groups): AdamState {
  const squares = groups.get(`${group}.square`);
  const moments = new Map<string, Moments>();
  for (const [name, { values }] of groups.get(`${group}.mean`) ?? []) {
    const square = squares?.get(name)?.values;
    if (square !== undefined) moments.set(name, { mean: values, square });
  }
  return { powers: [power1, power2], moments };
}
