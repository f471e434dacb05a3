import { GraffitistError } from '../errors.ts';
import type { PreparedRule } from './imageRule.ts';
import type { ImageSteps } from './imageRules.ts';
import { type Pixels, type Rectangle, type Resizing, resizeBilinear } from './resize.ts';

/** PRP2: float32(x) · float32(1/255), as TensorFlow multiplies. */
const UNIT = Float32Array.from({ length: 256 }, (_, byte) => Math.fround(byte * Math.fround(1 / 255)));

/** Red, green and blue in what a screen shows as grey (ITU-R BT.601, as JPEG's Y). */
const LUMA = [0.299, 0.587, 0.114].map(Math.fround) as [number, number, number];

/**
 * PRP1: a picture as the network takes it, into `out` at `at`.
 * @throws GraffitistError `data-shape` where the rule cannot take a picture of this size
 */
export function preprocess(picture: Pixels, rule: PreparedRule, out: Float32Array, at: number): void {
  const { steps, height, width, channels } = rule;
  if (steps === null) {
    if (picture.height !== height || picture.width !== width || picture.channels !== channels)
      throw wrongShape(`${picture.height}×${picture.width}×${picture.channels}`, `${height}×${width}×${channels}`);
    out.set(picture.values, at);
    return;
  }
  if (picture.channels !== 1 && picture.channels !== 3) throw wrongShape(`${picture.channels} channels`, '1 or 3');
  const table = steps.unitFirst && picture.values instanceof Uint8Array ? UNIT : undefined;
  const resized = resizeBilinear(picture, { ...placement(picture, steps.crop, height, width), table });
  normalize(arrange(resized, picture.channels, steps.channels, channels), rule, steps, out, at);
}

/** What is resized to what, and what of it is wanted. */
function placement({ height, width }: Pixels, crop: ImageSteps['crop'], outHeight: number, outWidth: number): Resizing {
  const whole = { top: 0, left: 0, height, width };
  const all = { top: 0, left: 0, height: outHeight, width: outWidth };
  if (crop.kind === 'none') return { from: whole, height: outHeight, width: outWidth, window: all };
  if (crop.kind === 'central') return { from: centralCrop(height, width, crop.share), height: outHeight, width: outWidth, window: all };
  const [fullHeight, fullWidth] = shortSide(height, width, crop.pixels);
  const top = Math.floor((fullHeight - outHeight) / 2);
  const left = Math.floor((fullWidth - outWidth) / 2);
  return { from: whole, height: fullHeight, width: fullWidth, window: { ...all, top, left } };
}

/** PRP3: `tf.image.central_crop`, in float64 as there. */
export function centralCrop(height: number, width: number, share: number): Rectangle {
  const start = (size: number): number => (share === 1 ? 0 : Math.trunc((size - size * share) / 2));
  const [top, left] = [start(height), start(width)];
  return { top, left, height: height - 2 * top, width: width - 2 * left };
}

/** PRP3: slim's `_smallest_size_at_least`: sides in float32, rounded half to even. */
export function shortSide(height: number, width: number, pixels: number): readonly [height: number, width: number] {
  const scale = Math.fround(pixels / Math.min(height, width));
  return [roundHalfEven(Math.fround(height * scale)), roundHalfEven(Math.fround(width * scale))];
}

function roundHalfEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** PRP5: values in the order and number of channels that the network takes. */
function arrange(values: Float32Array, have: number, order: ImageSteps['channels'], want: number): Float32Array {
  if (have === 1) return want === 1 ? values : repeated(values, want);
  if (order === 'grey' || want === 1) {
    const grey = greyOf(values);
    return want === 1 ? grey : repeated(grey, want);
  }
  return order === 'bgr' ? reversed(values) : values;
}

function repeated(values: Float32Array, times: number): Float32Array {
  const result = new Float32Array(values.length * times);
  for (let i = 0; i < result.length; i++) result[i] = values[Math.floor(i / times)] as number;
  return result;
}

function greyOf(values: Float32Array): Float32Array {
  const fround = Math.fround;
  const result = new Float32Array(values.length / 3);
  const [red, green, blue] = LUMA;
  for (let i = 0; i < result.length; i++) {
    const warm = fround(fround((values[3 * i] as number) * red) + fround((values[3 * i + 1] as number) * green));
    result[i] = warm + fround((values[3 * i + 2] as number) * blue);
  }
  return result;
}

function reversed(values: Float32Array): Float32Array {
  const result = new Float32Array(values.length);
  for (let i = 0; i < values.length; i += 3) {
    result[i] = values[i + 2] as number;
    result[i + 1] = values[i + 1] as number;
    result[i + 2] = values[i] as number;
  }
  return result;
}

/** (x / divisor − mean) · scale, one float32 operation after the other. */
function normalize(
  values: Float32Array,
  { mean, scale, channels }: PreparedRule,
  { divisor }: ImageSteps,
  out: Float32Array,
  at: number,
): void {
  const fround = Math.fround;
  const by = fround(divisor);
  for (let c = 0; c < channels; c++) {
    const [centre, factor] = [mean[c] as number, scale[c] as number];
    for (let i = c; i < values.length; i += channels) {
      out[at + i] = fround(fround(fround((values[i] as number) / by) - centre) * factor);
    }
  }
}

function wrongShape(has: string, wanted: string): GraffitistError {
  return new GraffitistError('data-shape', `The picture has ${has}, the network takes ${wanted}.`, {
    remedy: 'Choose another rule for images.',
  });
}
