import { GraffitistError } from '../../errors.ts';

/** A decoded picture: RGB bytes, row after row, upright. */
export interface Image {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

export interface DecodeOptions {
  /** Turn the picture as its EXIF orientation says (the default). TensorFlow never does. */
  readonly orientation?: boolean;
}

export interface ImageDecoder {
  /** @throws GraffitistError `image-unreadable`, naming the file */
  decode(bytes: Uint8Array, name: string, options?: DecodeOptions): Promise<Image>;
}

/** More pixels than this are no photograph: 178 megapixels, where Pillow stops too. */
export const MOST_PIXELS = 178_956_970;

/** What a file is, told by its bytes whatever its name says; null: a picture of another kind, or none. */
export function imageKind(bytes: Uint8Array): 'jpeg' | 'png' | null {
  if (starts(bytes, '\xff\xd8\xff')) return 'jpeg';
  return starts(bytes, '\x89PNG\r\n\x1a\n') ? 'png' : null;
}

/** Pictures that people have and that are not read, by how they begin. */
const OTHERS: readonly (readonly [what: string, magic: string, at: number])[] = [
  ['a GIF image', 'GIF8', 0],
  ['a BMP image', 'BM', 0],
  ['a WebP image', 'WEBP', 8],
  ['a TIFF image', 'II*\0', 0],
  ['a TIFF image', 'MM\0*', 0],
  ['an AVIF image', 'ftypavif', 4],
  ['a HEIC image', 'ftyp', 4],
];

/** The error for a file that is neither JPEG nor PNG. */
export function otherImage(bytes: Uint8Array, name: string): GraffitistError {
  const other = OTHERS.find(([, magic, at]) => starts(bytes, magic, at))?.[0];
  const cause = bytes.length === 0 ? 'The file is empty.' : `This is ${other ?? 'neither a JPEG nor a PNG image'}.`;
  return new GraffitistError('image-unreadable', cause, {
    about: name,
    remedy: other === undefined ? 'Leave it out, or copy it again.' : 'Save it as JPEG or PNG.',
  });
}

/** A picture that is damaged, or of a form that is not read: `what` is a clause that says which. */
export function unreadable(name: string, what: string, remedy = 'Copy or download it again, or leave it out.'): GraffitistError {
  return new GraffitistError('image-unreadable', `The image cannot be read: ${what}.`, { about: name, remedy });
}

/** @throws GraffitistError `image-unreadable` where a picture has no pixels, or more than can be held */
export function checkSize(width: number, height: number, name: string): void {
  if (width === 0 || height === 0) throw unreadable(name, `it says to be ${width} × ${height} pixels large`);
  if (width * height > MOST_PIXELS) {
    throw unreadable(name, `${width} × ${height} are more than ${MOST_PIXELS} pixels`, 'Save it smaller.');
  }
}

/** Whether those characters stand at an offset. */
export function starts(bytes: Uint8Array, magic: string, at = 0): boolean {
  for (let i = 0; i < magic.length; i++) if (bytes[at + i] !== magic.charCodeAt(i)) return false;
  return true;
}
