/** Files of data sets for tests: pictures, arrays, records, archives, all made here. */
import { type Zippable, zipSync } from 'fflate';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import type { Feature } from '../../../worker/formats/example.ts';
import { writeExample } from '../../../worker/formats/exampleWriter.ts';
import { writeNpy } from '../../../worker/formats/npy.ts';
import type { DType } from '../../../worker/formats/tensor.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { tfRecord } from '../../../worker/formats/tfrecord.ts';
import type { SourceFile } from '../../../worker/protocol.ts';
import { writePng } from '../../images/pngWriter.ts';

export function fileOf(path: string, content: Uint8Array | string = new Uint8Array()): SourceFile {
  return { name: path.slice(path.lastIndexOf('/') + 1), path, blob: new Blob([content as BlobPart]) };
}

/** A picture of one colour, or drawn pixel by pixel. */
export function png(
  colour: readonly [number, number, number],
  width = 2,
  height = 2,
  sample?: (x: number, y: number, c: number) => number,
): Uint8Array {
  return writePng({ width, height, colour: 2, depth: 8, sample: sample ?? ((_x, _y, channel) => colour[channel] ?? 0) });
}

export function npy(dtype: DType, shape: readonly number[], values: ArrayLike<number>): Uint8Array {
  return writeNpy(makeTensor(dtype, shape, values));
}

/** An archive of NumPy arrays, stored or packed. */
export function npz(arrays: Readonly<Record<string, Uint8Array>>, level: 0 | 6 = 0): Uint8Array {
  const files: Zippable = Object.fromEntries(Object.entries(arrays).map(([name, bytes]) => [`${name}.npy`, bytes]));
  return zipSync(files, { level });
}

export interface ExampleFields {
  readonly encoded: Uint8Array;
  readonly label?: number;
  readonly synset?: string;
}

/** A record as ImageNet's shards hold them. */
export function record({ encoded, label, synset }: ExampleFields): Uint8Array {
  const features = new Map<string, Feature>([['image/encoded', { kind: 'bytes', values: [encoded] }]]);
  if (label !== undefined) features.set('image/class/label', { kind: 'int64', values: [label] });
  if (synset !== undefined) features.set('image/class/synset', { kind: 'bytes', values: [new TextEncoder().encode(synset)] });
  return tfRecord(writeExample(features));
}

export function shard(examples: readonly ExampleFields[]): Uint8Array {
  return joinBytes(examples.map(record));
}
