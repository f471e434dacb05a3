import { describe, expect, it } from 'vitest';
import { exifOrientation } from '../../../../worker/formats/images/exif.ts';
import { exif, exifData, segment, writeJpeg } from '../../../images/jpegWriter.ts';
import { decoder } from '../../../images/nodeDecoder.ts';
import { writePng } from '../../../images/pngWriter.ts';

/** Two by three blocks of 8×8 pixels, each of one shade, so that JPEG keeps them. */
const SHADES = ['ab', 'cd', 'ef'];
const VALUES: Readonly<Record<string, number>> = { a: 0, b: 50, c: 100, d: 150, e: 200, f: 250 };

/** How that picture stands upright when stored with each orientation, by the EXIF standard: where its first row and column are shown. */
const UPRIGHT: readonly (readonly [orientation: number, blocks: readonly string[]])[] = [
  [1, ['ab', 'cd', 'ef']],
  [2, ['ba', 'dc', 'fe']],
  [3, ['fe', 'dc', 'ba']],
  [4, ['ef', 'cd', 'ab']],
  [5, ['ace', 'bdf']],
  [6, ['eca', 'fdb']],
  [7, ['fdb', 'eca']],
  [8, ['bdf', 'ace']],
];

const shade = (x: number, y: number): number => VALUES[SHADES[y >> 3]?.[x >> 3] ?? ''] ?? 0;
const jpeg = (segments: readonly Uint8Array[]): Uint8Array =>
  writeJpeg({ width: 16, height: 24, components: [{ id: 1, h: 1, v: 1, sample: shade }], segments });
const png = (orientation: number): Uint8Array =>
  writePng({ width: 16, height: 24, colour: 0, depth: 8, sample: shade, chunks: [['eXIf', exifData(orientation)]] });

/** The shades of a picture's blocks, as letters; every pixel of a block must have its shade up to what JPEG loses. */
async function blocks(bytes: Uint8Array, orientation = true): Promise<string[]> {
  const { width, height, pixels } = await decoder.decode(bytes, 'turned', { orientation });
  const letter = (x: number, y: number): string => {
    const value = pixels[3 * (y * width + x)] ?? 0;
    return Object.entries(VALUES).find(([, other]) => Math.abs(other - value) < 12)?.[0] ?? '?';
  };
  return Array.from({ length: height / 8 }, (_, row) =>
    Array.from({ length: width / 8 }, (_, column) => {
      const letters = new Set(Array.from({ length: 64 }, (_, i) => letter(column * 8 + (i % 8), row * 8 + (i >> 3))));
      return [...letters].join('|');
    }).join(''),
  );
}

describe('EXIF orientation', () => {
  it.each(UPRIGHT)('IMG4: %d is turned upright, in either byte order, JPEG and PNG', async (orientation, upright) => {
    expect(await blocks(jpeg([exif(orientation, 'II')]))).toEqual(upright);
    expect(await blocks(jpeg([exif(orientation, 'MM')]))).toEqual(upright);
    expect(await blocks(png(orientation))).toEqual(upright);
  });

  it.each(UPRIGHT)('IMG4: %d stays as stored where that is asked for', async (orientation) => {
    expect(await blocks(jpeg([exif(orientation)]), false)).toEqual(SHADES);
  });

  it('IMG4: the first EXIF segment counts', async () => {
    expect(await blocks(jpeg([exif(3), exif(6)]))).toEqual(['fe', 'dc', 'ba']);
  });

  it.each([
    ['no orientation', exifData(0)],
    ['an orientation of 9', exifData(9)],
    ['another type', exifData(6).fill(4, 12, 13)],
    ['a directory outside the data', exifData(6).fill(200, 4, 5)],
    ['another byte order', exifData(6).fill(0, 0, 2)],
    ['nothing', new Uint8Array(0)],
    ['half an entry', exifData(6).subarray(0, 20)],
  ])('IMG4: EXIF data with %s turns nothing', async (_, data) => {
    expect(exifOrientation(data)).toBe(1);
    expect(await blocks(jpeg([segment(0xe1, [...new TextEncoder().encode('Exif\0\0'), ...data])]))).toEqual(SHADES);
  });
});
