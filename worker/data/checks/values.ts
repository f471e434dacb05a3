import type { DataWarning } from '../../protocol.ts';
import { counted } from '../counted.ts';

/** Some images as they are fed. */
export interface SampledImages {
  readonly names: readonly string[];
  readonly labels: Int32Array;
  readonly values: Float32Array;
  readonly shape: readonly number[];
}

/** CHK1: numbers that are none, images of one value, images that are there twice. */
export function valueWarnings({ names, values }: SampledImages): DataWarning[] {
  const size = names.length === 0 ? 0 : values.length / names.length;
  const broken: string[] = [];
  const constant: string[] = [];
  const twice: string[] = [];
  const seen = new Map<string, string>();
  for (const [image, name] of names.entries()) {
    const row = values.subarray(image * size, (image + 1) * size);
    if (!row.every(Number.isFinite)) broken.push(name);
    else if (row.every((value) => value === row[0])) constant.push(name);
    else {
      const key = fingerprint(row);
      const other = seen.get(key);
      if (other === undefined) seen.set(key, name);
      else twice.push(`${other} and ${name}`);
    }
  }
  const warning = (which: readonly string[], one: string, many: string, remedy: string): DataWarning[] => {
    if (which.length === 0) return [];
    const text = `Of ${counted(names.length, 'image')} that were looked at ${which.length} ${which.length === 1 ? one : many}: ${firstOf(which)}.`;
    return [{ rule: 'CHK1', text, remedy }];
  };
  return [
    ...warning(broken, 'holds NaN or infinities', 'hold NaN or infinities', 'Leave them out.'),
    ...warning(constant, 'has one value everywhere', 'have one value everywhere', 'Look whether it was read as it should be.'),
    ...warning(twice, 'is there twice', 'are there twice', 'Leave out the copies: they count double.'),
  ];
}

function firstOf(names: readonly string[]): string {
  return `${names.slice(0, 3).join(', ')}${names.length > 3 ? ' …' : ''}`;
}

/** Two hashes (FNV-1a and a second multiplier) of the bits of the values. */
function fingerprint(row: Float32Array): string {
  const words = new Uint32Array(row.slice().buffer);
  let [a, b] = [0x811c9dc5, 0x9e3779b9];
  for (const word of words) {
    a = Math.imul(a ^ word, 0x01000193);
    b = Math.imul(b ^ word ^ (b >>> 15), 0x85ebca6b);
  }
  return `${a >>> 0} ${b >>> 0}`;
}

/** Smallest and largest. */
export function extremes(values: ArrayLike<number>): readonly [low: number, high: number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return [low, high];
}
