import { joinBytes } from '../bytes.ts';
import { exifOrientation, type Orientation } from './exif.ts';
import { checkSize, unreadable } from './image.ts';

/** What of a PNG file decides its colours. */
export interface PngChunks {
  readonly width: number;
  readonly height: number;
  readonly orientation: Orientation;
  /** The file again with header, palette and image data alone: transparency is dropped, notes need not be sound. */
  readonly bytes: Uint8Array;
}

const SIGNATURE = 8;
/** Of a chunk: length and type before it, checksum behind it. */
const [HEAD, TAIL] = [8, 4];
const HEADER = 13;
/** Samples per pixel by colour type. */
const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
/** Deflate makes no more than this of a byte. */
const MOST_INFLATED = 1032;

/** Walks a PNG file's chunks. @throws GraffitistError `image-unreadable`: cut off, without picture, or with a chunk that nobody knows */
export function pngChunks(file: Uint8Array, name: string): PngChunks {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const kept = [file.subarray(0, SIGNATURE)];
  let orientation: Orientation = 1;
  let packed = 0;
  let header: Uint8Array | undefined;
  for (let at = SIGNATURE, type = ''; type !== 'IEND'; ) {
    const length = at + HEAD <= file.length ? view.getUint32(at) : 0;
    const end = at + HEAD + length + TAIL;
    if (end > file.length) throw unreadable(name, `the file ends at byte ${file.length}, before the picture does`);
    type = String.fromCharCode(...file.subarray(at + 4, at + HEAD));
    const body = file.subarray(at + HEAD, end - TAIL);
    if (header === undefined) {
      if (type !== 'IHDR' || length !== HEADER) throw unreadable(name, 'its header is missing');
      header = body;
    }
    if (type === 'IHDR' || type === 'PLTE' || type === 'IDAT' || type === 'IEND') kept.push(file.subarray(at, end));
    else if (type === 'eXIf') orientation = exifOrientation(body);
    else if (isCritical(file[at + 4] ?? 0)) throw unreadable(name, `it holds a chunk of an unknown kind at byte ${at}`);
    if (type === 'IDAT') packed += length;
    at = end;
  }
  const { width, height, bytes } = size(header ?? new Uint8Array(HEADER), name);
  if (packed === 0) throw unreadable(name, 'there is no picture in it');
  if (bytes > packed * MOST_INFLATED) throw unreadable(name, `${packed} bytes are too few for ${width} × ${height} pixels`);
  return { width, height, orientation, bytes: joinBytes(kept) };
}

/** A chunk whose type begins with a capital must be understood. */
const isCritical = (first: number): boolean => (first & 0x20) === 0;

/** Width and height, and the bytes of the picture before it is packed, as few as they can be. */
function size(header: Uint8Array, name: string): { readonly width: number; readonly height: number; readonly bytes: number } {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  checkSize(width, height, name);
  const bits = (header[8] ?? 0) * (SAMPLES[header[9] ?? 0] ?? 0);
  return { width, height, bytes: Math.ceil((width * height * bits) / 8) };
}
