import type { Scaling } from '../../data/checks/scaling.ts';
import { extremes, type SampledImages } from '../../data/checks/values.ts';
import { dataSet } from '../../data/dataSet.ts';
import type { BatchStream, OpenedData } from '../../data/types.ts';
import type { DType } from '../../formats/tensor.ts';
import type { ImageRule, JobOptions, LeftOut } from '../../protocol.ts';
import { choose, random } from '../../random.ts';

/** So many images are looked at before a long run. */
const LOOKED_AT = 64;

export interface Sample extends SampledImages {
  readonly leftOut: readonly LeftOut[];
}

/** CHK1: a seeded few of the images, as the rule feeds them. @throws GraffitistError as reading them, `cancelled` */
export async function sampleImages(
  data: OpenedData,
  rule: ImageRule,
  shape: readonly number[],
  batches: BatchStream,
  { signal, onProgress }: JobOptions,
): Promise<Sample> {
  const images = [...choose(data.count, LOOKED_AT, random(0, 'check'))].sort((a, b) => a - b);
  const size = shape.reduce((product, side) => product * side, 1);
  const names: string[] = [];
  const labels: number[] = [];
  const parts: Float32Array[] = [];
  const leftOut: LeftOut[] = [];
  for await (const batch of batches(data, { rule, shape, images, size: 16, signal })) {
    names.push(...batch.names);
    labels.push(...batch.labels);
    parts.push(batch.values);
    leftOut.push(...batch.leftOut);
    const done = names.length + leftOut.length;
    onProgress?.({ phase: 'load', done, total: images.length, etaMs: null, layer: batch.names.at(-1) ?? null, bytes: null });
  }
  const values = new Float32Array(names.length * size);
  let at = 0;
  for (const part of parts) {
    values.set(part, at);
    at += part.length;
  }
  return { names, labels: Int32Array.from(labels), values, shape, leftOut };
}

/** The first so many images of a sample. */
export function firstOf({ names, labels, values, shape, leftOut }: Sample, count: number): Sample {
  const size = values.length / Math.max(1, names.length);
  return { names: names.slice(0, count), labels: labels.slice(0, count), values: values.slice(0, count * size), shape, leftOut };
}

/** Of what type an array's numbers are; null: pictures. */
export function storedType(data: OpenedData): DType | null {
  const [first] = data.count === 0 ? [] : dataSet(data).stored([0]);
  return first?.kind === 'rows' ? first.form.dtype : null;
}

/** The images of a sample without those that hold NaN or infinities. */
export function finite(sample: Sample): Sample {
  const { names, labels, values } = sample;
  const size = values.length / Math.max(1, names.length);
  const row = (image: number): Float32Array => values.subarray(image * size, (image + 1) * size);
  const kept = [...names.keys()].filter((image) => row(image).every(Number.isFinite));
  if (kept.length === names.length) return sample;
  const result = new Float32Array(kept.length * size);
  for (const [at, image] of kept.entries()) result.set(row(image), at * size);
  return {
    ...sample,
    names: kept.map((image) => names[image] ?? ''),
    labels: Int32Array.from(kept, (image) => labels[image] ?? -1),
    values: result,
  };
}

/** Smallest and largest of the numbers that images were made from; `own`: what was done to them. */
export function sourceExtremes({ values }: Sample, own: Scaling | null): readonly [low: number, high: number] {
  if (own === null) return extremes(values);
  const channels = own.offset.length;
  return extremes(values.map((value, i) => value / (own.gain[i % channels] as number) + (own.offset[i % channels] as number)));
}
