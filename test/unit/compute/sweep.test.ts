import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Calibrated, type CalibrateOptions, calibrate } from '../../../worker/calibrate/calibrate.ts';
import { ComputePool } from '../../../worker/compute/pool.ts';
import type { BackendName } from '../../../worker/execute/backend.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { naiveThresholds } from './naive.ts';
import { branchedNet, imagesFile, quantized, RunningNet, sharedInARow } from './nets.ts';
import { spawnHere, spawnThread } from './spawn.ts';

const IMAGES = 5;

/** Every kind of pool that this thread and threads of its own can have at once. */
const pools = new Map<string, ComputePool>();
const kinds: readonly (readonly [name: string, backend: BackendName, workers: number, threads: boolean])[] = [
  ['reference, 1 worker', 'reference', 1, false],
  ['reference, 2 workers', 'reference', 2, false],
  ['reference, 3 workers', 'reference', 3, false],
  ['reference, more workers than images', 'reference', 7, false],
  ['wasm, 1 worker', 'wasm', 1, false],
  ['wasm, 2 threads', 'wasm', 2, true],
];

beforeAll(async () => {
  for (const [name, backend, workers, threads] of kinds) {
    pools.set(name, await ComputePool.start({ spawn: threads ? spawnThread : spawnHere, backend, workers }));
  }
});
afterAll(() => {
  for (const pool of pools.values()) pool.dispose();
});

function poolOf(name: string): ComputePool {
  const pool = pools.get(name);
  if (pool === undefined) throw new Error(name);
  return pool;
}

async function run(model: Model, pool: string, options: Partial<CalibrateOptions> = {}): Promise<Calibrated> {
  return calibrate(model, await imagesFile(IMAGES), { pool: async () => poolOf(pool), ...options });
}

async function naive(model: Model): Promise<Map<string, number>> {
  const data = await imagesFile(IMAGES);
  return naiveThresholds(model, await data.npy.rows(0, IMAGES), await createBackend('reference'));
}

const networks: readonly (readonly [name: string, make: () => Model])[] = [
  ['branches at 4 bits', () => quantized(branchedNet())],
  ['branches at 8 bits', () => quantized(branchedNet(2), {})],
  ['activations at 12 bits', () => quantized(branchedNet(3), { activation_bits: -12, relu_bits: 12, layer_bits: -20 })],
  ['layers at 4 bits', () => quantized(branchedNet(4), { activation_bits: -4, relu_bits: 4, layer_bits: -4 })],
  ['a threshold shared along the way', sharedInARow],
];

