import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { VariableSource } from '../../../worker/graph/model.ts';
import { layeredVariables, memoryVariables, noVariables } from '../../../worker/graph/variables.ts';

/** The checkpoint in a folder, with thresholds from a recorded file laid over it. */
export async function recordedVariables(folder: string, thresholdFile?: string): Promise<VariableSource> {
  const files = readdirSync(folder).filter((file) => file === 'checkpoint' || /\.ckpt\.(index|data)/.test(file));
  const checkpoint = await openCheckpoint(files.map((name) => ({ name, blob: new Blob([readFileSync(path.join(folder, name))]) })));
  return layeredVariables(thresholdFile === undefined ? noVariables : recordedThresholds(thresholdFile), checkpoint ?? noVariables);
}

/** Log2 thresholds by variable name, as the original found them. */
export function recordedThresholds(file: string): VariableSource {
  if (!existsSync(file)) return noVariables;
  const json = JSON.parse(readFileSync(file, 'utf8')) as Record<string, number> | { thresholds_log2: Record<string, number> };
  const thresholds =
    'thresholds_log2' in json && typeof json.thresholds_log2 === 'object' ? json.thresholds_log2 : (json as Record<string, number>);
  return memoryVariables(new Map(Object.entries(thresholds).map(([name, log2]) => [name, makeTensor('float32', [], [log2])])));
}

/** Largest difference relative to the largest expected magnitude, and how many values differ at all. */
export function compareTensors(ours: Tensor, theirs: Tensor): { readonly relative: number; readonly differing: number } {
  expect(ours.shape).toEqual(theirs.shape);
  const [a, b] = [Float64Array.from(tensorNumbers(ours)), Float64Array.from(tensorNumbers(theirs))];
  const largest = b.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  let [relative, differing] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    const distance = Math.abs((a[i] as number) - (b[i] as number));
    relative = Math.max(relative, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance / (largest || 1));
    if (distance !== 0) differing++;
  }
  return { relative, differing };
}

/** The first image of a batch. */
export function firstImage(batch: Tensor): Tensor {
  const [images = 1, ...rest] = batch.shape;
  return { dtype: batch.dtype, shape: [1, ...rest], bytes: batch.bytes.subarray(0, batch.bytes.length / images) };
}

/** The tensor of that name, which must be there. */
export function tensorOf(tensors: ReadonlyMap<string, Tensor>, name: string): Tensor {
  const tensor = tensors.get(name);
  if (tensor === undefined) throw new Error(`'${name}' is not there`);
  return tensor;
}
