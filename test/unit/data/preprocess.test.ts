import { describe, expect, it } from 'vitest';
import { prepareRule } from '../../../worker/data/imageRule.ts';
import { centralCrop, preprocess, shortSide } from '../../../worker/data/preprocess.ts';
import type { Pixels } from '../../../worker/data/resize.ts';
import type { CustomImageRule, ImageRule, ImageRuleName } from '../../../worker/protocol.ts';
import { checkPreprocessing, type RecordedAnswer } from './checkPreprocessing.ts';
import { drawnPicture } from './drawnPicture.ts';
import recorded from './tensorflow114.json';

const cases = recorded.cases as unknown as readonly (RecordedAnswer & { readonly picture: readonly [number, number] })[];
const rules = [...new Set(cases.map(({ rule }) => rule))];
const plain = {
  name: 'custom',
  crop: { kind: 'none' },
  channels: 'rgb',
  divisor: 1,
  mean: [0],
  scale: [1],
} as const satisfies CustomImageRule;

function made(picture: Pixels, rule: ImageRule, shape: readonly number[]): number[] {
  const values = new Float32Array(shape.reduce((product, side) => product * side, 1));
  preprocess(picture, prepareRule(rule, shape), values, 0);
  return [...values];
}

describe('PRP1 to PRP4: the named rules, to the last bit as TensorFlow 1.14 computes them', () => {
  it.each(rules)('%s', (rule) => {
    expect(recorded.tensorflow).toBe('1.14.0');
    for (const one of cases.filter((other) => other.rule === rule)) checkPreprocessing(drawnPicture(...one.picture), one);
  });

  it('a custom rule that says the same gives the same bits', () => {
    const picture = drawnPicture(53, 37);
    const vgg: ImageRule = { ...plain, crop: { kind: 'short-side', pixels: 256 }, mean: [123.68, 116.78, 103.94] };
    expect(made(picture, vgg, [24, 20, 3])).toEqual(made(picture, { name: 'vgg' }, [24, 20, 3]));
    const caffe: ImageRule = {
      ...plain,
      crop: { kind: 'central', share: 0.875 },
      channels: 'bgr',
      mean: [103.94, 116.78, 123.68],
      scale: [0.017],
    };
    expect(made(picture, caffe, [24, 20, 3])).toEqual(made(picture, { name: 'mobilenet-caffe' }, [24, 20, 3]));
    const signed: ImageRule = { ...plain, divisor: 127.5, mean: [1] };
    expect(made(picture, signed, [24, 20, 3])).toEqual(made(picture, { name: 'signed' }, [24, 20, 3]));
  });
});

describe('PRP3: crops', () => {
  it('central crops start as tf.image.central_crop has them', () => {
    expect(centralCrop(375, 500, 0.875)).toEqual({ top: 23, left: 31, height: 329, width: 438 });
    expect(centralCrop(8, 16, 0.875)).toEqual({ top: 0, left: 1, height: 8, width: 14 });
    expect(centralCrop(5, 7, 1)).toEqual({ top: 0, left: 0, height: 5, width: 7 });
  });

  it('the short side gets its pixels, the other one is rounded half to even', () => {
    expect(shortSide(375, 500, 256)).toEqual([256, 341]);
    expect(shortSide(500, 333, 256)).toEqual([384, 256]);
    expect(shortSide(512, 513, 256)).toEqual([256, 256]);
    expect(shortSide(512, 515, 256)).toEqual([256, 258]);
  });
});

describe('PRP5: channels', () => {
  const pixel = (...values: number[]): Pixels => ({ height: 1, width: 1, channels: values.length, values: Uint8Array.from(values) });

  it('blue first', () => expect(made(pixel(10, 20, 30), { ...plain, channels: 'bgr', mean: [1, 2, 3] }, [1, 1, 3])).toEqual([29, 18, 7]));
  it('grey, by BT.601', () => {
    const [grey] = made(pixel(10, 20, 30), { ...plain, channels: 'grey' }, [1, 1, 1]);
    expect(grey).toBeCloseTo(0.299 * 10 + 0.587 * 20 + 0.114 * 30, 5);
    expect(made(pixel(10, 20, 30), { ...plain, channels: 'grey' }, [1, 1, 3])).toEqual([grey, grey, grey]);
    // A network of one channel sees grey by any rule.
    expect(made(pixel(10, 20, 30), plain, [1, 1, 1])).toEqual([grey]);
  });
  it('a picture of one channel is repeated', () => {
    expect(made(pixel(51), { name: 'unit' }, [1, 1, 3])).toEqual([51 / 255, 51 / 255, 51 / 255].map(Math.fround));
    expect(made(pixel(51), { name: 'bytes' }, [1, 1, 1])).toEqual([51]);
  });
  it('two channels are no picture', () =>
    expect(() => made(pixel(1, 2), plain, [1, 1, 3])).toThrow(expect.objectContaining({ code: 'data-shape' })));
});

describe('PRP6: fed as given', () => {
  it('values stay as they are', () => {
    const values = Float32Array.of(0.1, -2, 3, 4, 5, 6);
    expect(made({ height: 1, width: 2, channels: 3, values }, { name: 'none' }, [1, 2, 3])).toEqual([...values]);
  });
  it('another size is refused', () => {
    expect(() => made(drawnPicture(2, 2), { name: 'none' }, [1, 2, 3])).toThrow(expect.objectContaining({ code: 'data-shape' }));
  });
});

describe('PRP1: rules that make no sense are refused', () => {
  const refusal = (rule: ImageRule, shape: readonly number[], code: string) =>
    expect(() => prepareRule(rule, shape)).toThrow(expect.objectContaining({ code }));

  it.each([
    ['a size that the network does not take', { name: 'inception', size: [96, 96] }, [128, 128, 3], 'data-shape'],
    ['a network that takes no pictures', { name: 'unit' }, [784], 'data-shape'],
    ['five channels', { name: 'unit' }, [8, 8, 5], 'data-shape'],
    ['a divisor of 0', { ...plain, divisor: 0 }, [8, 8, 3], 'option-invalid'],
    ['a mean that is no number', { ...plain, mean: [Number.NaN] }, [8, 8, 3], 'option-invalid'],
    ['two means', { ...plain, mean: [1, 2] }, [8, 8, 3], 'option-invalid'],
    ['a share of 0', { ...plain, crop: { kind: 'central', share: 0 } }, [8, 8, 3], 'option-invalid'],
    ['a short side below the size', { ...plain, crop: { kind: 'short-side', pixels: 7 } }, [8, 8, 3], 'option-invalid'],
    ['vgg for a larger input than its short side', { name: 'vgg' }, [299, 299, 3], 'option-invalid'],
    ['means of colours for one channel', { name: 'vgg' satisfies ImageRuleName }, [28, 28, 1], 'option-invalid'],
  ] as const)('%s', (_, rule, shape, code) => refusal(rule as ImageRule, shape, code));

  it('the size that the network takes is fine', () =>
    expect(prepareRule({ name: 'unit', size: [8, 6] }, [8, 6, 3])).toMatchObject({ height: 8, width: 6 }));
});
