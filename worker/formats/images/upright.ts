import type { Orientation } from './exif.ts';
import type { Image } from './image.ts';

const RGB = 3;

/**
 * A stored picture turned upright. The first stored row is shown at the top (orientations 1, 2), the bottom (3, 4), the left (5, 8) or
 * the right side (6, 7), as the table of the EXIF standard (2.32, 4.6.4 A) says.
 */
export function upright(image: Image, orientation: Orientation): Image {
  if (orientation === 1) return image;
  const swapped = orientation >= 5;
  const [width, height] = swapped ? [image.height, image.width] : [image.width, image.height];
  const { start, right, down } = walk(image.width, image.height, orientation);
  const pixels = new Uint8Array(image.pixels.length);
  let to = 0;
  for (let y = 0; y < height; y++) {
    let from = (start + y * down) * RGB;
    for (let x = 0; x < width; x++, from += right * RGB) {
      pixels[to++] = image.pixels[from] ?? 0;
      pixels[to++] = image.pixels[from + 1] ?? 0;
      pixels[to++] = image.pixels[from + 2] ?? 0;
    }
  }
  return { width, height, pixels };
}

/** Which stored pixel is shown first, and how many pixels lie between it and those shown to the right of it and below it. */
function walk(width: number, height: number, orientation: Orientation): { start: number; right: number; down: number } {
  const [last, below] = [width - 1, (height - 1) * width];
  switch (orientation) {
    case 1:
      return { start: 0, right: 1, down: width };
    case 2:
      return { start: last, right: -1, down: width };
    case 3:
      return { start: below + last, right: -1, down: -width };
    case 4:
      return { start: below, right: 1, down: -width };
    case 5:
      return { start: 0, right: width, down: 1 };
    case 6:
      return { start: below, right: -width, down: 1 };
    case 7:
      return { start: below + last, right: -width, down: -1 };
    case 8:
      return { start: last, right: width, down: -1 };
  }
}
