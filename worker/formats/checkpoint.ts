import { GraffitistError } from '../errors.ts';
import { readStrings, writeStrings } from './bundleStrings.ts';
import { plainBytes, readBlob } from './bytes.ts';
import { baseName, findCheckpoint, type NamedBlob, shardName } from './checkpointFiles.ts';
import { readCheckpointState } from './checkpointState.ts';
import { crc32c, maskCrc, unmaskCrc } from './crc32c.ts';
import { dtypeFromNumber, dtypeNumber, dtypeSize, elementCount } from './dtype.ts';
import { tensorflow } from './proto/generated/messages.js';
import { sniffFile } from './sniff.ts';
import { compareKeys, readTable, type TableEntry, writeTable } from './tableFile.ts';
import type { DType, Tensor } from './tensor.ts';
import { decodeShape, encodeShape, toBigInt } from './tensorCodec.ts';
import { type Binding, cutSlice, fitsShape, putSlice, sliceKey, sliceShape, type TensorSlice } from './tensorSlice.ts';
import { utf8, WireError } from './wire.ts';

/** A TensorBundle checkpoint whose index is read and whose values are read one by one, when asked for. */
export interface Checkpoint {
  /** Name of its files without their endings. */
  readonly prefix: string;
  readonly entries: ReadonlyMap<string, { readonly dtype: DType; readonly shape: readonly number[] }>;
  /** @throws GraffitistError `variable-missing`, `checkpoint-corrupt` */
  read(name: string): Promise<Tensor>;
  /** The files themselves: another worker opens them again. */
  readonly parts: readonly [CheckpointPart];
}

/** What opens a checkpoint again elsewhere. */
export interface CheckpointPart {
  readonly kind: 'checkpoint';
  readonly files: readonly NamedBlob[];
  /** Variables that are stored under other names, or as part of another tensor. */
  readonly bindings?: ReadonlyMap<string, Binding>;
}

interface Entry {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
  readonly crc: number;
  /** The parts of a partitioned variable, each an entry of its own. */
  readonly slices: readonly TensorSlice[];
}

interface Index {
  readonly entries: ReadonlyMap<string, Entry>;
  /** Parts of partitioned variables by their keys. */
  readonly parts: ReadonlyMap<string, Entry>;
  readonly shards: number;
}

/** An index beyond this is no checkpoint of a network: a million variables take less. */
const LARGEST_INDEX = 256 * 2 ** 20;
const LARGEST_STATE = 2 ** 20;

/**
 * Finds a checkpoint among files (see `findCheckpoint`) and opens it. Only the index is read; undefined where there is none.
 *
 * @throws GraffitistError `checkpoint-missing`, `checkpoint-corrupt`
 */
export async function openCheckpoint(
  files: readonly NamedBlob[],
  choice: { readonly wanted?: string | undefined } = {},
): Promise<Checkpoint | undefined> {
  const byName = new Map(files.map((file) => [baseName(file.name), file.blob]));
  const stateFile = byName.get('checkpoint');
  const state = stateFile === undefined || stateFile.size > LARGEST_STATE ? undefined : readCheckpointState(await stateFile.text());
  await refuseV1(byName, choice.wanted);
  const prefix = findCheckpoint([...byName.keys()], { wanted: choice.wanted, state });
  const index = prefix === undefined ? undefined : byName.get(`${prefix}.index`);
  if (prefix === undefined || index === undefined) return undefined;
  const { entries, parts, shards } = await readIndex(index, `${prefix}.index`);
  const data = Array.from({ length: shards }, (_, shard) => {
    const name = shardName(prefix, shard, shards);
    const blob = byName.get(name);
    if (blob === undefined) {
      throw new GraffitistError('checkpoint-missing', `The checkpoint '${prefix}' has its values in ${name}, which is not there.`, {
        about: name,
        remedy: 'Add that file too.',
      });
    }
    return { name, blob };
  });
  const stored = async (name: string, entry: Entry): Promise<Tensor> => {
    const shard = data[entry.shard];
    if (shard === undefined) throw corrupt(`${prefix}.index`, `variable '${name}' lies in shard ${entry.shard} of ${shards}`);
    return readValue(name, entry, shard);
  };
  return {
    prefix,
    entries: new Map([...entries].map(([name, { dtype, shape }]) => [name, { dtype, shape }])),
    async read(name) {
      const entry = entries.get(name);
      if (entry === undefined) {
        throw new GraffitistError('variable-missing', `Variable '${name}' is not in the checkpoint '${prefix}'.`, {
          about: name,
          remedy: 'Use the checkpoint that belongs to this graph.',
        });
      }
      return entry.slices.length === 0
        ? stored(name, entry)
        : assembleSlices(name, entry, parts, stored, {
            dataBytes: data.reduce((sum, { blob }) => sum + blob.size, 0),
            fault: (why) => corrupt(`${prefix}.index`, `variable '${name}': ${why}`),
          });
    },
    parts: [{ kind: 'checkpoint', files: [{ name: `${prefix}.index`, blob: index }, ...data] }],
  };
}

