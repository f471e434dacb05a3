import type { GraffitistError } from '../../errors.ts';
import { joinBytes } from '../bytes.ts';
import { exifOrientation, type Orientation } from './exif.ts';
import { starts, unreadable } from './image.ts';
import { isFrame, type JpegFrame, otherForm, readFrame } from './jpegFrame.ts';
import { APP0, APP1, APP14, colourMarkers, EOI, isBare, nextMarker, SOI, SOS, scanEnd, segmentBody } from './jpegMarkers.ts';

/** What of a JPEG file decides its pixels. */
export interface JpegStructure {
  readonly frame: JpegFrame;
  /** An Adobe marker is there: print colours are stored inverted. */
  readonly adobe: boolean;
  readonly orientation: Orientation;
  /** The file again, without what decides nothing: comments, profiles, previews, bytes between segments. */
  readonly bytes: Uint8Array;
}

/** Tables: quantization, Huffman, restart interval. */
const TABLES = new Set([0xdb, 0xc4, 0xdd]);
/** More scans than any encoder makes: each costs a walk over the whole picture. */
const MOST_SCANS = 500;

/**
 * Walks a JPEG file's segments. What is handed on says each thing in one way, so that whatever the decoder then warns of is a loss.
 *
 * @throws GraffitistError `image-unreadable`: cut off, no picture in it, or of a form that is not read
 */
export function jpegStructure(file: Uint8Array, name: string): JpegStructure {
  const kept: Uint8Array[] = [];
  const scanned = new Set<number>();
  let frame: JpegFrame | undefined;
  let jfif = false;
  let transform: number | undefined;
  let orientation: Orientation | undefined;
  let scans = 0;
  for (let at = 2; ; ) {
    const { code, next } = nextMarker(file, at, name);
    at = next;
    if (code === EOI) break;
    if (code === SOI) throw secondPicture(next - 2, name);
    if (isBare(code)) continue;
    const { body, end } = segmentBody(file, next, name);
    const framed = isFrame(code, name);
    if (framed) {
      if (frame !== undefined) throw secondPicture(next - 2, name);
      frame = readFrame(body, name);
    } else if (code === APP0) jfif ||= body.length >= 14 && starts(body, 'JFIF\0');
    else if (code === APP1 && starts(body, 'Exif\0\0')) orientation ??= exifOrientation(body.subarray(6));
    else if (code === APP14 && body.length >= 12 && starts(body, 'Adobe')) transform = body[11];
    at = end;
    if (code === SOS) {
      if (++scans > MOST_SCANS) throw otherForm(name, `it has more than ${MOST_SCANS} scans`);
      for (const id of scanComponents(body)) scanned.add(id);
      at = scanEnd(file, end, name);
    }
    if (framed || code === SOS || TABLES.has(code)) kept.push(file.subarray(next - 2, at));
  }
  if (frame === undefined || scans === 0) throw unreadable(name, 'there is no picture in it');
  checkWhole(frame, scanned, file.length, name);
  const marks = colourMarkers(jfif, transform, frame.components);
  return {
    frame,
    adobe: transform !== undefined,
    orientation: orientation ?? 1,
    bytes: joinBytes([Uint8Array.of(0xff, SOI), ...marks, ...kept, Uint8Array.of(0xff, EOI)]),
  };
}

/** Every component is coded, and every block has the bit that it takes at least. */
function checkWhole({ ids, width, height, blocks }: JpegFrame, scanned: ReadonlySet<number>, bytes: number, name: string): void {
  const missing = ids.find((id) => !scanned.has(id));
  if (missing !== undefined) throw unreadable(name, `nothing in it describes component ${missing} of its colours`);
  if (bytes * 8 < blocks) throw unreadable(name, `${bytes} bytes are too few for ${width} × ${height} pixels`);
}

function scanComponents(body: Uint8Array): number[] {
  return Array.from({ length: Math.min(body[0] ?? 0, 4) }, (_, i) => body[1 + 2 * i] ?? 0);
}

function secondPicture(at: number, name: string): GraffitistError {
  return unreadable(name, `a second picture begins inside it, at byte ${at}`);
}
