import { examples } from '../../test/images/examples.ts';
import { imageForms } from '../../test/images/forms.ts';
import { decoder } from '../../test/images/nodeDecoder.ts';
import { pngChunk } from '../../test/images/pngWriter.ts';
import { GraffitistError } from '../../worker/errors.ts';
import { joinBytes } from '../../worker/formats/bytes.ts';
import { readExample } from '../../worker/formats/example.ts';
import { writeExample } from '../../worker/formats/exampleWriter.ts';
import { imageExample } from '../../worker/formats/imageExample.ts';
import { openTfRecords } from '../../worker/formats/packedRecords.ts';
import { readTfRecord, tfRecord, tfRecords } from '../../worker/formats/tfrecord.ts';

const [SIGNATURE, CHUNK] = [8, 12];

export const jpegs: readonly Uint8Array[] = imageForms().flatMap(({ kind, bytes }) => (kind === 'jpeg' ? [bytes] : []));
export const pngs: readonly Uint8Array[] = imageForms().flatMap(({ kind, bytes }) => (kind === 'png' ? [bytes] : []));

/** A picture after the damage, in full. */
export async function decodeImage(bytes: Uint8Array): Promise<void> {
  const { width, height, pixels } = await decoder.decode(bytes, 'damaged');
  if (pixels.length !== width * height * 3) throw new Error(`${width} × ${height} pixels are ${pixels.length} bytes.`);
}

/** A PNG file's chunks without lengths and checksums: a letter that is damaged is a chunk that is. */
export function chunksOf(file: Uint8Array): Uint8Array {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const parts: Uint8Array[] = [];
  for (let at = SIGNATURE; at < file.length; ) {
    const length = view.getUint32(at);
    parts.push(Uint8Array.of(length >> 8, length & 0xff), file.subarray(at + 4, at + 8 + length));
    at += CHUNK + length;
  }
  return joinBytes(parts);
}

/** The file of such chunks, lengths and checksums right. */
export function withChunks(bytes: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)];
  for (let at = 0; at + 6 <= bytes.length; ) {
    const length = Math.min((bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0), bytes.length - at - 6);
    const type = String.fromCharCode(...bytes.subarray(at + 2, at + 6).map((byte) => byte & 0x7f));
    parts.push(pngChunk(type, bytes.subarray(at + 6, at + 6 + length)));
    at += 6 + length;
  }
  return joinBytes(parts);
}

export const records: readonly Uint8Array[] = [joinBytes(examples().map((example) => tfRecord(writeExample(example))))];
export const exampleSeeds: readonly Uint8Array[] = examples().map(writeExample);

/** Every record of a shard, those that are damaged left out. */
export async function readShard(bytes: Uint8Array): Promise<void> {
  const blob = await openTfRecords(new Blob([bytes as BlobPart]), 'damaged.tfrecord');
  for await (const frame of tfRecords(blob, 'damaged.tfrecord')) {
    try {
      readExample(await readTfRecord(blob, frame, 'damaged.tfrecord'), 'damaged.tfrecord');
    } catch (error) {
      if (!(error instanceof GraffitistError)) throw error;
    }
  }
}

export function readImageExample(bytes: Uint8Array): void {
  imageExample(readExample(bytes, 'damaged'), 'damaged');
}
