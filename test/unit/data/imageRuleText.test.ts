import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IMAGE_RULES } from '../../../worker/data/imageRules.ts';
import { parseImageRule, parseSize, printImageRule } from '../../../worker/data/imageRuleText.ts';
import type { CustomImageRule, ImageRule, ImageRuleName } from '../../../worker/protocol.ts';

const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0);
const size = fc.tuple(fc.integer({ min: 1, max: 4096 }), fc.integer({ min: 1, max: 4096 }));
const crop: fc.Arbitrary<CustomImageRule['crop']> = fc.oneof(
  fc.constant({ kind: 'none' } as const),
  number.map((share) => ({ kind: 'central', share }) as const),
  fc.integer({ min: 1 }).map((pixels) => ({ kind: 'short-side', pixels }) as const),
);
const channels = fc.constantFrom('rgb', 'bgr', 'grey' as const);
const numbers = fc.array(number, { minLength: 1, maxLength: 3 });
const spelledOut = fc.record(
  { name: fc.constant('custom' as const), crop, channels, divisor: number, mean: numbers, scale: numbers, size },
  { requiredKeys: ['name', 'crop', 'channels', 'divisor', 'mean', 'scale'] },
);
const names: readonly ImageRuleName[] = ['none', ...(Object.keys(IMAGE_RULES) as Exclude<ImageRuleName, 'none'>[])];
const named = fc.record({ name: fc.constantFrom(...names), size }, { requiredKeys: ['name'] });

describe('rules for images as text', () => {
  it('PRP8 a rule that is printed is read back as it was', () => {
    fc.assert(
      fc.property(fc.oneof(spelledOut, named), (rule: ImageRule) => {
        expect(parseImageRule(printImageRule(rule))).toEqual(rule);
      }),
    );
  });

  it('PRP8 what is not written is plain', () => {
    expect(parseImageRule('crop=0.875, divisor=127.5, mean=1, channels=bgr')).toEqual({
      name: 'custom',
      crop: { kind: 'central', share: 0.875 },
      channels: 'bgr',
      divisor: 127.5,
      mean: [1],
      scale: [1],
    });
    expect(parseImageRule('short_side=256,mean=123.68/116.78/103.94,size=224x192')).toMatchObject({
      crop: { kind: 'short-side', pixels: 256 },
      mean: [123.68, 116.78, 103.94],
      size: [224, 192],
    });
    expect(parseImageRule('inception,size=128')).toEqual({ name: 'inception', size: [128, 128] });
    expect(parseSize('299')).toEqual([299, 299]);
  });

  it('PRP8 what is no rule is refused, naming the part', () => {
    for (const text of [
      '',
      'resnet',
      'crop=',
      'crop=half',
      'mean=1/x',
      'channels=rbg',
      'inception,mean=1',
      'divisor',
      'size=0',
      'size=1x2x3',
    ]) {
      expect(() => parseImageRule(text), text).toThrowError(expect.objectContaining({ code: 'option-invalid' }));
    }
  });
});
