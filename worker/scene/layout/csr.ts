/** Lists of numbers by number: the entries of `i` are `list[start[i] .. start[i + 1])`, in the order in which they were given. */
export interface Lists {
  readonly start: Int32Array;
  readonly list: Int32Array;
}

/** Sorts `0 … keys.length - 1` into lists by key; a negative key is left out. */
export function listsBy(count: number, keys: ArrayLike<number>): Lists {
  const start = new Int32Array(count + 1);
  for (let i = 0; i < keys.length; i++) {
    const key = at(keys, i);
    if (key >= 0) start[key + 1] = at(start, key + 1) + 1;
  }
  for (let i = 0; i < count; i++) start[i + 1] = at(start, i + 1) + at(start, i);
  const fill = start.slice(0, count);
  const list = new Int32Array(at(start, count));
  for (let i = 0; i < keys.length; i++) {
    const key = at(keys, i);
    if (key < 0) continue;
    list[at(fill, key)] = i;
    fill[key] = at(fill, key) + 1;
  }
  return { start, list };
}

/** An element that is known to be there: indices in the layout come from the arrays themselves. */
export function at(array: ArrayLike<number>, index: number): number {
  return array[index] as number;
}
