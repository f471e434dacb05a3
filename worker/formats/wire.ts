/** Protocol buffers at wire level: fields one by one, no schema, no copies. */

/** What is wrong with the bytes, and at which offset of the buffer that was being read. */
export class WireError extends Error {
  readonly offset: number;
  /** The bytes end before the value does: the file may have been cut. */
  readonly truncated: boolean;

  constructor(message: string, offset: number, truncated = false) {
    super(message);
    this.name = 'WireError';
    this.offset = offset;
    this.truncated = truncated;
  }
}

export const VARINT = 0;
export const FIXED64 = 1;
export const LENGTH = 2;
const GROUP_START = 3;
const GROUP_END = 4;
export const FIXED32 = 5;

const DEEPEST_GROUP = 100;

/** Walks the fields of one message. After `next()` says true, the other members describe the field it stands on. */
export class WireReader {
  readonly bytes: Uint8Array;
  readonly end: number;
  field = 0;
  wireType = 0;
  /** Offset of the field's tag. */
  start = 0;
  /** Offsets of the field's value; for LENGTH without its length prefix. */
  from = 0;
  to = 0;
  #pos: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.bytes = bytes;
    this.#pos = from;
    this.end = to;
  }

  /** Steps onto the next field; false at the end of the message. @throws WireError */
  next(): boolean {
    if (this.#pos >= this.end) return false;
    this.start = this.#pos;
    this.#tag();
    if (this.wireType === GROUP_START) this.#skipGroup();
    else this.#value();
    return true;
  }

  /** The value of a LENGTH field, as a view. */
  view(): Uint8Array {
    return this.bytes.subarray(this.from, this.to);
  }

  /** The whole field, tag and length included, as a view. */
  raw(): Uint8Array {
    return this.bytes.subarray(this.start, this.to);
  }

  /** The value of a VARINT field as an unsigned number, rounded beyond 2⁵³. */
  varint(): number {
    return readVarint(this.bytes, this.from, this.to).value;
  }

  #tag(): void {
    // Nearly every tag is one byte.
    const byte = this.bytes[this.#pos] ?? 0;
    if (byte >= 8 && byte < 0x80) {
      this.wireType = byte & 7;
      this.field = byte >> 3;
      this.#pos++;
      return;
    }
    const { value, next } = readVarint(this.bytes, this.#pos, this.end);
    this.wireType = value % 8;
    this.field = Math.floor(value / 8);
    if (this.field === 0 || value > 0xffffffff) throw new WireError('a field number is not valid', this.#pos);
    this.#pos = next;
  }

  #value(): void {
    this.from = this.#pos;
    switch (this.wireType) {
      case VARINT:
        this.to = readVarint(this.bytes, this.from, this.end).next;
        break;
      case FIXED64:
        this.to = this.from + 8;
        break;
      case FIXED32:
        this.to = this.from + 4;
        break;
      case LENGTH: {
        const byte = this.from < this.end ? (this.bytes[this.from] ?? 0) : 0x80;
        if (byte < 0x80) {
          this.from++;
          this.to = this.from + byte;
          break;
        }
        const { value, next } = readVarint(this.bytes, this.from, this.end);
        this.from = next;
        this.to = next + value;
        break;
      }
      default:
        throw new WireError(`a field has the unknown wire type ${this.wireType}`, this.start);
    }
    if (this.to > this.end) {
      throw new WireError(`a field of ${this.to - this.from} bytes needs ${this.to - this.end} more than there are`, this.start, true);
    }
    this.#pos = this.to;
  }

  /** A group (an encoding that TensorFlow never writes) is kept as one opaque field. */
  #skipGroup(): void {
    const { field, start } = this;
    const open = [field];
    this.from = this.#pos;
    while (open.length > 0) {
      if (this.#pos >= this.end) throw new WireError('a group is not closed', start, true);
      this.#tag();
      if (this.wireType === GROUP_START) open.push(this.field);
      else if (this.wireType !== GROUP_END) this.#value();
      else if (open.pop() !== this.field) throw new WireError('a group is closed by another field', this.#pos);
      if (open.length > DEEPEST_GROUP) throw new WireError('groups are nested too deeply', start);
    }
    this.field = field;
    this.wireType = GROUP_START;
    this.start = start;
    this.to = this.#pos;
  }
}

/** An unsigned varint of at most ten bytes; beyond 2⁵³ its value is rounded. @throws WireError */
export function readVarint(bytes: Uint8Array, from: number, end: number): { readonly value: number; readonly next: number } {
  let value = 0;
  let scale = 1;
  for (let at = from; at < end; at++) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return { value, next: at + 1 };
    scale *= 128;
    if (at - from >= 9) throw new WireError('a number is longer than ten bytes', from);
  }
  throw new WireError('a number is cut off', from, true);
}

/** The tag and length that stand before a LENGTH field's value. */
export function lengthPrefix(field: number, length: number): Uint8Array {
  return Uint8Array.from([...varintBytes(field * 8 + LENGTH), ...varintBytes(length)]);
}

/** An unsigned varint. */
export function varintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 128) + 0x80);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Below this many bytes a loop is faster than the platform's decoder. */
const SHORT = 24;

/** UTF-8 text between two offsets, or undefined where the bytes are none. */
export function utf8(bytes: Uint8Array, from = 0, to = bytes.length): string | undefined {
  if (to - from > SHORT) return decode(bytes.subarray(from, to));
  let text = '';
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0;
    if (byte >= 0x80) return decode(bytes.subarray(from, to));
    text += String.fromCharCode(byte);
  }
  return text;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}
