import type { CustomImageRule, ImageRule } from '../../protocol.ts';
import { isSameScaling, type Scaling, type SourceRange } from './scaling.ts';

/** Another way to read the images. */
export interface Alternative {
  readonly kind: 'range' | 'channels';
  readonly scaling: Scaling;
  readonly rule: ImageRule;
}

type Crop = CustomImageRule['crop'];

const VGG = [123.68, 116.78, 103.94];
const CAFFE = [104, 117, 123];
const MOBILENET_CAFFE = [103.94, 116.78, 123.68];
/** Mean and standard deviation of ImageNet's colours, as networks that came from PyTorch take them. */
const TORCH = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

/** The preprocessings that networks are published with, by what they do to a pixel. */
const KNOWN: Readonly<Record<string, Scaling>> = {
  signed: same('rgb', 127.5, 1 / 127.5),
  unit: same('rgb', 0, 1 / 255),
  bytes: same('rgb', 0, 1),
  vgg: { channels: 'rgb', offset: VGG, gain: [1, 1, 1] },
  caffe: { channels: 'bgr', offset: CAFFE, gain: [1, 1, 1] },
  'mobilenet-caffe': { channels: 'bgr', offset: MOBILENET_CAFFE, gain: [0.017, 0.017, 0.017] },
  torch: { channels: 'rgb', offset: TORCH.mean.map((one) => 255 * one), gain: TORCH.deviation.map((one) => 1 / (255 * one)) },
};

function same(channels: Scaling['channels'], offset: number, gain: number): Scaling {
  return { channels, offset: [offset, offset, offset], gain: [gain, gain, gain] };
}

/**
 * CHK4: what the images are tried as, besides the rule at hand: the known preprocessings, each in the channel order it was published with,
 * and the rule at hand with its channels swapped. Of grey images those that treat all channels alike.
 */
export function alternatives(rule: ImageRule, now: Scaling, range: SourceRange, isArray: boolean): readonly Alternative[] {
  const crop = cropOf(rule);
  const swap = now.channels === 'grey' ? null : swapped(now);
  const found: Alternative[] = [];
  const ruleOf = (name: string, scaling: Scaling): ImageRule =>
    isArray ? arrayRule(name, scaling, range) : pictureRule(name, scaling, crop);
  if (swap !== null) {
    const known = Object.keys(KNOWN).find((name) => isSameScaling(KNOWN[name] as Scaling, swap));
    found.push({ kind: 'channels', scaling: swap, rule: known === undefined ? spelled(swap, crop, range) : ruleOf(known, swap) });
  }
  for (const [name, known] of Object.entries(KNOWN)) {
    const scaling = now.channels === 'grey' ? grey(known, now.offset.length) : known;
    if (scaling === null || isSameScaling(scaling, now) || (swap !== null && isSameScaling(scaling, swap))) continue;
    found.push({ kind: 'range', scaling, rule: ruleOf(name, scaling) });
  }
  return found;
}

/** The other channel order; means and scales stay with their colours. */
function swapped({ channels, offset, gain }: Scaling): Scaling {
  return { channels: channels === 'bgr' ? 'rgb' : 'bgr', offset: [...offset].reverse(), gain: [...gain].reverse() };
}

function grey({ offset, gain }: Scaling, channels: number): Scaling | null {
  if (new Set(offset).size > 1 || new Set(gain).size > 1) return null;
  return { channels: 'grey', offset: offset.slice(0, channels), gain: gain.slice(0, channels) };
}

/** A known preprocessing by the name of the network family's rule where there is one for pictures that are cropped; the crop stays where it is none. */
function pictureRule(name: string, scaling: Scaling, crop: Crop): ImageRule {
  if (crop.kind === 'none') return plainRule(name) ?? spelled(scaling, crop, { a: 1, b: 0, text: '' });
  switch (name) {
    case 'signed':
      return { name: 'inception' };
    case 'unit':
      return { name: 'darknet' };
    case 'vgg':
    case 'mobilenet-caffe':
      return { name };
    case 'caffe':
      return { name: crop.kind === 'central' ? 'inception-caffe' : 'vgg-caffe' };
    default:
      return spelled(scaling, crop, { a: 1, b: 0, text: '' });
  }
}

/** Rows of arrays are as large as the network takes them: nothing is cropped. */
function arrayRule(name: string, scaling: Scaling, range: SourceRange): ImageRule {
  return (range.a === 1 && range.b === 0 ? plainRule(name) : null) ?? spelled(scaling, { kind: 'none' }, range);
}

function plainRule(name: string): ImageRule | null {
  return name === 'signed' || name === 'unit' || name === 'bytes' ? { name } : null;
}

/** A scaling of bytes as a rule for the numbers of the source. */
export function spelled({ channels, offset, gain }: Scaling, crop: Crop, { a, b }: SourceRange): ImageRule {
  // (x − offset) · gain with x = a·s + b is (s − (offset − b)/a) · a·gain
  const mean = offset.map((one) => short((one - b) / a));
  const scale = gain.map((one) => a * one);
  const isPlain = mean.every((one) => one === 0) && scale.every((one) => Math.abs(one - 1) < 1e-9) && channels !== 'bgr';
  if (isPlain && crop.kind === 'none') return { name: 'none' };
  return { name: 'custom', crop, channels, ...divided(mean, scale) };
}

/** One number for all channels where they are alike; a scale of 1/n as the divisor n. */
function divided(mean: readonly number[], scale: readonly number[]): Pick<CustomImageRule, 'divisor' | 'mean' | 'scale'> {
  const [first = 1] = scale;
  const alike = (list: readonly number[]): readonly number[] => (list.every((one) => one === list[0]) ? list.slice(0, 1) : list);
  if (!scale.every((one) => one === first) || first === 1) return { divisor: 1, mean: alike(mean), scale: alike(scale.map(short)) };
  const divisor = short(1 / first);
  return { divisor, mean: alike(mean.map((one) => short(one / divisor))), scale: [1] };
}

/** As many digits as float32 tells apart. */
function short(value: number): number {
  return Number(value.toPrecision(7));
}

function cropOf(rule: ImageRule): Crop {
  switch (rule.name) {
    case 'custom':
      return rule.crop;
    case 'vgg':
    case 'vgg-caffe':
      return { kind: 'short-side', pixels: 256 };
    case 'signed':
    case 'unit':
    case 'bytes':
    case 'none':
      return { kind: 'none' };
    default:
      return { kind: 'central', share: 0.875 };
  }
}
