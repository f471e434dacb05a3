import type { GraffitistError } from '../../errors.ts';
import { unreadable } from './image.ts';

/** Markers by the byte behind 0xff. */
export const [SOI, EOI, SOS, APP0, APP1, APP14] = [0xd8, 0xd9, 0xda, 0xe0, 0xe1, 0xee] as const;
const TEM = 0x01;

const isRestart = (code: number): boolean => code >= 0xd0 && code <= 0xd7;

/** Whether a marker stands alone, without length and body. */
export const isBare = (code: number): boolean => code === TEM || isRestart(code);

/**
 * The next marker from an offset on; bytes before it are stepped over, as every decoder does.
 * @throws GraffitistError `image-unreadable` at the file's end
 */
export function nextMarker(file: Uint8Array, from: number, name: string): { readonly code: number; readonly next: number } {
  for (let at = file.indexOf(0xff, from); at >= 0; at = file.indexOf(0xff, at + 1)) {
    const code = file[at + 1];
    if (code !== undefined && code !== 0x00 && code !== 0xff) return { code, next: at + 2 };
  }
  throw cutOff(file, name);
}

/** What stands behind a marker: its length, then its body. @throws GraffitistError `image-unreadable` */
export function segmentBody(file: Uint8Array, from: number, name: string): { readonly body: Uint8Array; readonly end: number } {
  const length = (file[from] ?? 0) * 256 + (file[from + 1] ?? 0);
  if (from + Math.max(length, 2) > file.length) throw cutOff(file, name);
  if (length < 2) throw unreadable(name, `a segment's length is wrong at byte ${from}`);
  return { body: file.subarray(from + 2, from + length), end: from + length };
}

/** Where a scan's coded data ends: at the next marker that is no restart. @throws GraffitistError `image-unreadable` */
export function scanEnd(file: Uint8Array, from: number, name: string): number {
  for (let at = from; ; ) {
    const { code, next } = nextMarker(file, at, name);
    if (!isRestart(code)) return next - 2;
    at = next;
  }
}

/** JFIF's and Adobe's segment in their plainest form. A transform that is not known counts as the usual one, as in libjpeg. */
export function colourMarkers(jfif: boolean, transform: number | undefined, components: number): Uint8Array[] {
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
