import type { Pixels } from '../../../worker/data/resize.ts';

/** The picture that test/interop/preprocessingAgainstTensorflow.py draws. */
export function drawnPicture(height: number, width: number): Pixels & { readonly values: Uint8Array } {
  const values = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < 3; c++) values[(y * width + x) * 3 + c] = x * 7 + y * 13 + c * 29 + ((x * y) % 11) * 5 + (x ^ y) * 3;
    }
  }
  return { height, width, channels: 3, values };
}