/** The checkpoint with more names: variables that it stores under others, or as part of another tensor. */
export function bindVariables(checkpoint: Checkpoint, bindings: ReadonlyMap<string, Binding>): Checkpoint {
  if (bindings.size === 0) return checkpoint;
  const entries = new Map(checkpoint.entries);
  for (const [name, { key, slice }] of bindings) {
    const entry = checkpoint.entries.get(key);
    if (entry !== undefined) entries.set(name, slice === undefined ? entry : { ...entry, shape: sliceShape(slice, entry.shape) });
  }
  const [part] = checkpoint.parts;
  return {
    ...checkpoint,
    entries,
    async read(name) {
      const binding = bindings.get(name);
      if (binding === undefined || !checkpoint.entries.has(binding.key)) return checkpoint.read(name);
      const value = await checkpoint.read(binding.key);
      return binding.slice === undefined ? value : cutSlice(value, binding.slice);
    },
    parts: [{ ...part, bindings }],
  };
}

/** A table file with the header and the entries of a checkpoint's index. */
async function readIndex(blob: Blob, fileName: string): Promise<Index> {
  if (blob.size > LARGEST_INDEX) throw corrupt(fileName, `an index of ${blob.size} bytes is none`);
  const bytes = new Uint8Array(await blob.arrayBuffer());
  try {
    const [header, ...rest] = readTable(bytes);
    if (header === undefined || header.key.length > 0) throw corrupt(fileName, 'its header is missing');
    if (isV1Header(header.value)) throw oldFormat(fileName);
    const { numShards, endianness } = tensorflow.BundleHeaderProto.decode(header.value);
    if (endianness === tensorflow.BundleHeaderProto.Endianness.BIG) throw corrupt(fileName, 'it was written on a big-endian machine');
    const shards = numShards ?? 0;
    if (shards < 1 || shards > 99999) throw corrupt(fileName, `it names ${shards} data files`);
    // Keys that start with a zero byte are the slices of partitioned variables.
    const isPart = ({ key }: TableEntry) => key[0] === 0;
    return {
      entries: new Map(rest.filter((entry) => !isPart(entry)).map((entry) => [utf8(entry.key) ?? '', readEntry(entry)])),
      parts: new Map(rest.filter(isPart).map((entry) => [keyText(entry.key), readEntry(entry)])),
      shards,
    };
  } catch (error) {
    if (error instanceof GraffitistError) throw error;
    const at = error instanceof WireError ? `at byte ${error.offset} of ${bytes.length} ` : '';
    throw corrupt(fileName, `${at}${error instanceof Error ? error.message : error}`);
  }
}

