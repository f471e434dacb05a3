import { joinBytes } from '../../worker/formats/bytes.ts';
import { openCheckpoint, writeCheckpoint } from '../../worker/formats/checkpoint.ts';
import type { NamedBlob } from '../../worker/formats/checkpointFiles.ts';
import { crc32c, maskCrc } from '../../worker/formats/crc32c.ts';
import { OBJECT_GRAPH, readObjectGraph } from '../../worker/formats/objectGraph.ts';
import { tensorflow } from '../../worker/formats/proto/generated/messages.js';
import { compareKeys, readTable, type TableEntry, writeTable } from '../../worker/formats/tableFile.ts';
import { sliceKey } from '../../worker/formats/tensorSlice.ts';
import { makeStringTensor, makeTensor } from '../../worker/formats/tensorValues.ts';

/** A checkpoint's files: its index and its one data file. */
export interface Bundle {
  readonly index: Uint8Array;
  readonly data: Uint8Array;
}

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const field = (number: number, bytes: readonly number[]): number[] => [8 * number + 2, bytes.length, ...bytes];

/** Opens a checkpoint and reads every value in it. */
export async function readBundle({ index, data }: Bundle): Promise<void> {
  const file = (name: string, bytes: Uint8Array): NamedBlob => ({ name, blob: new Blob([bytes as BlobPart]) });
  const opened = await openCheckpoint([file('x.ckpt.index', index), file('x.ckpt.data-00000-of-00001', data)]);
  for (const name of opened?.entries.keys() ?? []) {
    const value = await opened?.read(name);
    if (name === OBJECT_GRAPH && value !== undefined) readObjectGraph(value);
  }
}

/** All values of a table, one after the other. */
export const valuesOf = (table: Uint8Array): Uint8Array => joinBytes(readTable(table).map(({ value }) => value));

/** The table with its values taken from `bytes` one after the other: damage that no checksum stops. */
export function withValues(table: Uint8Array, bytes: Uint8Array): Uint8Array {
  let at = 0;
  return writeTable(
    readTable(table).map(({ key, value }) => {
      const from = at;
      at += value.length;
      return { key, value: bytes.subarray(from, at) };
    }),
  );
}

/** A variable of 6 × 4 that is stored in three parts along its first axis, as a partitioned variable is. */
export function slicedBundle(): Bundle {
  const full = { start: 0, length: -1 };
  const slices = [0, 2, 4].map((start) => [{ start, length: 2 }, full]);
  const values = slices.map((_, part) =>
    makeTensor(
      'float32',
      [2, 4],
      Array.from({ length: 8 }, (_, i) => part + i / 8),
    ),
  );
  const encode = (entry: tensorflow.BundleEntryProto.$Properties): Uint8Array =>
    new Uint8Array(tensorflow.BundleEntryProto.encode(entry).finish());
  const shape = (sizes: readonly number[]) => ({ dim: sizes.map((size) => ({ size })) });
  const parts = slices.map((slice, part): TableEntry => {
    const bytes = values[part]?.bytes ?? new Uint8Array(0);
    const entry = { dtype: 1, shape: shape([2, 4]), offset: part * bytes.length, size: bytes.length, crc32c: maskCrc(crc32c(bytes)) };
    return { key: sliceKey('v', slice), value: encode(entry) };
  });
  const extents = slices.map((slice) => ({ extent: slice.map(({ start, length }) => (length < 0 ? {} : { start, length })) }));
  const whole = { key: utf8('v'), value: encode({ dtype: 1, shape: shape([6, 4]), slices: extents }) };
  const header = new Uint8Array(tensorflow.BundleHeaderProto.encode({ numShards: 1, version: { producer: 1 } }).finish());
  const entries = [...parts, whole].sort((a, b) => compareKeys(a.key, b.key));
  return {
    index: writeTable([{ key: new Uint8Array(0), value: header }, ...entries]),
    data: joinBytes(values.map(({ bytes }) => bytes)),
  };
}

/** A TrackableObjectGraph: nodes (1) with attributes (2) of name (1), full name (2) and key of the value (3). */
export const OBJECTS = Uint8Array.from(
  ['a', 'b'].flatMap((name) => {
    const attribute = [name, name, `${name}/.ATTRIBUTES/VARIABLE_VALUE`].flatMap((text, at) => field(at + 1, [...utf8(text)]));
    return field(1, field(2, attribute));
  }),
);

/** A checkpoint of TensorFlow 2: the objects that name the variables, 16-bit floats and strings. */
export function objectBundle(): Bundle {
  const { index, data } = writeCheckpoint(
    new Map([
      [OBJECT_GRAPH, makeStringTensor([], [OBJECTS])],
      ['a/.ATTRIBUTES/VARIABLE_VALUE', makeTensor('bfloat16', [3], [1, 2, 3])],
      ['b/.ATTRIBUTES/VARIABLE_VALUE', makeStringTensor([2], ['left', 'right'].map(utf8))],
    ]),
  );
  return { index, data: joinBytes(data) };
}

/** The header of the format before 1.0, where the index of today's counts its data files. */
export const V1_FILE = writeTable([
  { key: new Uint8Array(0), value: Uint8Array.from([0x0a, 0x02, 0x12, 0x00]) },
  { key: utf8('a'), value: Uint8Array.from([0x12, 0x04, 0x0a, 0x02, 0x08, 0x01]) },
]);

/** Opens a file that may be a V1 checkpoint under the name that such a file has. */
export const readV1 = (bytes: Uint8Array): Promise<unknown> => openCheckpoint([{ name: 'old.ckpt', blob: new Blob([bytes as BlobPart]) }]);

/** Packed blocks: literals with copies between them, one that reaches into itself, one of two bytes' distance, a long literal. */
export const SNAPPY_BLOCKS: readonly Uint8Array[] = [
  Uint8Array.from([14, 0x0c, 97, 98, 99, 100, 0x11, 4, 0x00, 33, 0x02, 1, 0]),
  Uint8Array.from([80, 60 << 2, 63, ...Array.from({ length: 64 }, (_, i) => i), (15 << 2) | 2, 64, 0]),
];
