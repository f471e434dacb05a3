import { joinBytes } from './bytes.ts';
import { crc32c, maskCrc } from './crc32c.ts';
import { unpackSnappy } from './snappy.ts';
import { readVarint, varintBytes, WireError } from './wire.ts';

/**
 * Sorted tables of keys and values in the file format of LevelDB, as TensorFlow writes a checkpoint's index: blocks of entries,
 * an index of the blocks, and a footer that says where the index is.
 */
export interface TableEntry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Length of the footer: two block handles padded to 40 bytes, and the magic number. */
const FOOTER = 48;
const MAGIC = [0x57, 0xfb, 0x80, 0x8b, 0x24, 0x75, 0x47, 0xdb];
/** After each block: its compression and its checksum. */
const TRAILER = 5;
const SNAPPY = 1;
/** TensorFlow's own settings. */
const BLOCK_SIZE = 262144;
const RESTART_INTERVAL = 16;

/** Keys share prefixes with their neighbours; all keys together may be this many times longer than the file. */
const KEY_EXPANSION = 64;

interface Handle {
  readonly offset: number;
  readonly size: number;
}

/**
 * The entries of a table file in the order of their keys, checksums checked. Values are views on `file`.
 *
 * @throws WireError where the file is no such table or is damaged
 */
export function readTable(file: Uint8Array): TableEntry[] {
  const start = file.length - FOOTER;
  if (start < 0 || MAGIC.some((byte, i) => file[start + 40 + i] !== byte))
    throw new WireError('the end of a table file is missing', Math.max(0, start), true);
  const metaindex = readHandle(file, start, start + 40);
  const budget = { keyBytes: file.length * KEY_EXPANSION };
  const index = readBlock(file, readHandle(file, metaindex.next, start + 40).handle, budget);
  let end = 0;
  return index.flatMap(({ value }) => {
    const { handle } = readHandle(value, 0, value.length);
    if (handle.offset < end) throw new WireError('blocks overlap', handle.offset);
    end = handle.offset + handle.size;
    return readBlock(file, handle, budget);
  });
}

/** A table file of entries whose keys ascend. The same bytes as TensorFlow's own writer. */
export function writeTable(entries: readonly TableEntry[]): Uint8Array {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  const put = (block: Uint8Array): Uint8Array => {
    const handle = Uint8Array.from([...varintBytes(offset), ...varintBytes(block.length)]);
    chunks.push(block, blockTrailer(block));
    offset += block.length + TRAILER;
    return handle;
  };

  const index = new BlockBuilder(1);
  let block = new BlockBuilder(RESTART_INTERVAL);
  entries.forEach((entry, i) => {
    block.add(entry.key, entry.value);
    const next = entries[i + 1];
    if (next !== undefined && block.size < BLOCK_SIZE) return;
    index.add(next === undefined ? shortSuccessor(entry.key) : shortSeparator(entry.key, next.key), put(block.finish()));
    block = new BlockBuilder(RESTART_INTERVAL);
  });
  const metaindex = put(new BlockBuilder(RESTART_INTERVAL).finish());
  const footer = new Uint8Array(FOOTER);
  footer.set([...metaindex, ...put(index.finish())]);
  footer.set(MAGIC, 40);
  return joinBytes([...chunks, footer]);
}

/** Orders keys as the table does: byte by byte. */
export function compareKeys(a: Uint8Array, b: Uint8Array): number {
  const shared = sharedPrefix(a, b);
  return shared === Math.min(a.length, b.length) ? a.length - b.length : (a[shared] ?? 0) - (b[shared] ?? 0);
}

function readHandle(bytes: Uint8Array, from: number, end: number): { readonly handle: Handle; readonly next: number } {
  const offset = readVarint(bytes, from, end);
  const size = readVarint(bytes, offset.next, end);
  return { handle: { offset: offset.value, size: size.value }, next: size.next };
}

function readBlock(file: Uint8Array, { offset, size }: Handle, budget: { keyBytes: number }): TableEntry[] {
  if (offset + size + TRAILER > file.length - FOOTER || size < 4) throw new WireError('a block lies outside the file', offset);
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (maskCrc(crc32c(file.subarray(offset, offset + size + 1))) !== view.getUint32(offset + size + 1, true)) {
    throw new WireError('the checksum of a block is wrong', offset);
  }
  const compression = file[offset + size];
  if (compression === SNAPPY) return entriesOf(unpackSnappy(file.subarray(offset, offset + size)), budget);
  if (compression !== 0) throw new WireError(`a block is compressed (type ${compression})`, offset);
  return entriesOf(file.subarray(offset, offset + size), budget);
}