describe('CAL8: one sweep', () => {
  it.each(networks)('finds the thresholds that running the network anew for every quantizer finds: %s', async (_, make) => {
    const expected = await naive(make());
    const { thresholds } = await run(make(), 'reference, 2 workers');
    expect(Object.fromEntries(thresholds)).toEqual(Object.fromEntries(expected));
  });

  it('CAL4: has the same result for any number of workers, on every backend', async () => {
    for (const [, make] of networks) {
      const [first, ...others] = await Promise.all(kinds.map(async ([name]) => [name, await run(make(), name)] as const));
      for (const [name, { thresholds, statistics }] of others) {
        expect([name, thresholds]).toEqual([name, first?.[1].thresholds]);
        expect([name, statistics]).toEqual([name, first?.[1].statistics]);
      }
    }
  });

  it('CAL5: searches where bits are few', async () => {
    const { statistics } = await run(quantized(branchedNet()), 'wasm, 1 worker');
    const methods = [...statistics.values()].map(({ method }) => method);
    expect(methods.filter((method) => method === 'KL-J').length).toBeGreaterThanOrEqual(5);
    const act = statistics.get('net/a/Relu_act_quant');
    expect(act?.histogram.counts.reduce((a, b) => a + b, 0)).toBe(IMAGES * 8 * 8 * 4);
    expect(act?.samples).toBe(IMAGES * 8 * 8 * 4);
    expect(act?.clipped).toBeGreaterThan(0);
    expect(act?.sqnrDb).toBeGreaterThan(5);
    const weights = statistics.get('net/a/weights_weight_quant');
    expect(weights?.method).toBe('MAX');
    expect(weights?.histogram.counts.reduce((a, b) => a + b, 0)).toBe(3 * 3 * 3 * 4);
  });

  it('CAL6: computes again exactly what a moved threshold has an influence on', async () => {
    const { calibration, thresholds } = await run(sharedInARow(), 'wasm, 2 threads');
    // net/b's layer was computed from net/a's activations at their first scale: its quantizers, sum and relu come anew.
    expect(calibration.recomputed).toBeGreaterThan(0);
    expect(calibration.recomputed).toBeLessThanOrEqual(6);
    expect(thresholds).toEqual((await run(sharedInARow(), 'reference, 3 workers')).thresholds);
    expect((await run(quantized(branchedNet()), 'wasm, 1 worker')).calibration.recomputed).toBe(0);
  });

  it('CAL9: keeps to its budget and finds the same', async () => {
    const roomy = await run(quantized(branchedNet()), 'wasm, 1 worker');
    const tight = await run(quantized(branchedNet()), 'wasm, 1 worker', { budgetBytes: 1 });
    expect(tight.thresholds).toEqual(roomy.thresholds);
    expect(tight.statistics).toEqual(roomy.statistics);
    expect(tight.calibration.peakBytes).toBeLessThan(roomy.calibration.peakBytes);
    expect(tight.calibration.warnings.map(({ rule }) => rule)).toEqual(['CAL9']);
  });

  it('CAL1: takes another method where one is asked for', async () => {
    const methods = new Map([['net/a/Relu_act_quant', 'MAX' as const]]);
    const [usual, asked] = await Promise.all([
      run(quantized(branchedNet()), 'wasm, 1 worker'),
      run(quantized(branchedNet()), 'reference, 1 worker', { methods }),
    ]);
    const threshold = 'net/a/Relu_act_quant/threshold';
    expect(asked.statistics.get('net/a/Relu_act_quant')?.method).toBe('MAX');
    expect(asked.thresholds.get(threshold)).toBeGreaterThan(usual.thresholds.get(threshold) ?? Number.POSITIVE_INFINITY);
  });

  it('counts float64 and whole uint8 images like float32 ones', async () => {
    const net = () => quantized(branchedNet());
    const results = await Promise.all(
      (['float32', 'float64'] as const).map(async (dtype, k) =>
        calibrate(net(), await imagesFile(IMAGES, 7, dtype), {
          pool: async () => poolOf(`reference, ${k + 1} worker${k === 0 ? '' : 's'}`),
        }),
      ),
    );
    expect(results[1]?.thresholds).toEqual(results[0]?.thresholds);
    const bytes = await calibrate(net(), await imagesFile(IMAGES, 7, 'uint8'), { pool: async () => poolOf('wasm, 1 worker') });
    const data = await imagesFile(IMAGES, 7, 'uint8');
    const expected = await naiveThresholds(net(), { ...(await floats(data)) }, await createBackend('reference'));
    expect(Object.fromEntries(bytes.thresholds)).toEqual(Object.fromEntries(expected));
  });

  it('CAL3: warns where all samples are 0', async () => {
    const net = new RunningNet();
    const zero = net.conv('net/a', 'input', 3, 2);
    const weights = net.values.get('net/a/weights');
    if (weights === undefined) throw new Error('no weights');
    net.values.set('net/a/weights', { ...weights, bytes: new Uint8Array(weights.bytes.length) });
    const { thresholds, calibration, statistics } = await run(quantized(net.model(zero)), 'wasm, 1 worker');
    expect(thresholds.get('net/a/weights_weight_quant/threshold')).toBe(-1);
    expect(calibration.warnings.map(({ rule, node }) => [rule, node])).toContainEqual(['CAL3', 'net/a/weights_weight_quant']);
    expect(statistics.get('net/a/weights_weight_quant')?.sqnrDb).toBeNull();
  });
});

async function floats(data: Awaited<ReturnType<typeof imagesFile>>) {
  const tensor = await data.npy.rows(0, IMAGES);
  return { dtype: 'float32' as const, shape: tensor.shape, bytes: new Uint8Array(Float32Array.from(tensor.bytes).buffer) };
}
