import { GraffitistError } from '../errors.ts';
import { joinBytes } from './bytes.ts';
import { crc32c, maskCrc } from './crc32c.ts';

/** Where a record's payload lies in its file, in bytes. */
export interface RecordFrame {
  readonly offset: number;
  readonly length: number;
}

/** How much of a shard is read at once. */
const PIECE = 4 * 2 ** 20;
/** Before a payload: its length in 8 bytes and the checksum of these. Behind it: its checksum. */
const [HEAD, TAIL] = [12, 4];

/**
 * The frames of a TFRecord file in order, read in pieces of 4 MiB; payloads that reach beyond a piece are stepped over. Lengths are
 * checked against their checksum, payloads only where they are read.
 *
 * @throws GraffitistError `tfrecord-malformed`, naming file and offset, when it comes to a frame that is damaged or cut off: those before
 *   it were handed out and stay usable
 */
export async function* tfRecords(blob: Blob, name: string): AsyncGenerator<RecordFrame, void> {
  let piece = new Uint8Array(0);
  let from = 0;
  for (let at = 0; at < blob.size; ) {
    if (at + HEAD > blob.size) throw cutOff(name, at, blob.size);
    if (at + HEAD > from + piece.length) {
      from = at;
      piece = new Uint8Array(await blob.slice(at, at + PIECE).arrayBuffer());
    }
    const length = frameLength(piece.subarray(at - from, at - from + HEAD), at, name);
    const end = at + HEAD + length + TAIL;
    if (end > blob.size) throw cutOff(name, at, blob.size);
    yield { offset: at + HEAD, length };
    at = end;
  }
}

/** A record's payload. @throws GraffitistError `tfrecord-malformed` where its checksum says that it is damaged */
export async function readTfRecord(blob: Blob, frame: RecordFrame, name: string): Promise<Uint8Array> {
  const { offset, length } = frame;
  const bytes = new Uint8Array(await blob.slice(offset, offset + length + TAIL).arrayBuffer());
  if (bytes.length < length + TAIL) throw cutOff(name, offset - HEAD, blob.size);
  const payload = bytes.subarray(0, length);
  if (storedCrc(bytes, length) !== maskCrc(crc32c(payload))) {
    throw malformed(name, `The record at byte ${offset - HEAD} is damaged: its checksum is wrong.`);
  }
  return payload;
}

/** A record as it stands in a file. */
export function tfRecord(payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(HEAD);
  const view = new DataView(head.buffer);
  view.setBigUint64(0, BigInt(payload.length), true);
  view.setUint32(8, maskCrc(crc32c(head.subarray(0, 8))), true);
  const tail = new Uint8Array(TAIL);
  new DataView(tail.buffer).setUint32(0, maskCrc(crc32c(payload)), true);
  return joinBytes([head, payload, tail]);
}

function frameLength(head: Uint8Array, at: number, name: string): number {
  if (storedCrc(head, 8) !== maskCrc(crc32c(head.subarray(0, 8)))) {
    const cause = at === 0 ? 'This is not a TFRecord file' : `No record begins at byte ${at}`;
    throw malformed(name, `${cause}: the checksum of its length is wrong.`);
  }
  return Number(new DataView(head.buffer, head.byteOffset).getBigUint64(0, true));
}

function storedCrc(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
}

function cutOff(name: string, at: number, size: number): GraffitistError {
  return malformed(name, `The file ends at byte ${size}, inside the record that begins at byte ${at}.`);
}

function malformed(name: string, cause: string): GraffitistError {
  return new GraffitistError('tfrecord-malformed', cause, { about: name, remedy: 'Copy or download it again.' });
}
