/** What is asked of images beside their values: hashes and labels, found by decode workers. */
import { GraffitistError } from '../errors.ts';
import { dataSet } from './dataSet.ts';
import type { OpenedData } from './types.ts';
import type { DecodePool } from './workers/pool.ts';

/** Images that one call looks at. */
const HASHED = 16;
const LABELLED = 512;

/**
 * CSET4: SHA-256 of each image's bytes: of its file, of the picture in its record, of its row of an array.
 * @throws GraffitistError where one cannot be read, `cancelled`
 */
export async function hashesOf(
  data: OpenedData,
  images: readonly number[],
  pool: DecodePool,
  signal?: AbortSignal | undefined,
): Promise<readonly string[]> {
  const set = dataSet(data);
  const parts = partsOf(images, HASHED).map((part) =>
    pool.call('hashes', { stored: set.stored(part), names: part.map((image) => set.nameOf(image)) }, signal),
  );
  return (await allOf(parts)).flat();
}

/** Labels of all images, −1 where there is none; those of records are read. @throws GraffitistError `cancelled` */
export async function labelsOf(data: OpenedData, pool: DecodePool, signal?: AbortSignal | undefined): Promise<Int32Array> {
  const set = dataSet(data);
  const { recordLabels } = set;
  if (recordLabels === null) return Int32Array.from({ length: set.count }, (_, image) => set.labelOf(image) ?? -1);
  const all = Int32Array.from({ length: set.count }, (_, image) => image);
  const labels = new Int32Array(set.count).fill(-1);
  const read = async (part: readonly number[]): Promise<void> => {
    const names = part.map((image) => set.nameOf(image));
    labels.set(await pool.call('labels', { stored: set.stored(part), names, records: recordLabels }, signal), part[0]);
  };
  // As many at a time as there are workers: where records lie is not listed for all of them at once.
  const parts = partsOf([...all], LABELLED);
  for (let at = 0; at < parts.length; at += pool.size) await allOf(parts.slice(at, at + pool.size).map(read));
  return labels;
}

function partsOf(images: readonly number[], size: number): (readonly number[])[] {
  return Array.from({ length: Math.ceil(images.length / size) }, (_, part) => images.slice(part * size, (part + 1) * size));
}

/** All, or the first failure once none is under way any more. */
async function allOf<T>(parts: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(parts);
  return outcomes.map((outcome) => {
    if (outcome.status === 'fulfilled') return outcome.value;
    throw outcome.reason instanceof Error ? outcome.reason : new GraffitistError('internal', String(outcome.reason));
  });
}
