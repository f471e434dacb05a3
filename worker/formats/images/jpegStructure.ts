import type { GraffitistError } from '../../errors.ts';
import { joinBytes } from '../bytes.ts';
import { exifOrientation, type Orientation } from './exif.ts';
import { checkSize, starts, unreadable } from './image.ts';

/** What of a JPEG file decides its pixels. */
export interface JpegStructure {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: colour, 4: print colours. */
  readonly components: 1 | 3 | 4;
  /** An Adobe marker is there: print colours are stored inverted. */
  readonly adobe: boolean;
  readonly orientation: Orientation;
  /** The file again, without what decides nothing: comments, profiles, previews, bytes between segments. */
  readonly bytes: Uint8Array;
}

const [SOI, EOI, SOS, TEM, APP0, APP1, APP14] = [0xd8, 0xd9, 0xda, 0x01, 0xe0, 0xe1, 0xee] as const;
/** Start of frame: baseline, extended and progressive, Huffman-coded. */
const FRAMES = new Set([0xc0, 0xc1, 0xc2]);
/** Tables: quantization, Huffman, restart interval. */
const TABLES = new Set([0xdb, 0xc4, 0xdd]);
/** Start of frame of the forms that nobody reads: lossless, hierarchical, arithmetic. */
const OTHER_FRAMES = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);
/** More scans than any encoder makes: each costs a walk over the whole picture. */
const MOST_SCANS = 500;
const BLOCK = 64;

/**
 * Walks a JPEG file's segments. What is handed on holds one way to say each thing, so that whatever the decoder then warns of is a loss.
 *
 * @throws GraffitistError `image-unreadable`: cut off, no picture in it, or of a form that is not read
 */
export function jpegStructure(file: Uint8Array, name: string): JpegStructure {
  const kept: Uint8Array[] = [];
  const scanned = new Set<number>();
  let frame: Frame | undefined;
  let jfif = false;
  let transform: number | undefined;
  let orientation: Orientation | undefined;
  let scans = 0;
  for (let at = 2; ; ) {
    const marker = nextMarker(file, at, name);
    if (marker.code === EOI) break;
    if (marker.code === SOI) throw secondPicture(marker.next - 2, name);
    if (isBare(marker.code)) {
      at = marker.next;
      continue;
    }
    const body = segmentBody(file, marker.next, name);
    const whole = file.subarray(marker.next - 2, body.end);
    if (FRAMES.has(marker.code)) {
      if (frame !== undefined) throw secondPicture(marker.next - 2, name);
      frame = readFrame(body.bytes, name);
    } else if (OTHER_FRAMES.has(marker.code)) throw otherForm(name, 'its way of coding (lossless, hierarchical or arithmetic) is not read');
    else if (marker.code === APP0) jfif ||= body.bytes.length >= 14 && starts(body.bytes, 'JFIF\0');
    else if (marker.code === APP1 && starts(body.bytes, 'Exif\0\0')) orientation ??= exifOrientation(body.bytes.subarray(6));
    else if (marker.code === APP14 && body.bytes.length >= 12 && starts(body.bytes, 'Adobe')) transform = body.bytes[11];
    if (FRAMES.has(marker.code) || TABLES.has(marker.code)) kept.push(whole);
    at = body.end;
    if (marker.code !== SOS) continue;
    if (++scans > MOST_SCANS) throw otherForm(name, `it has more than ${MOST_SCANS} scans`);
    for (const id of scanComponents(body.bytes)) scanned.add(id);
    at = scanEnd(file, body.end, name);
    kept.push(file.subarray(marker.next - 2, at));
  }
  if (frame === undefined || scans === 0) throw unreadable(name, 'there is no picture in it');
  const missing = frame.ids.find((id) => !scanned.has(id));
  if (missing !== undefined) throw unreadable(name, `nothing in it describes component ${missing} of its colours`);
  // Every block takes a bit at least: a few bytes that claim many megapixels are no picture.
  if (file.length * 8 < (frame.width * frame.height) / BLOCK) {
    throw unreadable(name, `${file.length} bytes are too few for ${frame.width} × ${frame.height} pixels`);
  }
  const { width, height, components } = frame;
  return {
    width,
    height,
    components,
    adobe: transform !== undefined,
    orientation: orientation ?? 1,
    bytes: joinBytes([Uint8Array.of(0xff, SOI), ...colourMarkers(jfif, transform, components), ...kept, Uint8Array.of(0xff, EOI)]),
  };
}

