import { GraffitistError } from '../errors.ts';
import { FIXED32, LENGTH, readVarint, utf8, VARINT, WireError, WireReader } from './wire.ts';

/** A feature of an example: one of three kinds of lists. int64 values beyond 2⁵³ are rounded. */
export type Feature =
  | { readonly kind: 'bytes'; readonly values: readonly Uint8Array[] }
  | { readonly kind: 'float'; readonly values: readonly number[] }
  | { readonly kind: 'int64'; readonly values: readonly number[] };

/** A `tf.train.Example`: features by their keys. */
export type Example = ReadonlyMap<string, Feature>;

/** By the number of their field. */
export const FEATURE_KINDS = ['bytes', 'float', 'int64'] as const;

/**
 * Reads a `tf.train.Example` (example.proto, feature.proto). Values are views on `bytes`; a feature without a list is left out, of a key
 * that stands twice the last one counts, as in every protobuf reader.
 *
 * @throws GraffitistError `tfrecord-malformed`; `name` says which record
 */
export function readExample(bytes: Uint8Array, name: string): Example {
  try {
    const example = new Map<string, Feature>();
    for (const features of messages(bytes, 1)) for (const entry of messages(features, 1)) readEntry(entry, example);
    return example;
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new GraffitistError('tfrecord-malformed', `This is not a tf.train.Example: ${error.message}.`, {
      about: name,
      remedy: 'Write it with tf.train.Example, one image per record.',
    });
  }
}

/** The values of one LENGTH field of a message. */
function* messages(bytes: Uint8Array, field: number): Generator<Uint8Array> {
  const reader = new WireReader(bytes);
  while (reader.next()) if (reader.field === field && reader.wireType === LENGTH) yield reader.view();
}

function readEntry(entry: Uint8Array, example: Map<string, Feature>): void {
  const key = utf8([...messages(entry, 1)].at(-1) ?? new Uint8Array(0));
  if (key === undefined) throw new WireError('a key is no UTF-8 text', 0);
  let feature: Feature | undefined;
  for (const value of messages(entry, 2)) {
    const reader = new WireReader(value);
    while (reader.next()) {
      const kind = FEATURE_KINDS[reader.field - 1];
      if (kind !== undefined && reader.wireType === LENGTH) feature = readList(kind, reader.view());
    }
  }
  if (feature !== undefined) example.set(key, feature);
}

function readList(kind: Feature['kind'], list: Uint8Array): Feature {
  const reader = new WireReader(list);
  const [chunks, numbers]: [Uint8Array[], number[]] = [[], []];
  while (reader.next()) {
    if (reader.field !== 1) continue;
    const { wireType, from, to } = reader;
    if (kind === 'bytes' && wireType === LENGTH) chunks.push(reader.view());
    else if (kind === 'float' && (wireType === FIXED32 || wireType === LENGTH)) readFloats(list, from, to, numbers);
    else if (kind === 'int64' && (wireType === VARINT || wireType === LENGTH)) readIntegers(list, from, to, numbers);
  }
  return kind === 'bytes' ? { kind, values: chunks } : { kind, values: numbers };
}

function readFloats(list: Uint8Array, from: number, to: number, into: number[]): void {
  if ((to - from) % 4 !== 0) throw new WireError('a list of floats ends inside one', from);
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  for (let at = from; at < to; at += 4) into.push(view.getFloat32(at, true));
}

function readIntegers(list: Uint8Array, from: number, to: number, into: number[]): void {
  for (let at = from; at < to; ) {
    const { value, next } = readVarint(list, at, to);
    // Negative numbers are ten bytes long, and rounding may not touch them.
    into.push(next - at < 8 ? value : Number(BigInt.asIntN(64, exactVarint(list, at, next))));
    at = next;
  }
}

function exactVarint(bytes: Uint8Array, from: number, to: number): bigint {
  let value = 0n;
  for (let at = to - 1; at >= from; at--) value = (value << 7n) | BigInt((bytes[at] ?? 0) & 0x7f);
  return value;
}
