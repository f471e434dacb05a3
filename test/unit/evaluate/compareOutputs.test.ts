import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../../worker/compute/pool.ts';
import { compareOutputs, outputsOf, withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { Model } from '../../../worker/graph/model.ts';
import type { JobProgress } from '../../../worker/protocol.ts';
import { thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import { branchedNet, imagesFile, quantized, RunningNet } from '../compute/nets.ts';
import { spawnHere } from '../compute/spawn.ts';

/** A network whose output is one row of scores per image. */
function classifier(): Model {
  const net = new RunningNet(3);
  const x = net.relu('net/a', net.conv('net/a', 'input', 3, 8));
  const mean = net.node('net/axes', 'Const', [], {
    dtype: { kind: 'type', value: 'int32' },
    value: { kind: 'tensor', value: { dtype: 'int32', shape: [2], bytes: new Uint8Array(Int32Array.of(1, 2).buffer) } },
  });
  return net.model(
    net.node('net/mean', 'Mean', [x, mean], { T: { kind: 'type', value: 'float32' }, keep_dims: { kind: 'bool', value: false } }),
  );
}

describe('float and quantized outputs side by side', () => {
  let pool: ComputePool;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnHere, backend: 'reference', workers: 3 });
  });
  afterAll(() => pool.dispose());

  it('agree where nothing was quantized', async () => {
    const model = classifier();
    const data = await imagesFile(7);
    const seen: JobProgress[] = [];
    const job = { onProgress: (progress: JobProgress) => seen.push(progress) };
    const result = await compareOutputs({ float: model, quantized: { model, thresholds: new Map() }, data, images: 4, pool, job });
    expect(result).toMatchObject({ images: 4, agreement: 1, largestDifference: 0 });
    expect(result.rows.map(({ image }) => image)).toEqual([0, 1, 2, 3]);
    expect(seen.every(({ phase, total }) => phase === 'evaluate' && total === 8)).toBe(true);
  });

  it('list the five largest and the largest difference of every image', async () => {
    const float = classifier();
    const model = quantized(float, { activation_bits: -3, relu_bits: 3, weight_bits: -3 });
    const thresholds = new Map(thresholdVariables(model.graph).map(({ name }) => [name, 0]));
    const data = await imagesFile(5);
    const result = await compareOutputs({ float, quantized: { model, thresholds }, data, images: 99, pool });
    expect(result.images).toBe(5);
    const images = await data.npy.rows(0, 5);
    const backend = await createBackend('reference');
    const run = async (of: Model) =>
      tensorNumbers(
        (await runGraph(of.graph, { variables: of.variables, feeds: new Map([['input', images]]), fetches: ['net/mean'], backend })).get(
          'net/mean',
        ) ?? images,
      );
    const [a, b] = [await run(float), await run(withThresholds(model, thresholds))];
    result.rows.forEach((row, image) => {
      const top = (of: ArrayLike<number>) =>
        Array.from({ length: 8 }, (_, index) => ({ index, value: of[image * 8 + index] ?? 0 }))
          .sort((p, q) => q.value - p.value)
          .slice(0, 5);
      expect(row.float).toEqual(top(a));
      expect(row.quantized.map(({ value }) => value)).toEqual(top(b).map(({ value }) => value));
      const differences = Array.from({ length: 8 }, (_, k) => Math.abs((a[image * 8 + k] ?? 0) - (b[image * 8 + k] ?? 0)));
      expect(row.largestDifference).toBe(Math.max(...differences));
    });
    expect(result.largestDifference).toBe(Math.max(...result.rows.map((row) => row.largestDifference)));
    expect(result.largestDifference).toBeGreaterThan(0);
  });

  it('refuse networks that do not put out the same', async () => {
    const data = await imagesFile(2);
    const work = compareOutputs({ float: classifier(), quantized: { model: branchedNet(), thresholds: new Map() }, data, images: 2, pool });
    await expect(work).rejects.toMatchObject({ code: 'shape-mismatch' });
    await expect(outputsOf({ ...classifier(), outputs: [] }, 2, { pool, data })).rejects.toMatchObject({ code: 'interface-invalid' });
  });

  it('can be cancelled', async () => {
    const job = { signal: AbortSignal.abort() };
    await expect(outputsOf(classifier(), 2, { pool, data: await imagesFile(2), job })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