function readEntry({ key, value }: TableEntry): Entry {
  const message = tensorflow.BundleEntryProto.decode(value);
  const shape = decodeShape(message.shape ?? {});
  if (shape === null || shape.some((size) => size < 0)) throw new Error(`variable '${utf8(key)}' has no complete shape`);
  return {
    // An element type that is not known has no values to read here; it stops nobody who wants the other variables.
    dtype: dtypeFromNumber(message.dtype ?? 0) ?? 'variant',
    shape,
    shard: message.shardId ?? 0,
    offset: Number(toBigInt(message.offset ?? 0)),
    size: Number(toBigInt(message.size ?? 0)),
    crc: unmaskCrc(message.crc32c ?? 0),
    slices: (message.slices ?? []).map((slice) =>
      (slice.extent ?? []).map(({ start, length }) => ({
        start: Number(toBigInt(start ?? 0)),
        length: length == null ? -1 : Number(toBigInt(length)),
      })),
    ),
  };
}

/** A partitioned variable from its parts, which must fill it without overlap. */
async function assembleSlices(
  name: string,
  { dtype, shape, slices }: Entry,
  parts: Index['parts'],
  stored: (name: string, entry: Entry) => Promise<Tensor>,
  { dataBytes, fault }: { readonly dataBytes: number; readonly fault: (why: string) => GraffitistError },
): Promise<Tensor> {
  const size = dtypeSize(dtype);
  if (size === 0) throw fault(`${dtype} values cannot be stored in parts`);
  const known = slices.map((slice) => {
    const part = parts.get(keyText(sliceKey(name, slice)));
    if (part === undefined) throw fault('one of its parts is missing');
    if (part.dtype !== dtype || !fitsShape(slice, shape) || String(sliceShape(slice, shape)) !== String(part.shape)) {
      throw fault('one of its parts does not fit it');
    }
    return { slice, part };
  });
  const filled = known.reduce((count, { part }) => count + elementCount(part.shape), 0);
  if (filled !== elementCount(shape) || filled * size > dataBytes) throw fault(`its parts hold ${filled} of ${elementCount(shape)} values`);
  const covered = new Uint8Array(filled);
  for (const { slice, part } of known) putSlice(covered, new Uint8Array(elementCount(part.shape)).fill(1), slice, shape, 1);
  if (covered.includes(0)) throw fault('its parts overlap');
  const bytes = new Uint8Array(filled * size);
  for (const { slice, part } of known) putSlice(bytes, (await stored(name, part)).bytes, slice, shape, size);
  return { dtype, shape, bytes };
}

function keyText(key: Uint8Array): string {
  let text = '';
  for (const byte of key) text += String.fromCharCode(byte);
  return text;
}

/** A V1 checkpoint is one file without ending, with all values in the table; it counts where it is wanted, or nothing else is there. */
async function refuseV1(files: ReadonlyMap<string, Blob>, wanted: string | undefined): Promise<void> {
  const only = wanted === undefined && ![...files.keys()].some((name) => name.endsWith('.index'));
  for (const [name, blob] of files) {
    const meant = wanted === undefined ? only && /\.ckpt(-\d+)?$/.test(name) : name === baseName(wanted) && !name.endsWith('.index');
    if (meant && (await sniffFile(blob)) === 'checkpoint-index') throw oldFormat(name);
  }
}

/** The header of a V1 file is a message in field 1, where that of a V2 index counts its data files. */
function isV1Header(header: Uint8Array): boolean {
  return header[0] === 0x0a;
}

function oldFormat(fileName: string): GraffitistError {
  return new GraffitistError(
    'file-unsupported',
    'This is a checkpoint in the V1 format of TensorFlow before 1.0, which keeps all in one file.',
    {
      about: fileName,
      remedy: 'Restore it in TensorFlow and save it with tf.train.Saver(write_version=tf.train.SaverDef.V2).',
    },
  );
}

