import { GraffitistError } from '../errors.ts';
import type { NamedBlob } from './checkpointFiles.ts';
import { utf8 } from './wire.ts';

/** A file in an archive, as its directory lists it; its bytes are read when they are asked for (`zipMember.ts`). */
export interface ZipMember {
  readonly path: string;
  /** Where in the archive it lies, from its header up to whatever follows. */
  readonly archive: Blob;
  readonly from: number;
  readonly to: number;
  /** Bytes as they are packed, and unpacked. */
  readonly packedSize: number;
  readonly size: number;
  /** How it is packed: 0 not at all, 8 deflate; others cannot be read. */
  readonly method: number;
  readonly crc: number;
  readonly encrypted: boolean;
}

/** A comment behind the directory may be so long. */
const LONGEST_COMMENT = 65535;
const END = 22;
const END_64 = 56;
const LOCATOR_64 = 20;
const ENTRY = 46;
/** A directory that claims to be larger is none: more than ten million files. */
const LARGEST_DIRECTORY = 2 ** 30;

/**
 * The files in a .zip by its directory, which stands at the end: nothing else of the archive is read, whatever its size. Folders are left out.
 * @throws GraffitistError `file-truncated` where the directory is not there, `file-unsupported` for one of several parts, `zip-malformed`
 */
export async function zipMembers({ name, blob }: NamedBlob): Promise<readonly ZipMember[]> {
  const end = await readEnd(blob, name);
  if (end.size > LARGEST_DIRECTORY || end.offset + end.size > end.at) throw malformed(name, 'its directory lies outside of it');
  const directory = await bytesOf(blob, end.offset, end.offset + end.size);
  const found = [...entries(directory, end.count, name)];
  // A member ends where the next one or the directory begins.
  const starts = Float64Array.from(found, (entry) => entry.offset).sort();
  const ends = new Map<number, number>();
  starts.forEach((start, i) => {
    ends.set(start, starts[i + 1] ?? end.offset);
  });
  return found
    .filter(({ path }) => !path.endsWith('/'))
    .map(({ offset, ...entry }) => {
      const until = ends.get(offset) ?? offset;
      if (offset + entry.packedSize > until) throw malformed(name, `'${entry.path}' runs into what follows it`);
      return { ...entry, archive: blob, from: offset, to: until };
    });
}

interface Directory {
  readonly count: number;
  readonly size: number;
  readonly offset: number;
  /** Where the record that says so stands. */
  readonly at: number;
}

async function readEnd(blob: Blob, name: string): Promise<Directory> {
  const from = Math.max(0, blob.size - END - LONGEST_COMMENT - LOCATOR_64);
  const tail = await bytesOf(blob, from, blob.size);
  const view = viewOf(tail);
  for (let at = tail.length - END; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50 || at + END + view.getUint16(at + 20, true) > tail.length) continue;
    if (view.getUint16(at + 4, true) !== view.getUint16(at + 6, true))
      throw unsupported(name, 'The archive is one of several parts.', 'Join the parts, or unpack them.');
    const end = { count: view.getUint16(at + 10, true), size: view.getUint32(at + 12, true), offset: view.getUint32(at + 16, true) };
    const large = end.count === 0xffff || end.size === 0xffffffff || end.offset === 0xffffffff;
    if (large && at >= LOCATOR_64 && view.getUint32(at - LOCATOR_64, true) === 0x07064b50)
      return readEnd64(blob, large64(view, at - LOCATOR_64 + 8), name);
    return { ...end, at: from + at };
  }
  throw new GraffitistError('file-truncated', 'The archive has no directory: its end is missing.', {
    about: name,
    remedy: 'Copy or download it again.',
  });
}

/** The directory of an archive beyond 4 GiB or 65,535 files (zip64). */
async function readEnd64(blob: Blob, at: number, name: string): Promise<Directory> {
  const bytes = await bytesOf(blob, at, at + END_64);
  const view = viewOf(bytes);
  if (bytes.length < END_64 || view.getUint32(0, true) !== 0x06064b50) throw malformed(name, 'the record of its directory is damaged');
  return { count: large64(view, 32), size: large64(view, 40), offset: large64(view, 48), at };
}

function* entries(
  bytes: Uint8Array,
  count: number,
  name: string,
): Generator<Omit<ZipMember, 'archive' | 'from' | 'to'> & { readonly offset: number }> {
  const view = viewOf(bytes);
  let at = 0;
  for (let i = 0; i < count; i++) {
    if (at + ENTRY > bytes.length || view.getUint32(at, true) !== 0x02014b50)
      throw malformed(name, `its directory is damaged at entry ${i + 1} of ${count}`);
    const flags = view.getUint16(at + 8, true);
    const pathEnd = at + ENTRY + view.getUint16(at + 28, true);
    const extraEnd = pathEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > bytes.length) throw malformed(name, `its directory is damaged at entry ${i + 1} of ${count}`);
    const plain = {
      size: view.getUint32(at + 24, true),
      packedSize: view.getUint32(at + 20, true),
      offset: view.getUint32(at + 42, true),
    };
    yield {
      path: utf8(bytes, at + ENTRY, pathEnd) ?? latin1(bytes.subarray(at + ENTRY, pathEnd)),
      method: view.getUint16(at + 10, true),
      crc: view.getUint32(at + 16, true),
      encrypted: (flags & 1) === 1,
      ...large(view, pathEnd, extraEnd, plain),
    };
    at = next;
  }
}

interface Sizes {
  readonly size: number;
  readonly packedSize: number;
  readonly offset: number;
}

/** Numbers that do not fit into 32 bits stand, in this order, in the extra field 1. */
function large(view: DataView, from: number, to: number, plain: Sizes): Sizes {
  for (let at = from; at + 4 <= to; ) {
    const end = at + 4 + view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      let field = at + 4;
      const next = (value: number): number => {
        if (value !== 0xffffffff || field + 8 > Math.min(end, to)) return value;
        field += 8;
        return large64(view, field - 8);
      };
      return { size: next(plain.size), packedSize: next(plain.packedSize), offset: next(plain.offset) };
    }
    at = end;
  }
  return plain;
}

function large64(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}

function latin1(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

async function bytesOf(blob: Blob, from: number, to: number): Promise<Uint8Array> {
  return new Uint8Array(await blob.slice(from, to).arrayBuffer());
}

function malformed(about: string, why: string): GraffitistError {
  return new GraffitistError('zip-malformed', `The archive cannot be read: ${why}.`, { about, remedy: 'Copy or download it again.' });
}

function unsupported(about: string, cause: string, remedy: string): GraffitistError {
  return new GraffitistError('file-unsupported', cause, { about, remedy });
}
