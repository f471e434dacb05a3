import type { Evaluation, NetworkComparison, Rate } from '../../worker/protocol.ts';
import { count, fixed, plural } from '../format/numbers.ts';

/** From so many images on, a second decimal of a percentage means something. */
const FINE = 2000;

/** `95.4 %`; of many images `95.44 %`. */
export function percent(value: number, of: number): string {
  return `${fixed(value * 100, decimals(of))} %`;
}

/** `95.4 % (94.8 … 96.0)`. */
export function rateText({ value, low, high, of }: Rate): string {
  return `${percent(value, of)} (${points(low, of)} … ${points(high, of)})`;
}

/** A share in points: `46.3`. */
function points(value: number, of: number): string {
  return fixed(value * 100, decimals(of));
}

function decimals(of: number): number {
  return of >= FINE ? 2 : 1;
}

/** What an evaluation came to, in a line. */
export function verdict({ images, networks, comparison }: Evaluation): string {
  const rates = networks.flatMap(({ top1 }) => (top1 === null ? [] : [percent(top1.value, top1.of)]));
  if (rates.length > 0) return `Evaluated ${plural(images, 'image')}: top-1 ${rates.join(' → ')}.`;
  const agreement = comparison?.agreement;
  if (agreement) return `Evaluated ${plural(images, 'image')}: top-1 agrees on ${percent(agreement.value, agreement.of)}.`;
  return `Evaluated ${plural(images, 'image')}.`;
}

/** `quantize loses 46.3 points (95 %: 45.3 … 47.3); 4,702 images only Original has right, 72 only quantize.` */
export function pairedText([first, second]: readonly [string, string], top1: NonNullable<NetworkComparison['top1']>, of: number): string {
  const { difference, onlyFirst, onlySecond } = top1;
  const lost = difference.value < 0 || (difference.value === 0 && difference.low < 0);
  const [low, high] = lost ? [-difference.high, -difference.low] : [difference.low, difference.high];
  const change =
    difference.value === 0 ? 'neither gains nor loses' : `${lost ? 'loses' : 'gains'} ${points(Math.abs(difference.value), of)} points`;
  return (
    `${second} ${change} (95 %: ${points(low, of)} … ${points(high, of)}); ` +
    `${plural(onlyFirst, 'image')} only ${first} has right, ${count(onlySecond)} only ${second}.`
  );
}

/** How sure it is that the two networks differ. */
export function certaintyText(p: number): string {
  if (p < 0.001) return 'McNemar’s test: p < 0.001.';
  return `McNemar’s test: p = ${fixed(p, 3)}${p > 0.05 ? '; these images do not tell the two apart' : ''}.`;
}

/** A class as a person knows it: its name, else its number. */
export function className(names: readonly string[], index: number): string {
  if (index < 0) return 'not finite';
  const name = names[index];
  return name === undefined || name === '' ? String(index) : name;
}

/** `label cat answered dog: 12 images (4.1 %)`; the share is that of the label's images. */
export function cellText(names: readonly string[], place: { label: number; answer: number }, images: number, ofLabel: number): string {
  const share = ofLabel === 0 ? '' : ` (${fixed((images / ofLabel) * 100, 1)} %)`;
  return `label ${className(names, place.label)} answered ${className(names, place.answer)}: ${plural(images, 'image')}${share}`;
}

/** The same of a difference: `label cat answered dog: 12 → 40 images (+28)`. */
export function changeText(names: readonly string[], place: { label: number; answer: number }, first: number, second: number): string {
  const by = second - first;
  const signed = by === 0 ? 'no change' : `${by > 0 ? '+' : '−'}${count(Math.abs(by))}`;
  return `label ${className(names, place.label)} answered ${className(names, place.answer)}: ${count(first)} → ${plural(second, 'image')} (${signed})`;
}
