/**
 * Long loops go over their elements in blocks: what one loop leaves is still in the cache when the next one reads it, and a short
 * function that is called often is compiled as a whole, where one long call stays in code made for its first loop only.
 */
export const BLOCK = 16384;

/** Calls back for every block of `length` elements. */
export function forBlocks(length: number, work: (from: number, to: number) => void): void {
  for (let from = 0; from < length; from += BLOCK) work(from, Math.min(length, from + BLOCK));
}

const integers = new Int32Array(BLOCK);

/** Room for the integers of one block, until the next call. */
export function blockIntegers(count: number): Int32Array {
  return count === BLOCK ? integers : integers.subarray(0, count);
}
