import { afterAll, describe, expect, it } from 'vitest';
import { calibrate } from '../../../worker/calibrate/calibrate.ts';
import { calibrateSearched } from '../../../worker/calibrate/calibrateSearched.ts';
import { isWeightQuantizer } from '../../../worker/calibrate/rules.ts';
import { ComputePool } from '../../../worker/compute/pool.ts';
import { withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import { answerDistance, outputDistance } from '../../../worker/evaluate/distance.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import { makeTensor, tensorNumbers, tensorValues } from '../../../worker/formats/tensorValues.ts';
import { GraphEditor } from '../../../worker/graph/graph.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { ceilLog2 } from '../../../worker/quantize/fixedPoint.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { imagesFile, quantized, RunningNet } from '../compute/nets.ts';
import { spawnHere } from '../compute/spawn.ts';

const IMAGES = 12;
const FLOAT = { kind: 'type', value: 'float32' } as const;

/** Two layers whose largest weight is an outlier, and their means as logits. */
function classifier(): Model {
  const net = new RunningNet(5);
  const hidden = net.relu('net/a', net.conv('net/a', 'input', 3, 4));
  const logits = net.conv('net/b', hidden, 4, 6, 3);
  for (const name of ['net/a/weights', 'net/b/weights']) {
    const values = net.values.get(name) ?? makeTensor('float32', [], [0]);
    (tensorValues(values) as Float32Array)[7] = 9;
  }
  net.node('net/axes', 'Const', [], {
    dtype: { kind: 'type', value: 'int32' },
    value: { kind: 'tensor', value: makeTensor('int32', [2], [1, 2]) },
  });
  const attrs = { T: FLOAT, Tidx: { kind: 'type', value: 'int32' }, keep_dims: { kind: 'bool', value: false } } as const;
  return net.model(net.node('net/mean', 'Mean', [logits, 'net/axes'], attrs));
}

const BITS = { weight_bits: -4 };
const pools: ComputePool[] = [];
afterAll(() => {
  for (const pool of pools) pool.dispose();
});

async function poolOf(workers: number): Promise<ComputePool> {
  const pool = await ComputePool.start({ spawn: spawnHere, backend: 'reference', workers });
  pools.push(pool);
  return pool;
}

async function searched(workers: number, job = {}) {
  const pool = await poolOf(workers);
  const float = classifier();
  return calibrateSearched(float, quantized(float, BITS), [await imagesFile(IMAGES)], { pool: async () => pool, job });
}

/** Mean distance from the float network with only weights rounded, at these bins: computed apart, image by image. */
async function distanceAt(bins: ReadonlyMap<string, number>): Promise<number> {
  const backend = await createBackend('reference');
  const float = classifier();
  const placed = quantized(float, BITS);
  const editor = new GraphEditor(placed.graph);
  for (const { name, node, source } of readQuantizers(placed.graph)) {
    if (isWeightQuantizer(name)) continue;
    for (const { consumer } of placed.graph.uses(node)) {
      const reader = editor.node(consumer.name);
      editor.replace(reader.with({ inputs: reader.inputs.map((input) => (input === node ? source : input)) }));
    }
  }
  const data = await imagesFile(IMAGES);
  const rows = async (model: Model, image: number) => {
    const feeds = new Map([['input', await data.npy.rows(image, 1)]]);
    const found = await runGraph(model.graph, { variables: model.variables, feeds, fetches: ['net/mean'], backend });
    const logits = Array.from(tensorNumbers(found.get('net/mean') ?? makeTensor('float32', [0], [])));
    const sum = logits.reduce((total, value) => total + Math.exp(value), 0);
    return logits.map((value) => Math.exp(value) / sum);
  };
  let total = 0;
  for (let image = 0; image < IMAGES; image++) {
    const p = await rows(float, image);
    const q = await rows(withThresholds({ ...placed, graph: editor.graph() }, bins), image);
    total += p.reduce((sum, value, k) => sum + value * Math.log(value / (q[k] ?? 0)), 0);
  }
  return total / IMAGES;
}

describe('a search of weight thresholds', () => {
  it('SRCH1: finds what trying every pair of candidates finds', async () => {
    const float = classifier();
    const pool = await poolOf(1);
    const { thresholds } = await calibrate(quantized(float, BITS), await imagesFile(IMAGES), { pool: async () => pool });
    const weights = readQuantizers(quantized(float, BITS).graph).filter(({ name }) => isWeightQuantizer(name));
    const start = weights.map(({ threshold }) => ceilLog2(thresholds.get(threshold) ?? Number.NaN));
    const [a, b] = weights.map(({ threshold }) => threshold) as [string, string];
    let best = { distance: Number.POSITIVE_INFINITY, bins: [0, 0] };
    for (let i = -3; i <= 1; i++) {
      for (let j = -3; j <= 1; j++) {
        const bins = [(start[0] ?? 0) + i, (start[1] ?? 0) + j] as const;
        const distance = await distanceAt(new Map([[a, bins[0]] as const, [b, bins[1]] as const]));
        if (distance < best.distance) best = { distance, bins: [...bins] };
      }
    }
    const found = await searched(2);
    expect([a, b].map((variable) => ceilLog2(found.thresholds.get(variable) ?? Number.NaN))).toEqual(best.bins);
    expect(best.bins).not.toEqual(start);
    expect(found.calibration.search?.after).toBeCloseTo(best.distance, 6);
    expect(found.calibration.search?.before).toBeCloseTo(
      await distanceAt(new Map([[a, start[0] ?? 0] as const, [b, start[1] ?? 0] as const])),
      6,
    );
  });

  it('SRCH3: the same with any number of workers, to the last bit', async () => {
    const [one, two, five] = [await searched(1), await searched(2), await searched(5)];
    expect(two.thresholds).toEqual(one.thresholds);
    expect(five.thresholds).toEqual(one.thresholds);
    expect(five.calibration.search).toEqual(one.calibration.search);
  });

  it('SRCH5: what moved is a whole number; other thresholds are those found behind these weights', async () => {
    const float = classifier();
    const placed = quantized(float, BITS);
    const found = await searched(1);
    const pool = await poolOf(1);
    const plain = await calibrate(placed, await imagesFile(IMAGES), { pool: async () => pool });
    const weights = readQuantizers(placed.graph).filter(({ name }) => isWeightQuantizer(name));
    const moved = weights.filter(({ threshold }) => found.thresholds.get(threshold) !== plain.thresholds.get(threshold));
    expect(moved.length).toBe(found.calibration.search?.moved);
    for (const { threshold } of moved) expect(Number.isInteger(found.thresholds.get(threshold))).toBe(true);
    const fixed = new Map(weights.map(({ threshold }) => [threshold, found.thresholds.get(threshold) ?? 0]));
    const behind = await calibrate(placed, await imagesFile(IMAGES), { pool: async () => pool, fixed });
    expect(behind.thresholds).toEqual(found.thresholds);
    expect(behind.thresholds).not.toEqual(plain.thresholds);
  });

  it('SRCH4: can be cancelled, and the workers answer afterwards', async () => {
    const stop = new AbortController();
    const job = { signal: stop.signal, onProgress: ({ phase }: { phase: string }) => phase === 'search' && stop.abort() };
    await expect(searched(1, job)).rejects.toMatchObject({ code: 'cancelled' });
    expect((await searched(1)).calibration.search?.tried).toBeGreaterThan(8);
  });
});

describe('distances', () => {
  it('SRCH2: of probabilities, and of logits through a softmax', () => {
    const [p, q] = [
      [0.5, 0.25, 0.25],
      [0.25, 0.25, 0.5],
    ];
    const expected = 0.5 * Math.log(2) + 0.25 * Math.log(0.5);
    expect(answerDistance(p, q, ['probabilities', 'probabilities'])).toBeCloseTo(expected, 14);
    const logits = q.map((value) => Math.log(value) + 1000);
    expect(answerDistance(p, logits, ['probabilities', 'logits'])).toBeCloseTo(expected, 11);
    expect(answerDistance([1, 0], [1, 0], ['probabilities', 'probabilities'])).toBe(0);
    expect(answerDistance([1, 0], [0, 1], ['probabilities', 'probabilities'])).toBeCloseTo(149 * Math.LN2, 10);
    expect(answerDistance(p, [Number.NaN, 0, 0], ['probabilities', 'logits'])).toBe(Number.POSITIVE_INFINITY);
  });

  it('SRCH2: of outputs without classes the squared error by the squares', () => {
    expect(outputDistance([3, 4], [3, 3])).toBeCloseTo(1 / 25, 14);
    expect(outputDistance([0, 0], [0, 0])).toBe(0);
    expect(outputDistance([0, 0], [0, 1])).toBe(Number.POSITIVE_INFINITY);
    expect(outputDistance([1, 0], [Number.NaN, 0])).toBe(Number.POSITIVE_INFINITY);
  });
});
