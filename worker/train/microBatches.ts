import type { DeviceWork } from '../execute/backend.ts';
import type { MeasuredPass, Slopes } from './trainingStep.ts';

/** Places `first` … `first + count − 1` of a batch. */
export interface Part {
  readonly first: number;
  readonly count: number;
}

/**
 * TRN23: a batch in parts that do not depend on who computes them, as even as can be, larger ones first.
 * @param parts wanted; never more than there are images
 */
export function cutBatch(images: number, parts: number): readonly Part[] {
  const count = Math.max(1, Math.min(parts, images));
  const [least, more] = [Math.floor(images / count), images % count];
  return Array.from({ length: count }, (_, k) => ({ first: k * least + Math.min(k, more), count: least + Number(k < more) }));
}

/**
 * TRN23: the pass over a batch whose parts these are. Each part's loss and slopes are already shares of the whole batch; they are added in
 * float32 along a binary tree over the order of the parts, so that the sum is the same to the last bit whoever computed which part and
 * whoever was first.
 */
export function joinParts(parts: readonly MeasuredPass[]): MeasuredPass {
  const [first, ...others] = parts;
  if (first === undefined) throw new RangeError('A batch of no parts.');
  if (others.length === 0) return first;
  return {
    loss: tree(
      parts.map(({ loss }) => loss),
      (a, b) => a + b,
    ),
    slopes: new Map(
      [...first.slopes].map(([edge, { shape, values }]) => [edge, { shape, values: tree(parts.map(valuesOf(edge, values.length)), sum) }]),
    ),
    batchStatistics: first.batchStatistics,
    logits: joined(parts.map(({ logits }) => logits)),
    peakBytes: Math.max(...parts.map(({ peakBytes }) => peakBytes)),
    work: parts.map(({ work }) => work).reduce(both),
  };
}

/** Every part goes through the same graph: one that lacks a slope, or has another shape of it, must not pass for zeros. */
function valuesOf(edge: string, length: number): (part: { readonly slopes: Slopes }) => Float32Array {
  return ({ slopes }) => {
    const values = slopes.get(edge)?.values;
    if (values?.length !== length) throw new RangeError(`Parts of a batch differ in the slope of ${edge}.`);
    return values;
  };
}

function tree<T>(values: readonly T[], add: (a: T, b: T) => T): T {
  let level = values;
  while (level.length > 1) {
    level = Array.from({ length: Math.ceil(level.length / 2) }, (_, k) => {
      const [a, b] = [level[2 * k] as T, level[2 * k + 1]];
      return b === undefined ? a : add(a, b);
    });
  }
  return level[0] as T;
}

function both(a: DeviceWork | null, b: DeviceWork | null): DeviceWork | null {
  if (a === null || b === null) return null;
  return {
    dispatches: a.dispatches + b.dispatches,
    uploads: a.uploads + b.uploads,
    uploadedBytes: a.uploadedBytes + b.uploadedBytes,
    reads: a.reads + b.reads,
    readBytes: a.readBytes + b.readBytes,
  };
}

function sum(a: Float32Array, b: Float32Array): Float32Array {
  const out = new Float32Array(a.length);
  for (let i = 0; i < out.length; i++) out[i] = (a[i] as number) + (b[i] as number);
  return out;
}

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((count, part) => count + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
