import { GraffitistError } from '../../errors.ts';
import { type Pixels, resizeBilinear } from '../resize.ts';
import type { SmallPicture } from './messages.ts';

/** DAT10: a picture made small, its longer side at most `size` and never larger than it is; values of arrays are brought into what a screen shows. */
export function thumbnailOf(picture: Pixels, size: number): SmallPicture {
  if (!Number.isInteger(size) || size < 1)
    throw new GraffitistError('option-invalid', `A picture of ${size} pixels cannot be made.`, { about: 'size' });
  const shrink = Math.min(1, size / Math.max(picture.width, picture.height));
  const width = Math.max(1, Math.round(picture.width * shrink));
  const height = Math.max(1, Math.round(picture.height * shrink));
  const averaged = averages(picture, width, height);
  const values = resizeBilinear(averaged, {
    from: { top: 0, left: 0, height: averaged.height, width: averaged.width },
    height,
    width,
    window: { top: 0, left: 0, height, width },
  });
  return { width, height, pixels: rgba(values, picture.channels, shown(picture)) };
}

/** Whole blocks of pixels are averaged first: of a picture made much smaller, two rows in ten would be seen. */
function averages(picture: Pixels, width: number, height: number): Pixels {
  const across = Math.max(1, Math.floor(picture.width / width));
  const down = Math.max(1, Math.floor(picture.height / height));
  if (across === 1 && down === 1) return picture;
  const { channels, values } = picture;
  const small = { width: Math.floor(picture.width / across), height: Math.floor(picture.height / down), channels };
  const sums = new Float32Array(small.width * small.height * channels);
  for (let y = 0; y < small.height * down; y++) {
    for (let x = 0; x < small.width * across; x++) {
      const to = (Math.floor(y / down) * small.width + Math.floor(x / across)) * channels;
      const from = (y * picture.width + x) * channels;
      for (let c = 0; c < channels; c++) sums[to + c] = (sums[to + c] as number) + (values[from + c] as number);
    }
  }
  return { ...small, values: sums.map((sum) => sum / (across * down)) };
}

/** How a value becomes a brightness: bytes as they are; of other numbers [0, 1], [−m, m] or [0, 255], whichever holds them. */
function shown({ values }: Pixels): (value: number) => number {
  if (values instanceof Uint8Array) return (value) => value;
  let [low, high] = [0, 0];
  for (const value of values) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const most = Math.max(-low, high);
  if (low < 0) return (value) => ((value / most + 1) / 2) * 255;
  return high <= 1 ? (value) => value * 255 : (value) => value;
}

function rgba(values: Float32Array, channels: number, brightness: (value: number) => number): Uint8ClampedArray {
  const pixels = new Uint8ClampedArray((values.length / channels) * 4);
  for (let i = 0; i < pixels.length / 4; i++) {
    for (let c = 0; c < 3; c++) pixels[i * 4 + c] = brightness(values[i * channels + (channels < 3 ? 0 : c)] as number);
    pixels[i * 4 + 3] = 255;
  }
  return pixels;
}
