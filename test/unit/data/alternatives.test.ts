import { describe, expect, it } from 'vitest';
import { alternatives } from '../../../worker/data/checks/alternatives.ts';
import { labelWarnings } from '../../../worker/data/checks/labels.ts';
import { BYTES, rangeOf, rescaled, type SourceRange, scalingOf } from '../../../worker/data/checks/scaling.ts';
import { valueWarnings } from '../../../worker/data/checks/values.ts';
import { prepareRule } from '../../../worker/data/imageRule.ts';
import { printImageRule } from '../../../worker/data/imageRuleText.ts';
import { preprocess } from '../../../worker/data/preprocess.ts';
import type { Pixels } from '../../../worker/data/resize.ts';
import type { ImageRule } from '../../../worker/protocol.ts';
import { random } from '../../../worker/random.ts';

const SHAPE = [8, 8, 3];
const { below } = random(3, 'picture');
const picture: Pixels = { width: 8, height: 8, channels: 3, values: Uint8Array.from({ length: 192 }, () => below(256)) };

/** What a rule makes of numbers. */
function read(rule: ImageRule, values: Pixels['values'] = picture.values): Float32Array {
  const out = new Float32Array(192);
  preprocess({ ...picture, values }, prepareRule(rule, SHAPE), out, 0);
  return out;
}

const custom = (text: object): ImageRule =>
  ({ name: 'custom', crop: { kind: 'none' }, channels: 'rgb', divisor: 1, mean: [0], scale: [1], ...text }) as ImageRule;

function all(rule: ImageRule, range: SourceRange = BYTES, dtype: 'uint8' | 'float32' = 'uint8') {
  const now = scalingOf(rule, SHAPE, dtype, range);
  if (now === null) throw new Error('It cannot be undone.');
  return alternatives(rule, now, range, true).map((alternative) => ({ ...alternative, now }));
}

describe('other ways to read images', () => {
  const rules: readonly ImageRule[] = [
    { name: 'signed' },
    { name: 'bytes' },
    custom({ channels: 'bgr', mean: [104, 117, 123], scale: [0.017] }),
    custom({ divisor: 255, mean: [0.485, 0.456, 0.406], scale: [4.367, 4.464, 4.444] }),
  ];
  it('CHK4 what values become by an alternative is what its own rule makes of the pixels', () => {
    for (const rule of rules) {
      for (const { scaling, now, rule: other } of all(rule)) {
        const [made, expected] = [rescaled(read(rule), now, scaling), read(other)];
        const largest = Math.max(...expected.map(Math.abs));
        for (const [i, value] of expected.entries()) expect(Math.abs((made[i] ?? Number.NaN) - value)).toBeLessThan(2e-5 * largest);
      }
    }
  });

  it('CHK4 the same where an array holds them as 0 … 1 or −1 … 1', () => {
    const unit = Float32Array.from(picture.values, (byte) => byte / 255);
    for (const values of [unit, unit.map((value) => 2 * value - 1)]) {
      const range = rangeOf('float32', Math.min(...values), Math.max(...values)) ?? BYTES;
      for (const { scaling, now, rule } of all({ name: 'none' }, range, 'float32')) {
        const [made, expected] = [rescaled(read({ name: 'none' }, values), now, scaling), read(rule, values)];
        const largest = Math.max(...expected.map(Math.abs));
        for (const [i, value] of expected.entries()) expect(Math.abs((made[i] ?? Number.NaN) - value)).toBeLessThan(2e-5 * largest);
      }
    }
  });

  it('CHK4 pictures that are cropped get the rules of network families, those that are not keep their frame; the rule at hand is none of them', () => {
    const texts = (rule: ImageRule): string[] => {
      const now = scalingOf(rule, [224, 224, 3], null, BYTES);
      return now === null ? [] : alternatives(rule, now, BYTES, false).map((alternative) => printImageRule(alternative.rule));
    };
    const torch = 'divisor=1,mean=123.675/116.28/103.53,scale=0.01712475/0.017507/0.01742919,channels=rgb';
    expect(texts({ name: 'inception' })).toEqual([
      'crop=0.875,divisor=127.5,mean=1,scale=1,channels=bgr',
      'darknet',
      'crop=0.875,divisor=1,mean=0,scale=1,channels=rgb',
      'vgg',
      'inception-caffe',
      'mobilenet-caffe',
      `crop=0.875,${torch}`,
    ]);
    expect(texts({ name: 'unit' }).slice(1, 3)).toEqual(['signed', 'bytes']);
    expect(texts({ name: 'vgg' })).not.toContain('vgg');
    expect(texts(custom({ channels: 'bgr', divisor: 127.5, mean: [1], crop: { kind: 'central', share: 0.875 } }))[0]).toBe('inception');
  });

  it('CHK4 of grey images those that treat channels alike', () => {
    const now = scalingOf({ name: 'unit' }, [8, 8, 1], 'uint8', BYTES);
    expect(now === null ? [] : alternatives({ name: 'unit' }, now, BYTES, true).map(({ rule }) => rule)).toEqual([
      { name: 'signed' },
      { name: 'bytes' },
    ]);
    expect(scalingOf({ name: 'none' }, [7], 'float32', BYTES)).toBeNull();
  });

  it('CHK2 ranges are told by the ends of the numbers', () => {
    const text = (...ends: readonly [number, number]) => rangeOf('float32', ...ends)?.text;
    expect([text(0, 1), text(0, 1.5), text(-1, 1), text(0, 255), text(-123, 151), text(-0.2, 200)]).toEqual([
      '0 … 1',
      '0 … 255',
      '−1 … 1',
      '0 … 255',
      undefined,
      undefined,
    ]);
    expect(rangeOf('uint8', 0, 1)).toBe(BYTES);
  });
});

describe('values and labels of some images', () => {
  it('CHK1 NaN and infinities, images of one value and copies are counted and named', () => {
    const rows = [
      [1, 2, 3],
      [4, 4, 4],
      [1, Number.NaN, 0],
      [1, 2, 3],
      [3, 2, 1],
      [0, Number.POSITIVE_INFINITY, 0],
    ];
    const names = rows.map((_, image) => `${image}.png`);
    const sample = { names, labels: new Int32Array(6).fill(-1), values: Float32Array.from(rows.flat()), shape: [3] };
    expect(valueWarnings(sample).map(({ text }) => text)).toEqual([
      'Of 6 images that were looked at 2 hold NaN or infinities: 2.png, 5.png.',
      'Of 6 images that were looked at 1 has one value everywhere: 1.png.',
      'Of 6 images that were looked at 1 is there twice: 0.png and 3.png.',
    ]);
    expect(valueWarnings({ ...sample, names: ['a'], values: Float32Array.of(1, 2, 3) })).toEqual([]);
  });

  it('CHK3 labels of one class are told', () => {
    expect(labelWarnings(Int32Array.of(2, 2, -1, 2), true)[0]?.text).toBe(
      'All 3 images have the label 2: an accuracy on one class says little.',
    );
    expect(labelWarnings(Int32Array.of(2, 2), false)[0]?.text).toContain('that were looked at');
    for (const labels of [[1, 2], [-1, -1], [3]]) expect(labelWarnings(Int32Array.from(labels), true)).toEqual([]);
  });
});
