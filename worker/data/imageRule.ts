import { GraffitistError } from '../errors.ts';
import type { ImageRule } from '../protocol.ts';
import { IMAGE_RULES, type ImageSteps } from './imageRules.ts';

/** A rule made ready for one input: what `preprocess` does to every picture. */
export interface PreparedRule {
  readonly height: number;
  readonly width: number;
  /** Channels that the network takes. */
  readonly channels: number;
  /** Null: values are fed as they are given (PRP6). */
  readonly steps: ImageSteps | null;
  /** Per channel that the network takes, float32. */
  readonly mean: Float32Array;
  readonly scale: Float32Array;
}

/**
 * PRP1: a rule for an input of this shape (height, width, channels).
 * @throws GraffitistError `data-shape` where the shape is no picture's or not of the rule's size, `option-invalid` for a rule that makes no sense
 */
export function prepareRule(rule: ImageRule, shape: readonly number[]): PreparedRule {
  const [height = 0, width = 0, channels = 0] = shape;
  if (rule.name === 'none') return { height, width, channels, steps: null, mean: new Float32Array(), scale: new Float32Array() };
  if (shape.length !== 3 || ![1, 3].includes(channels)) {
    throw new GraffitistError('data-shape', `The network takes ${shape.join('×')}, which is no picture.`, {
      about: rule.name,
      remedy: "Give the values as the network takes them, as .npy, with the rule 'none'.",
    });
  }
  if (rule.size !== undefined && (rule.size[0] !== height || rule.size[1] !== width)) {
    throw new GraffitistError('data-shape', `The rule makes pictures of ${rule.size.join('×')}, the network takes ${height}×${width}.`, {
      about: rule.name,
      remedy: 'Leave the size out, or set it to what the network takes.',
    });
  }
  const steps: ImageSteps = rule.name === 'custom' ? { ...rule, unitFirst: false } : IMAGE_RULES[rule.name].steps;
  checkSteps(steps, Math.max(height, width));
  return {
    height,
    width,
    channels,
    steps,
    mean: perChannel(steps.mean, channels, 'mean'),
    scale: perChannel(steps.scale, channels, 'scale'),
  };
}

function checkSteps({ crop, divisor, mean, scale, channels }: ImageSteps, size: number): void {
  if (!Number.isFinite(divisor) || divisor === 0) throw invalid('divisor', `A divisor of ${divisor} gives no numbers.`);
  if (![...mean, ...scale].every(Number.isFinite)) throw invalid('mean, scale', 'Means and scales must be numbers.');
  if (!['rgb', 'bgr', 'grey'].includes(channels)) throw invalid('channels', `There is no channel order '${channels}'.`);
  if (crop.kind === 'central' && !(crop.share > 0 && crop.share <= 1)) throw invalid('crop', `A share of ${crop.share} cannot be cropped.`);
  if (crop.kind === 'short-side' && !(Number.isInteger(crop.pixels) && crop.pixels >= size))
    throw invalid('crop', `A short side of ${crop.pixels} pixels leaves nothing to crop to ${size}.`);
}

/** One number is for all channels. */
function perChannel(values: readonly number[], channels: number, what: string): Float32Array {
  const [first = 0] = values;
  if (values.length === 1) return new Float32Array(channels).fill(first);
  if (values.length === channels) return Float32Array.from(values);
  throw invalid(what, `There are ${values.length} values for ${what}, and the network takes ${channels} channels.`);
}

function invalid(about: string, cause: string): GraffitistError {
  return new GraffitistError('option-invalid', cause, { about, remedy: 'Correct the rule for images, or take one by its name.' });
}
