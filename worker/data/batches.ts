import { cancelled } from '../compute/channel.ts';
import { GraffitistError } from '../errors.ts';
import { type DataSet, dataSet } from './dataSet.ts';
import type { Batch, BatchOptions, BatchStream } from './types.ts';
import type { ReadResult } from './workers/messages.ts';
import type { DecodePool } from './workers/pool.ts';

/** Bytes of values that are made ahead of whoever reads them. */
const AHEAD_BYTES = 96 * 2 ** 20;
/** What one worker is given at a time: some pictures, or about so many bytes of rows. */
const PICTURES = 8;
const ROW_BYTES = 4 * 2 ** 20;

/** DAT8: batches in the order of the request. Workers decode ahead, some batches and at least two, so that who reads them never waits long. */
export function batchStream(pool: () => DecodePool): BatchStream {
  return (data, options) => readBatches(dataSet(data), options, pool());
}

async function* readBatches(data: DataSet, options: BatchOptions, pool: DecodePool): AsyncGenerator<Batch> {
  const { shape, size, signal } = options;
  if (!Number.isInteger(size) || size < 1)
    throw new GraffitistError('option-invalid', `A batch of ${size} images cannot be made.`, { about: 'batch_size' });
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  signal?.addEventListener('abort', abort, { once: true });
  const batchBytes = size * rowBytes(shape);
  const ahead = Math.max(2, Math.min(2 * pool.size + 1, Math.floor(AHEAD_BYTES / batchBytes)));
  const count = options.images?.length ?? data.count;
  const queue: Promise<Batch>[] = [];
  let next = 0;
  try {
    for (;;) {
      while (queue.length < ahead && next < count) {
        const first = next;
        next = Math.min(count, first + size);
        const images = options.images?.slice(first, next) ?? Array.from({ length: next - first }, (_, i) => first + i);
        const batch = readBatch(data, images, options, pool, stop.signal);
        // Whoever waits for it hears of a failure; until then it must not count as unheard.
        batch.catch(() => undefined);
        queue.push(batch);
      }
      if (signal?.aborted === true) throw cancelled();
      const batch = queue.shift();
      if (batch === undefined) return;
      yield await batch;
    }
  } finally {
    signal?.removeEventListener('abort', abort);
    stop.abort();
  }
}

function rowBytes(shape: readonly number[]): number {
  return Math.max(
    4,
    shape.reduce((product, side) => product * side, 4),
  );
}

/** Bytes of a row, as it is stored or as it is made. */
function largerRow({ summary }: DataSet, shape: readonly number[]): number {
  return Math.max(rowBytes(shape), summary.bytes / summary.count);
}

/** One batch, its parts read by several workers. */
async function readBatch(
  data: DataSet,
  images: readonly number[],
  options: BatchOptions,
  pool: DecodePool,
  signal: AbortSignal,
): Promise<Batch> {
  const { rule, shape } = options;
  const portion = data.summary.kind === 'arrays' ? Math.max(1, Math.floor(ROW_BYTES / largerRow(data, shape))) : PICTURES;
  const parts: Promise<ReadResult>[] = [];
  for (let at = 0; at < images.length; at += portion) {
    const some = images.slice(at, at + portion);
    const request = {
      stored: data.stored(some),
      names: some.map((image) => data.nameOf(image)),
      labels: Int32Array.from(some, (image) => data.labelOf(image) ?? -1),
      records: data.recordLabels,
      rule,
      shape,
    };
    parts.push(pool.call('read', request, signal));
  }
  return joined(await settled(parts), images, portion, data, shape);
}

/** All, or the first failure once none is under way any more. */
async function settled<T>(parts: readonly Promise<T>[]): Promise<T[]> {
  const outcomes = await Promise.allSettled(parts);
  return outcomes.map((outcome) => {
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  });
}

function joined(parts: readonly ReadResult[], images: readonly number[], portion: number, data: DataSet, shape: readonly number[]): Batch {
  const kept = parts.flatMap(({ places }, part) => Array.from(places, (place) => images[part * portion + place] as number));
  const [only] = parts;
  const leftOut = parts.flatMap((part) => part.leftOut);
  const names = kept.map((image) => data.nameOf(image));
  if (parts.length === 1 && only !== undefined) return { images: kept, names, labels: only.labels, values: only.values, shape, leftOut };
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  const labels = new Int32Array(kept.length);
  let [value, label] = [0, 0];
  for (const part of parts) {
    values.set(part.values, value);
    labels.set(part.labels, label);
    value += part.values.length;
    label += part.labels.length;
  }
  return { images: kept, names, labels, values, shape, leftOut };
}
