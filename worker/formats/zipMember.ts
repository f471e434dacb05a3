import { Inflate, inflateSync } from 'fflate';
import { GraffitistError } from '../errors.ts';
import { joinBytes } from './bytes.ts';
import { crc32 } from './crc32.ts';
import type { ZipMember } from './zipDirectory.ts';

/** What is needed to unpack a file of an archive; plain data that goes to a worker. */
export interface PackedFile extends Pick<ZipMember, 'packedSize' | 'size' | 'method' | 'crc'> {
  /** Its part of the archive. */
  readonly stored: Blob;
}

/** A file of an archive without the archive. Made when it is read: slices of a large archive take more room than its directory. */
export function packedFile({ archive, from, to, packedSize, size, method, crc }: ZipMember): PackedFile {
  return { stored: archive.slice(from, to), packedSize, size, method, crc };
}

const HEADER = 30;
/** Enough for the names before a file's bytes and for what tells its kind. */
const HEAD_READ = 2 ** 16;
/** Files that are unpacked as a whole are pictures. */
const LARGEST = 2 ** 29;

/** Why a file in an archive cannot be unpacked, told by the directory alone; null: it can. */
export function refusalOf({ path, method, encrypted }: ZipMember): GraffitistError | null {
  const remedy = 'Unpack the archive and open the files in it.';
  if (encrypted) return new GraffitistError('file-unsupported', 'It is encrypted.', { about: path, remedy });
  if (method === 0 || method === 8) return null;
  return new GraffitistError('file-unsupported', `It is packed in a way (${method}) that cannot be read.`, { about: path, remedy });
}

/** The bytes of a file in an archive, checked. @throws GraffitistError `zip-malformed` */
export async function unpackMember(file: PackedFile, name: string): Promise<Uint8Array> {
  if (file.size > LARGEST) throw malformed(name, `it unpacks to ${file.size} bytes`);
  const bytes = new Uint8Array(await file.stored.arrayBuffer());
  const start = dataStart(bytes, file, name);
  const packed = bytes.subarray(start, start + file.packedSize);
  const plain = file.method === 0 ? packed : inflate(packed, file.size, name);
  if (plain.length !== file.size) throw malformed(name, `it has ${plain.length} bytes where ${file.size} are listed`);
  if (crc32(plain) !== file.crc) throw malformed(name, 'its checksum is wrong');
  return plain;
}

/**
 * A file in an archive as a Blob: a slice of the archive where it is stored as it is, else unpacked and checked in pieces.
 * @throws GraffitistError `zip-malformed`
 */
export async function memberBlob(file: PackedFile, name: string): Promise<Blob> {
  const head = new Uint8Array(await file.stored.slice(0, HEADER).arrayBuffer());
  const start = dataStart(head, file, name);
  const packed = file.stored.slice(start, start + file.packedSize);
  if (file.method === 0) return packed;
  try {
    const unpacked = packed.stream().pipeThrough(new DecompressionStream('deflate-raw')).pipeThrough(checked(file, name));
    return await new Response(unpacked).blob();
  } catch (error) {
    throw error instanceof GraffitistError ? error : malformed(name, 'its packed bytes are damaged');
  }
}

/** Passes bytes on as long as they can be the file's; their number and sum must be right at the end. */
function checked({ size, crc }: PackedFile, name: string): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let seen = 0;
  let sum = 0;
  return new TransformStream({
    transform(chunk, out) {
      seen += chunk.length;
      if (seen > size) throw malformed(name, `it has more bytes than the ${size} that are listed`);
      sum = crc32(chunk, sum);
      out.enqueue(chunk);
    },
    flush() {
      if (seen !== size) throw malformed(name, `it has ${seen} bytes where ${size} are listed`);
      if (sum !== crc) throw malformed(name, 'its checksum is wrong');
    },
  });
}

/** The first bytes of a file in an archive, some KiB where there are so many. @throws GraffitistError `zip-malformed` */
export async function memberHead(file: PackedFile, name: string): Promise<Uint8Array> {
  const bytes = new Uint8Array(await file.stored.slice(0, HEAD_READ).arrayBuffer());
  const start = dataStart(bytes, file, name);
  const packed = bytes.subarray(start, start + file.packedSize);
  if (file.method === 0) return packed;
  const chunks: Uint8Array[] = [];
  try {
    new Inflate((chunk) => chunks.push(chunk)).push(packed);
  } catch (error) {
    throw malformed(name, `its packed bytes are damaged (${error instanceof Error ? error.message : String(error)})`);
  }
  return joinBytes(chunks);
}

/** The name and an extra field, which differs from the directory's, stand before the bytes. */
function dataStart(bytes: Uint8Array, file: PackedFile, name: string): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < HEADER || view.getUint32(0, true) !== 0x04034b50) throw malformed(name, 'its header is not where the directory says');
  const start = HEADER + view.getUint16(26, true) + view.getUint16(28, true);
  if (start + file.packedSize > file.stored.size) throw malformed(name, 'it ends too early');
  return start;
}

function inflate(packed: Uint8Array, size: number, name: string): Uint8Array {
  try {
    return inflateSync(packed, { out: new Uint8Array(size) });
  } catch (error) {
    throw malformed(name, `its packed bytes are damaged (${error instanceof Error ? error.message : String(error)})`);
  }
}

function malformed(about: string, why: string): GraffitistError {
  return new GraffitistError('zip-malformed', `It cannot be unpacked: ${why}.`, { about, remedy: 'Make or download the archive again.' });
}
