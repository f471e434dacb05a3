import { describe, expect, it } from 'vitest';
import { cutBatch, joinParts } from '../../../../worker/train/microBatches.ts';
import { trainingOptions } from '../../../../worker/train/options.ts';
import { partsOf } from '../../../../worker/train/stepBytes.ts';
import type { MeasuredPass } from '../../../../worker/train/trainingStep.ts';
import { spawnThread } from '../../compute/spawn.ts';
import { MemoryFiles, sampleEngine, trainRequest } from './sample.ts';
import { newest, trainTo } from './stored.ts';

describe('a batch in parts', () => {
  it('TRN23 as even as can be, larger ones first, never more than there are images', () => {
    expect(cutBatch(10, 4)).toEqual([
      { first: 0, count: 3 },
      { first: 3, count: 3 },
      { first: 6, count: 2 },
      { first: 8, count: 2 },
    ]);
    expect(cutBatch(2, 4).map(({ count }) => count)).toEqual([1, 1]);
    expect(cutBatch(7, 1)).toEqual([{ first: 0, count: 7 }]);
  });

  it('TRN23 are added in float32 along a binary tree over their order', () => {
    const part = (value: number): MeasuredPass => ({
      ...{ loss: value, logits: Float32Array.of(value), batchStatistics: new Map(), peakBytes: value },
      work: { dispatches: value, uploads: 3, uploadedBytes: 1, reads: 4, readBytes: 2 },
      slopes: new Map([['w:0', { shape: [1], values: Float32Array.of(value) }]]),
    });
    // From left to right the ones would be lost: 2²⁴ + 1 is 2²⁴ in float32.
    const joined = joinParts([2 ** 24, 0, 1, 1].map(part));
    expect(joined.slopes.get('w:0')).toEqual({ shape: [1], values: Float32Array.of(2 ** 24 + 2) });
    expect(joined).toMatchObject({
      loss: 2 ** 24 + 2,
      peakBytes: 2 ** 24,
      work: { dispatches: 2 ** 24 + 2, uploads: 12, uploadedBytes: 4, reads: 16, readBytes: 8 },
    });
    expect([...joined.logits]).toEqual([2 ** 24, 0, 1, 1]);
    expect(joinParts([1, 2 ** 24, 1].map(part)).slopes.get('w:0')?.values).toEqual(Float32Array.of(2 ** 24));
  });

  it('TRN23 that differ in what they give are no step', () => {
    const part = (edge: string, values: number[]): MeasuredPass => ({
      ...{ loss: 0, logits: Float32Array.of(0), batchStatistics: new Map(), peakBytes: 0, work: null },
      slopes: new Map([[edge, { shape: [values.length], values: Float32Array.from(values) }]]),
    });
    expect(() => joinParts([part('w:0', [1]), part('v:0', [1])])).toThrow(/differ in the slope of w:0/);
    expect(() => joinParts([part('w:0', [1]), part('w:0', [1, 2])])).toThrow(RangeError);
  });

  it('TRN23 are doubled as long as one would be too large, whatever the device', () => {
    const options = trainingOptions({ batchSize: 24, microBatches: 4 });
    const megabytes = (count: number) => count * 2 ** 20;
    expect([1, 42, 43, 85, 86, 130, 10_000].map((size) => partsOf(options, megabytes(size)))).toEqual([4, 4, 8, 8, 16, 24, 24]);
    expect(partsOf(trainingOptions({ batchSize: 3 }), 1)).toBe(3);
  });
});

describe('a run on the cores at hand', () => {
  it('TRN23 gives the same bytes on one, two and four workers', async () => {
    const found: Uint8Array[] = [];
    for (const cores of [1, 2, 4]) {
      const runFiles = new MemoryFiles();
      const engine = await sampleEngine({ spawn: spawnThread, cores, runFiles });
      try {
        expect(await trainTo(engine, 5, trainRequest())).toBe('paused');
      } finally {
        await engine.dispose();
      }
      found.push(newest(runFiles).state);
    }
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  }, 240_000);
});
