import type { CustomImageRule, ImageRuleName } from '../protocol.ts';

/** What is done to a picture: cropped, resized, then y = (x / divisor − mean) · scale per channel, in float32. */
export interface ImageSteps extends Pick<CustomImageRule, 'crop' | 'channels' | 'divisor' | 'mean' | 'scale'> {
  /** PRP2: bytes become x · (1/255) before anything else, as `tf.image.convert_image_dtype` does. */
  readonly unitFirst: boolean;
}

interface NamedRule {
  /** In words; S is the size of the network's input. */
  readonly text: string;
  readonly steps: ImageSteps;
}

const CENTRAL = { kind: 'central', share: 0.875 } as const;
const SHORT_SIDE = { kind: 'short-side', pixels: 256 } as const;
const PLAIN: ImageSteps = { unitFirst: false, crop: { kind: 'none' }, channels: 'rgb', divisor: 1, mean: [0], scale: [1] };
const PHOTO: ImageSteps = { ...PLAIN, unitFirst: true, crop: CENTRAL };
/** Caffe's networks take bytes, blue first. */
const CAFFE: ImageSteps = { ...PLAIN, channels: 'bgr' };

/** The named rules (facts 7): the one definition of what they do and of how they are described. `none` does nothing and has no steps. */
export const IMAGE_RULES: Readonly<Record<Exclude<ImageRuleName, 'none'>, NamedRule>> = {
  inception: {
    text: 'central crop 87.5 %, bilinear resize to S×S, (x − 0.5) · 2 for x in [0, 1]',
    steps: { ...PHOTO, mean: [0.5], scale: [2] },
  },
  vgg: {
    text: 'short side to 256, central crop S×S, minus the means 123.68, 116.78, 103.94 of red, green, blue',
    steps: { ...PLAIN, crop: SHORT_SIDE, mean: [123.68, 116.78, 103.94] },
  },
  darknet: { text: 'central crop 87.5 %, bilinear resize to S×S, x in [0, 1]', steps: PHOTO },
  'inception-caffe': {
    text: 'central crop 87.5 %, bilinear resize to S×S, blue-green-red, minus the means 104, 117, 123',
    steps: { ...CAFFE, crop: CENTRAL, mean: [104, 117, 123] },
  },
  'mobilenet-caffe': {
    text: 'central crop 87.5 %, bilinear resize to S×S, blue-green-red, minus the means 103.94, 116.78, 123.68, times 0.017',
    steps: { ...CAFFE, crop: CENTRAL, mean: [103.94, 116.78, 123.68], scale: [0.017] },
  },
  'vgg-caffe': {
    text: 'short side to 256, central crop S×S, blue-green-red, minus the means 103.939, 116.779, 123.68',
    steps: { ...CAFFE, crop: SHORT_SIDE, mean: [103.939, 116.779, 123.68] },
  },
  signed: { text: 'bilinear resize to S×S, x / 127.5 − 1', steps: { ...PLAIN, divisor: 127.5, mean: [1] } },
  unit: { text: 'bilinear resize to S×S, x / 255', steps: { ...PLAIN, divisor: 255 } },
  bytes: { text: 'bilinear resize to S×S, x in [0, 255]', steps: PLAIN },
};