interface Frame {
  readonly width: number;
  readonly height: number;
  readonly components: 1 | 3 | 4;
  readonly ids: readonly number[];
}

function readFrame(body: Uint8Array, name: string): Frame {
  const [bits = 0, h1 = 0, h0 = 0, w1 = 0, w0 = 0, components = 0] = body;
  const [width, height] = [w1 * 256 + w0, h1 * 256 + h0];
  if (bits !== 8) throw otherForm(name, `it holds ${bits} bits per sample`);
  if (components !== 1 && components !== 3 && components !== 4) throw otherForm(name, `it has ${components} components`);
  if (body.length !== 6 + 3 * components) throw unreadable(name, 'its header is damaged');
  checkSize(width, height, name);
  return { width, height, components, ids: Array.from({ length: components }, (_, i) => body[6 + 3 * i] ?? 0) };
}

function scanComponents(body: Uint8Array): number[] {
  return Array.from({ length: Math.min(body[0] ?? 0, 4) }, (_, i) => body[1 + 2 * i] ?? 0);
}

/** The next marker from an offset on; bytes before it are stepped over, as every decoder does. */
function nextMarker(file: Uint8Array, from: number, name: string): { readonly code: number; readonly next: number } {
  for (let at = file.indexOf(0xff, from); at >= 0; at = file.indexOf(0xff, at + 1)) {
    const code = file[at + 1];
    if (code !== undefined && code !== 0x00 && code !== 0xff) return { code, next: at + 2 };
  }
  throw cutOff(file, name);
}

/** A segment behind its marker: its length, then what it holds. */
function segmentBody(file: Uint8Array, from: number, name: string): { readonly bytes: Uint8Array; readonly end: number } {
  const length = (file[from] ?? 0) * 256 + (file[from + 1] ?? 0);
  if (from + Math.max(length, 2) > file.length) throw cutOff(file, name);
  if (length < 2) throw unreadable(name, `a segment's length is wrong at byte ${from}`);
  return { bytes: file.subarray(from + 2, from + length), end: from + length };
}

/** Where a scan's coded data ends: at the next marker that is no restart. */
function scanEnd(file: Uint8Array, from: number, name: string): number {
  for (let at = from; ; ) {
    const { code, next } = nextMarker(file, at, name);
    if (!isRestart(code)) return next - 2;
    at = next;
  }
}

const isRestart = (code: number): boolean => code >= 0xd0 && code <= 0xd7;
const isBare = (code: number): boolean => code === TEM || isRestart(code);

/** JFIF and Adobe's segment in their plainest form. A transform that is not known counts as the usual one, as in libjpeg. */
function colourMarkers(jfif: boolean, transform: number | undefined, components: number): Uint8Array[] {
  const ascii = (text: string): number[] => Array.from(text, (character) => character.charCodeAt(0));
  const plain = transform === 0 ? 0 : components === 4 ? 2 : 1;
  return [
    ...(jfif ? [Uint8Array.of(0xff, APP0, 0, 16, ...ascii('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0)] : []),
    ...(transform === undefined ? [] : [Uint8Array.of(0xff, APP14, 0, 14, ...ascii('Adobe'), 0, 100, 0, 0, 0, 0, plain)]),
  ];
}

function cutOff(file: Uint8Array, name: string): GraffitistError {
  return unreadable(name, `the file ends at byte ${file.length}, before the picture does`);
}

function secondPicture(at: number, name: string): GraffitistError {
  return unreadable(name, `a second picture begins inside it, at byte ${at}`);
}

function otherForm(name: string, what: string): GraffitistError {
  return unreadable(name, what, 'Save it again as a baseline or progressive JPEG.');
}