/** A block ends with the places of its restarts and their count. */
function entriesOf(block: Uint8Array, budget: { keyBytes: number }): TableEntry[] {
  if (block.length < 4) throw new WireError('a block is too short', 0);
  const restarts = new DataView(block.buffer, block.byteOffset, block.byteLength).getUint32(block.length - 4, true);
  const end = block.length - 4 * (restarts + 1);
  if (end < 0) throw new WireError('a block has too many restarts', 0);
  return readEntries(block, 0, end, budget);
}

function readEntries(file: Uint8Array, from: number, end: number, budget: { keyBytes: number }): TableEntry[] {
  const entries: TableEntry[] = [];
  let previous = new Uint8Array(0);
  for (let at = from; at < end; ) {
    const shared = readVarint(file, at, end);
    const own = readVarint(file, shared.next, end);
    const length = readVarint(file, own.next, end);
    const value = length.next + own.value;
    if (shared.value > previous.length || value + length.value > end) throw new WireError('an entry does not fit its block', at);
    budget.keyBytes -= shared.value + own.value;
    if (budget.keyBytes < 0) throw new WireError('the keys are far longer than the file', at);
    const key = new Uint8Array(shared.value + own.value);
    key.set(previous.subarray(0, shared.value));
    key.set(file.subarray(length.next, value), shared.value);
    if (entries.length > 0 && compareKeys(previous, key) >= 0) throw new WireError('keys are out of order', at);
    at = value + length.value;
    entries.push({ key, value: file.subarray(value, at) });
    previous = key;
  }
  return entries;
}

function blockTrailer(block: Uint8Array): Uint8Array {
  const trailer = new Uint8Array(TRAILER);
  new DataView(trailer.buffer).setUint32(1, maskCrc(crc32c(trailer.subarray(0, 1), crc32c(block))), true);
  return trailer;
}

/** Collects entries; every so many, a key is written whole and its place noted. */
class BlockBuilder {
  readonly #interval: number;
  readonly #chunks: Uint8Array[] = [];
  readonly #restarts = [0];
  #bytes = 0;
  #count = 0;
  #last: Uint8Array = new Uint8Array(0);

  constructor(interval: number) {
    this.#interval = interval;
  }

  /** Bytes that `finish` would give now. */
  get size(): number {
    return this.#bytes + 4 * (this.#restarts.length + 1);
  }

  add(key: Uint8Array, value: Uint8Array): void {
    const whole = this.#count > 0 && this.#count % this.#interval === 0;
    if (whole) this.#restarts.push(this.#bytes);
    const shared = whole ? 0 : sharedPrefix(this.#last, key);
    const head = Uint8Array.from([...varintBytes(shared), ...varintBytes(key.length - shared), ...varintBytes(value.length)]);
    const parts = [head, key.subarray(shared), value];
    this.#chunks.push(...parts);
    this.#bytes += parts.reduce((bytes, part) => bytes + part.length, 0);
    this.#count++;
    this.#last = key;
  }

  finish(): Uint8Array {
    const tail = new DataView(new ArrayBuffer(4 * (this.#restarts.length + 1)));
    this.#restarts.forEach((restart, i) => {
      tail.setUint32(4 * i, restart, true);
    });
    tail.setUint32(4 * this.#restarts.length, this.#restarts.length, true);
    return joinBytes([...this.#chunks, new Uint8Array(tail.buffer)]);
  }
}

function sharedPrefix(a: Uint8Array, b: Uint8Array): number {
  const limit = Math.min(a.length, b.length);
  let shared = 0;
  while (shared < limit && a[shared] === b[shared]) shared++;
  return shared;
}

/** A short key k with start ≤ k < limit. */
function shortSeparator(start: Uint8Array, limit: Uint8Array): Uint8Array {
  const at = sharedPrefix(start, limit);
  const byte = start[at];
  if (byte === undefined || at >= limit.length || byte === 0xff || byte + 1 >= (limit[at] ?? 0)) return start;
  return Uint8Array.from([...start.subarray(0, at), byte + 1]);
}

/** A short key k with key ≤ k. */
function shortSuccessor(key: Uint8Array): Uint8Array {
  const at = key.findIndex((byte) => byte !== 0xff);
  return at < 0 ? key : Uint8Array.from([...key.subarray(0, at), (key[at] ?? 0) + 1]);
}
