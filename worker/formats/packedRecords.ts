import { Gunzip, Unzlib } from 'fflate';
import { GraffitistError } from '../errors.ts';
import { isTfRecord } from './sniff.ts';

const SLICE = 4 * 2 ** 20;
/** What is unpacked is handed to a Blob in portions of this size. */
const PORTION = 16 * 2 ** 20;
/** More than this is no shard. */
const LARGEST = 8 * 2 ** 30;
/** The method, as both headers name it. */
const DEFLATE = 8;

/** Compression as `TFRecordOptions` offers it, told by the first bytes, which are no record's. */
function packing(head: Uint8Array): 'GZIP' | 'ZLIB' | null {
  if (isTfRecord(head)) return null;
  const [first = 0, second = 0, third = 0] = head;
  if (first === 0x1f && second === 0x8b && third === DEFLATE) return 'GZIP';
  const zlib = (first & 0x0f) === DEFLATE && first >> 4 <= 7 && (first * 256 + second) % 31 === 0 && (second & 0x20) === 0;
  return zlib ? 'ZLIB' : null;
}

/**
 * Opens a shard: the records without their compression (gzip or zlib), unpacked piece by piece; a file that has none is handed back.
 * Frames are offsets in what this returns.
 *
 * @throws GraffitistError `tfrecord-malformed` where it cannot be unpacked, is cut off or unpacks to more than 8 GiB
 */
export async function openTfRecords(blob: Blob, name: string): Promise<Blob> {
  const kind = packing(new Uint8Array(await blob.slice(0, 12).arrayBuffer()));
  if (kind === null) return blob;
  const portions: Blob[] = [];
  let chunks: Uint8Array[] = [];
  let [held, total, ended] = [0, 0, false];
  const flush = (): void => {
    portions.push(new Blob(chunks as BlobPart[]));
    chunks = [];
    held = 0;
  };
  const stream = new (kind === 'GZIP' ? Gunzip : Unzlib)((chunk, final) => {
    ended ||= final;
    chunks.push(chunk.slice());
    held += chunk.length;
    total += chunk.length;
    if (total > LARGEST) throw new Error(`it unpacks to more than ${LARGEST} bytes`);
    if (held >= PORTION) flush();
  });
  try {
    for (let at = 0; at < blob.size; at += SLICE) {
      stream.push(new Uint8Array(await blob.slice(at, at + SLICE).arrayBuffer()), at + SLICE >= blob.size);
    }
  } catch (error) {
    throw malformed(name, kind, error instanceof Error ? error.message : String(error));
  }
  if (!ended) throw malformed(name, kind, 'it ends too early');
  flush();
  return new Blob(portions);
}

function malformed(name: string, kind: string, why: string): GraffitistError {
  return new GraffitistError('tfrecord-malformed', `The records, packed with ${kind}, cannot be unpacked: ${why}.`, {
    about: name,
    remedy: 'Copy or download it again, or write it without compression.',
  });
}
