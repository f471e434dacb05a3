import { type CustomImageRule, IMAGE_RULES, type ImageRule, type ImageRuleName } from '../../worker/protocol.ts';
import { real } from '../format/numbers.ts';

/** Every preprocessing that has a name, as the list shows them. */
export const RULE_WORDS: Readonly<Record<ImageRuleName | 'custom', string>> = {
  inception: 'inception',
  vgg: 'vgg / resnet',
  darknet: 'darknet',
  'inception-caffe': 'inception (caffe2tf)',
  'mobilenet-caffe': 'mobilenet (caffe2tf)',
  'vgg-caffe': 'vgg (caffe2tf)',
  signed: 'plain, −1 to 1',
  unit: 'plain, 0 to 1',
  bytes: 'plain, 0 to 255',
  none: 'none: fed as given',
  custom: 'custom',
};

/** What a rule does to a picture, as one sentence. @param input height and width of the network's input, where they are known */
export function ruleSentence(rule: ImageRule, input: readonly number[] | null): string {
  const size = (rule.size ?? input?.slice(0, 2))?.join('×') ?? 'the input’s size';
  if (rule.name === 'none') return 'Values are fed as they are given.';
  const words = rule.name === 'custom' ? customWords(rule) : IMAGE_RULES[rule.name].text;
  return `${words.charAt(0).toUpperCase()}${words.slice(1).replaceAll('S×S', size)}.`;
}

function customWords({ crop, channels, divisor, mean, scale }: CustomImageRule): string {
  const cropped = {
    none: 'bilinear resize to S×S',
    central: `central crop ${crop.kind === 'central' ? real(crop.share * 100) : ''} %, bilinear resize to S×S`,
    'short-side': `short side to ${crop.kind === 'short-side' ? crop.pixels : ''}, central crop S×S`,
  }[crop.kind];
  const order = { rgb: '', bgr: ', blue-green-red', grey: ', grey' }[channels];
  const divided = divisor === 1 ? 'x' : `x / ${real(divisor, 6)}`;
  const centred = mean.every((value) => value === 0) ? divided : `${divided} − ${list(mean)}`;
  if (scale.every((value) => value === 1)) return `${cropped}${order}, ${centred}`;
  return `${cropped}${order}, ${centred === 'x' ? centred : `(${centred})`} · ${list(scale)}`;
}

function list(values: readonly number[]): string {
  const [first = 0] = values;
  if (values.every((value) => value === first)) return real(first, 6);
  return `(${values.map((value) => real(value, 6)).join(', ')})`;
}

/** A named rule spelled out, as a beginning for one's own. */
export function spelledOut(rule: ImageRule): CustomImageRule {
  if (rule.name === 'custom') return rule;
  const size = rule.size === undefined ? {} : { size: rule.size };
  if (rule.name === 'none') return { name: 'custom', ...size, crop: { kind: 'none' }, channels: 'rgb', divisor: 1, mean: [0], scale: [1] };
  const { unitFirst, crop, channels, divisor, mean, scale } = IMAGE_RULES[rule.name].steps;
  return { name: 'custom', ...size, crop, channels, divisor: unitFirst ? 255 * divisor : divisor, mean, scale };
}

/** A rule by its name in the list; the size that was asked for stays. */
export function ruleNamed(name: ImageRuleName | 'custom', before: ImageRule): ImageRule {
  if (name === 'custom') return spelledOut(before);
  return { name, ...(before.size === undefined ? {} : { size: before.size }) };
}

/** Numbers from a field, one for all channels or one for each; undefined where it does not say numbers. */
export function parseNumbers(text: string): readonly number[] | undefined {
  const parts = text.split(/[\s,;]+/).filter((part) => part !== '');
  const values = parts.map((part) => Number(part.replace('−', '-')));
  return values.length > 0 && values.every(Number.isFinite) ? values : undefined;
}

/** `224×224`, `224,224` or `224`; null for an empty field, undefined for what is no size. */
export function parseSize(text: string): readonly [number, number] | null | undefined {
  if (text.trim() === '') return null;
  const parts = text.split(/[\s,x×]+/).filter((part) => part !== '');
  const sides = parts.map(Number);
  const [height = 0, width = height] = sides;
  return parts.length <= 2 && sides.every((side) => Number.isInteger(side) && side > 0) ? [height, width] : undefined;
}
