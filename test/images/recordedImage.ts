import type { Image } from '../../worker/formats/images/image.ts';

/** Pixels as `imagesAgainstTensorflow.py` writes them: base64. */
export interface RecordedImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
}

export function asImage({ width, height, pixels }: RecordedImage): Image {
  return { width, height, pixels: fromBase64(pixels) };
}

/** Bytes of a text, in Node and in browsers. */
export function fromBase64(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
