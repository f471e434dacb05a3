import type { DType } from '../../formats/tensor.ts';
import type { ImageRule } from '../../protocol.ts';
import { prepareRule } from '../imageRule.ts';
import type { ImageSteps } from '../imageRules.ts';

/** How a pixel with colours from 0 to 255 becomes what the network is fed: v = (x − offset) · gain, per channel that is fed. */
export interface Scaling {
  /** `grey`: all channels are fed the same. */
  readonly channels: 'rgb' | 'bgr' | 'grey';
  readonly offset: readonly number[];
  readonly gain: readonly number[];
}

/** Numbers of a source as bytes: x = a · s + b. */
export interface SourceRange {
  readonly a: number;
  readonly b: number;
  /** In words. */
  readonly text: string;
}

export const BYTES: SourceRange = { a: 1, b: 0, text: '0 … 255' };
export const UNIT: SourceRange = { a: 255, b: 0, text: '0 … 1' };
const SIGNED: SourceRange = { a: 127.5, b: 127.5, text: '−1 … 1' };

/** What rounding may add to the ends of a range. */
const SLACK = 0.01;

/** CHK2: the range that the numbers of an array are in, told by the smallest and largest of some images; null: another one. */
export function rangeOf(dtype: DType | null, low: number, high: number): SourceRange | null {
  if (dtype === null || dtype === 'uint8') return BYTES;
  if (low >= -SLACK) return high <= 1 + SLACK ? UNIT : high <= 255 + SLACK ? BYTES : null;
  return low >= -1 - SLACK && high <= 1 + SLACK ? SIGNED : null;
}

/**
 * What the rule does to bytes, where the source holds them in this range. Null for values that are no picture, and for a rule that cannot
 * be undone.
 */
export function scalingOf(rule: ImageRule, shape: readonly number[], dtype: DType | null, range: SourceRange): Scaling | null {
  const [, , channels = 0] = shape;
  if (shape.length !== 3 || (channels !== 1 && channels !== 3)) return null;
  const { steps, mean, scale } = prepareRule(rule, shape);
  const [zero, one] = [0, 1].map((value) => new Array<number>(channels).fill(value)) as [number[], number[]];
  if (steps === null) return scaling({ channels: channels === 1 ? 'grey' : 'rgb', divisor: 1, mean: zero, scale: one }, range);
  if (scale.includes(0)) return null;
  // Bytes are brought to 0 … 1 first, numbers are not.
  const first = steps.unitFirst && (dtype === null || dtype === 'uint8') ? 255 : 1;
  const order = channels === 1 ? 'grey' : steps.channels;
  return scaling({ channels: order, divisor: steps.divisor * first, mean: [...mean], scale: [...scale] }, range);
}

/** What the steps of a rule do to three colours as numbers of a range. */
export function rulesScaling({ channels, divisor, mean, scale }: ImageSteps, range: SourceRange): Scaling {
  const three = (list: readonly number[]): readonly number[] => (list.length === 1 ? [...list, ...list, ...list] : list);
  return scaling({ channels, divisor, mean: three(mean), scale: three(scale) }, range);
}

/** s = (x − b) / a, v = (s / divisor − mean) · scale */
function scaling(
  { channels, divisor, mean, scale }: Pick<ImageSteps, 'channels' | 'divisor' | 'mean' | 'scale'>,
  { a, b }: SourceRange,
): Scaling {
  return { channels, offset: mean.map((one) => b + one * divisor * a), gain: scale.map((one) => one / (divisor * a)) };
}

/** Values that were made by one scaling as another one makes them. */
export function rescaled(values: Float32Array, from: Scaling, to: Scaling): Float32Array {
  const channels = to.offset.length;
  const result = new Float32Array(values.length);
  for (let c = 0; c < channels; c++) {
    const colour = to.channels === 'bgr' ? channels - 1 - c : c;
    const k = from.channels === 'bgr' ? channels - 1 - colour : colour;
    const factor = (to.gain[c] as number) / (from.gain[k] as number);
    const shift = ((from.offset[k] as number) - (to.offset[c] as number)) * (to.gain[c] as number);
    for (let i = 0; i < values.length; i += channels) result[i + c] = (values[i + k] as number) * factor + shift;
  }
  return result;
}

/** Whether two scalings give the same values but for a thousandth of their range. */
export function isSameScaling(one: Scaling, other: Scaling): boolean {
  if (one.channels !== other.channels) return false;
  return one.offset.every((offset, c) => {
    const [gain, gain2, offset2] = [one.gain[c] ?? 0, other.gain[c] ?? 0, other.offset[c] ?? 0];
    return Math.abs(offset - offset2) < 0.255 && Math.abs(gain / gain2 - 1) < 0.001;
  });
}
