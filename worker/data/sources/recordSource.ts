import { cancelled } from '../../compute/channel.ts';
import { errorInfo, GraffitistError } from '../../errors.ts';
import { openTfRecords } from '../../formats/packedRecords.ts';
import { tfRecords } from '../../formats/tfrecord.ts';
import type { DataWarning, LeftOut } from '../../protocol.ts';
import { counted } from '../counted.ts';
import type { OpenJob } from '../openData.ts';
import { blobOf, type Gathered } from './gather.ts';
import { commonFolder } from './pictureSource.ts';
import type { Source } from './source.ts';

/** A checksum follows each payload. */
const TAIL = 4;

interface Shard {
  readonly name: string;
  readonly blob: Blob;
  /** Where each record's payload starts, and how long it is. */
  readonly offsets: Float64Array;
  readonly lengths: Float64Array;
  /** Records in the shards before it. */
  readonly first: number;
}

/** DAT4: records in TFRecord shards, shard by shard in the order of their names. @throws GraffitistError `data-missing`, `tfrecord-malformed`, `cancelled` */
export async function recordSource(gathered: Gathered, job: OpenJob): Promise<Source> {
  const leftOut: LeftOut[] = [...gathered.leftOut];
  const warnings: DataWarning[] = [];
  const shards: Shard[] = [];
  let count = 0;
  for (const [index, file] of gathered.records.entries()) {
    job.onProgress?.(index, gathered.records.length, file.path);
    const indexed = await indexShard(file.path, await blobOf(file), job.signal);
    if (indexed.fault !== null) {
      leftOut.push({ name: file.path, error: errorInfo(indexed.fault) });
      warnings.push({
        rule: 'DAT4',
        text: `${file.path}: ${indexed.fault.message} What comes before that is used: ${counted(indexed.offsets.length, 'record')}.`,
        remedy: indexed.fault.remedy ?? null,
      });
      if (gathered.records.length === 1 && indexed.offsets.length === 0) throw indexed.fault;
    }
    shards.push({ ...indexed, first: count });
    count += indexed.offsets.length;
  }
  if (count === 0)
    throw new GraffitistError('data-missing', 'There are no records in the files.', {
      about: gathered.records[0]?.path ?? 'data',
      remedy: 'Copy or download them again.',
    });
  const folder = commonFolder(gathered.records.map(({ path }) => path));
  const shardOf = (image: number): Shard => shards[lastAtOrBefore(shards, image)] as Shard;
  return {
    kind: 'records',
    title: `${titleOf(gathered, folder)}: ${counted(count, 'record')} in ${shards.length === 1 ? 'one file' : `${shards.length} shards`}`,
    count,
    bytes: shards.reduce((sum, { blob }) => sum + blob.size, 0),
    shape: null,
    dtype: null,
    pathOf: (image) => {
      const { name, first } = shardOf(image);
      return `${name.slice(folder.length)}[${image - first}]`;
    },
    stored: (images) =>
      images.map((image) => {
        const { blob, offsets, lengths, first } = shardOf(image);
        const offset = offsets[image - first] ?? 0;
        return { kind: 'record', blob: blob.slice(offset, offset + (lengths[image - first] ?? 0) + TAIL) };
      }),
    labels: null,
    labelsWhenRead: true,
    classNames: [],
    texts: gathered.texts,
    leftOut,
    warnings,
  };
}

async function indexShard(
  name: string,
  file: Blob,
  signal: AbortSignal | undefined,
): Promise<Omit<Shard, 'first'> & { readonly fault: GraffitistError | null }> {
  const offsets: number[] = [];
  const lengths: number[] = [];
  let blob = file;
  let fault: GraffitistError | null = null;
  try {
    blob = await openTfRecords(file, name);
    for await (const frame of tfRecords(blob, name)) {
      if (signal?.aborted === true) throw cancelled();
      offsets.push(frame.offset);
      lengths.push(frame.length);
    }
  } catch (error) {
    if (!(error instanceof GraffitistError) || error.code === 'cancelled') throw error;
    fault = error;
  }
  return { name, blob, offsets: Float64Array.from(offsets), lengths: Float64Array.from(lengths), fault };
}

/** The last shard that starts at or before an image: shards without records start where the next one does. */
function lastAtOrBefore(shards: readonly Shard[], image: number): number {
  let [low, high] = [0, shards.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((shards[middle]?.first ?? 0) <= image) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** The folder's name, else what the shards' names have before their numbers. */
function titleOf({ records }: Gathered, folder: string): string {
  const name = folder.slice(0, -1).split('/').at(-1) ?? '';
  const file = records[0]?.path.replace(/^.*\//, '') ?? '';
  return name !== '' ? name.replace(/\.zip$/i, '') : file.replace(/-\d{5}-of-\d{5}.*$/, '');
}
