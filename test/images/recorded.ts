import { nodeDecoderSource } from '../../cli/decoderSource.ts';
import { createImageDecoder } from '../../worker/formats/images/decoder.ts';
import type { Image } from '../../worker/formats/images/image.ts';

/** The decoder as the command line has it. */
export const decoder = await createImageDecoder(nodeDecoderSource());

/** Pixels as `imagesAgainstTensorflow.py` writes them: base64. */
export interface RecordedImage {
  readonly width: number;
  readonly height: number;
  readonly pixels: string;
}

export function asImage({ width, height, pixels }: RecordedImage): Image {
  return { width, height, pixels: Uint8Array.from(Buffer.from(pixels, 'base64')) };
}