async function readValue(name: string, entry: Entry, file: NamedBlob): Promise<Tensor> {
  const { dtype, shape, offset, size } = entry;
  if (offset < 0 || size < 0 || offset + size > file.blob.size) {
    throw corrupt(file.name, `variable '${name}' ends at byte ${offset + size} and the file has ${file.blob.size}`);
  }
  const bytes = await readBlob(file.blob.slice(offset, offset + size));
  if (dtype === 'string') return readStrings(bytes, shape, entry.crc, (why) => corrupt(file.name, `variable '${name}': ${why}`));
  if (dtypeSize(dtype) === 0 || size !== elementCount(shape) * dtypeSize(dtype)) {
    throw corrupt(file.name, `variable '${name}' (${dtype} of shape [${shape.join(', ')}]) cannot take ${size} bytes`);
  }
  if (crc32c(bytes) !== entry.crc) throw corrupt(file.name, `the checksum of variable '${name}' at byte ${offset} is wrong`);
  return { dtype, shape, bytes };
}

/** What a checkpoint consists of: its index and the chunks of its one data file. */
export interface CheckpointBytes {
  readonly index: Uint8Array;
  readonly data: readonly Uint8Array[];
}

/**
 * Writes variables as a TensorBundle with one data file, in the order of their names, as TensorFlow's Saver does.
 *
 * @throws GraffitistError `variable-missing` for a tensor without numbers
 */
export function writeCheckpoint(tensors: ReadonlyMap<string, Tensor>): CheckpointBytes {
  const encoder = new TextEncoder();
  const sorted = [...tensors]
    .map(([name, tensor]) => ({ key: encoder.encode(name), name, tensor }))
    .sort((a, b) => compareKeys(a.key, b.key));
  const data: Uint8Array[] = [];
  let offset = 0;
  const entries = sorted.map(({ key, name, tensor }): TableEntry => {
    const { bytes, crc } = storedForm(name, tensor);
    const size = bytes.length;
    data.push(bytes);
    const value = tensorflow.BundleEntryProto.encode({
      dtype: dtypeNumber(tensor.dtype),
      shape: encodeShape(tensor.shape),
      ...(offset === 0 ? {} : { offset }),
      ...(size === 0 ? {} : { size }),
      crc32c: maskCrc(crc),
    }).finish();
    offset += size;
    return { key, value: plainBytes(value) };
  });
  const header = tensorflow.BundleHeaderProto.encode({ numShards: 1, version: { producer: 1 } }).finish();
  const index = writeTable([{ key: new Uint8Array(0), value: plainBytes(header) }, ...entries]);
  return { index, data };
}

/** A value as a data file holds it. @throws GraffitistError `variable-missing` for resources and variants */
function storedForm(name: string, { dtype, bytes, strings }: Tensor): { readonly bytes: Uint8Array; readonly crc: number } {
  if (dtype === 'string') return writeStrings(strings ?? []);
  if (dtypeSize(dtype) > 0) return { bytes, crc: crc32c(bytes) };
  throw new GraffitistError('variable-missing', `Variable '${name}' is a ${dtype}, which has no value to write to a checkpoint.`, {
    about: name,
  });
}

/** `writeCheckpoint` as the files `prefix.index` and `prefix.data-00000-of-00001`. */
export function checkpointFiles(prefix: string, tensors: ReadonlyMap<string, Tensor>): NamedBlob[] {
  const { index, data } = writeCheckpoint(tensors);
  return [
    { name: `${prefix}.index`, blob: new Blob([index as BlobPart]) },
    { name: shardName(prefix, 0, 1), blob: new Blob(data.map((chunk) => chunk as BlobPart)) },
  ];
}

function corrupt(fileName: string, why: string): GraffitistError {
  return new GraffitistError('checkpoint-corrupt', `The checkpoint cannot be read: ${why}.`, {
    about: fileName,
    remedy: 'Copy or download it again, or save it again as a TensorBundle (V2) checkpoint.',
  });
}
