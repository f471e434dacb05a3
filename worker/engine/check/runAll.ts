import type { ComputePool } from '../../compute/pool.ts';
import { outputsOf } from '../../evaluate/compareOutputs.ts';
import { writeNpy } from '../../formats/npy.ts';
import { makeTensor } from '../../formats/tensorValues.ts';
import type { Model } from '../../graph/model.ts';
import type { JobOptions } from '../../protocol.ts';

/** A network's first output for several readings of the same images, in one go: one array of rows per reading. */
export async function runAll(
  model: Model,
  readings: readonly Float32Array[],
  shape: readonly number[],
  { pool, job }: { readonly pool: ComputePool; readonly job: JobOptions },
): Promise<readonly Float32Array[]> {
  const size = shape.reduce((product, side) => product * side, 1);
  const length = readings[0]?.length ?? 0;
  const images = length / size;
  const all = new Float32Array(readings.length * length);
  for (const [k, values] of readings.entries()) all.set(values, k * length);
  const dims = [readings.length * images, ...shape];
  const blob = new Blob([writeNpy(makeTensor('float32', dims, all)) as BlobPart]);
  const data = { source: { name: 'check.npy', blob }, npy: { shape: dims } };
  const { values } = await outputsOf(model, dims[0] ?? 0, { data, pool, job });
  const part = values.length / readings.length;
  return readings.map((_, k) => values.subarray(k * part, (k + 1) * part));
}
