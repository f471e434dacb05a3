/** Rules for images as text: in arguments, recipes and lists. */
import { GraffitistError } from '../errors.ts';
import type { CustomImageRule, ImageRule, ImageRuleName } from '../protocol.ts';
import { IMAGE_RULES } from './imageRules.ts';

/** What a part that is not written means. */
const PLAIN: CustomImageRule = { name: 'custom', crop: { kind: 'none' }, channels: 'rgb', divisor: 1, mean: [0], scale: [1] };

/**
 * PRP8: a rule by name (`inception`, `inception,size=128`), or spelled out: `crop=0.875` (the share of both sides) or `short_side=256`,
 * `channels=bgr`, `divisor=127.5`, `mean=1` and `scale=1` (one number, or one per channel: `mean=123.68/116.78/103.94`), `size=224` or
 * `size=224x192` (height, width). @throws GraffitistError `option-invalid` naming the part
 */
export function parseImageRule(text: string): ImageRule {
  const [first = '', ...others] = text.split(',').map((part) => part.trim());
  if (isName(first)) return Object.assign({ name: first }, ...others.map((part) => sizeOnly(part, text)));
  const parts = first === 'custom' ? others : [first, ...others];
  return Object.assign({}, PLAIN, ...parts.map((part) => custom(part, text)));
}

/** The text that `parseImageRule` reads back as the same rule. */
export function printImageRule(rule: ImageRule): string {
  const size = rule.size === undefined ? [] : [`size=${rule.size[0] === rule.size[1] ? rule.size[0] : rule.size.join('x')}`];
  if (rule.name !== 'custom') return [rule.name, ...size].join(',');
  const { crop, channels, divisor, mean, scale } = rule;
  const cropped = crop.kind === 'central' ? `crop=${crop.share}` : crop.kind === 'short-side' ? `short_side=${crop.pixels}` : 'crop=none';
  const numbers = [`divisor=${divisor}`, `mean=${mean.join('/')}`, `scale=${scale.join('/')}`];
  return [cropped, ...numbers, `channels=${channels}`, ...size].join(',');
}

function isName(text: string): text is ImageRuleName {
  return text === 'none' || Object.hasOwn(IMAGE_RULES, text);
}

function sizeOnly(part: string, whole: string): Pick<ImageRule, 'size'> {
  const [key, value = ''] = part.split('=');
  if (key === 'size') return { size: parseSize(value) };
  throw invalid(part, whole, 'Behind a name only size=… can follow; spell the rule out to change it.');
}

function custom(part: string, whole: string): Partial<CustomImageRule> {
  const [key = '', value = ''] = part.split('=').map((word) => word.trim());
  switch (key) {
    case 'crop':
      return { crop: value === 'none' ? { kind: 'none' } : { kind: 'central', share: number(value, part, whole) } };
    case 'short_side':
      return { crop: { kind: 'short-side', pixels: number(value, part, whole) } };
    case 'divisor':
      return { divisor: number(value, part, whole) };
    case 'mean':
    case 'scale':
      return { [key]: value.split('/').map((one) => number(one, part, whole)) };
    case 'channels':
      if (value === 'rgb' || value === 'bgr' || value === 'grey') return { channels: value };
      throw invalid(part, whole, 'Channels are rgb, bgr or grey.');
    case 'size':
      return { size: parseSize(value) };
    default: {
      const names = ['none', ...Object.keys(IMAGE_RULES)].join(', ');
      throw invalid(part, whole, `Take ${names}, or spell it out: crop=0.875,divisor=127.5,mean=1,scale=1,channels=bgr.`);
    }
  }
}

/** `224`, `224x192` or `224,192`: height and width. @throws GraffitistError `option-invalid` */
export function parseSize(text: string): readonly [number, number] {
  const sides = text.split(/[x×,]/).map(Number);
  const [height = 0, width = height] = sides;
  if (sides.length <= 2 && [height, width].every((side) => Number.isInteger(side) && side > 0)) return [height, width];
  throw new GraffitistError('option-invalid', `'${text}' is no size of a picture.`, {
    about: 'size',
    remedy: 'Write 224, or 224x192 for height and width.',
  });
}

function number(text: string, part: string, whole: string): number {
  if (text.trim() !== '' && Number.isFinite(Number(text))) return Number(text);
  throw invalid(part, whole, 'Write a number.');
}

function invalid(part: string, whole: string, remedy: string): GraffitistError {
  return new GraffitistError('option-invalid', `'${part}' is no part of a rule for images.`, { about: whole, remedy });
}
