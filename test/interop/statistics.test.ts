import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { againstRecord, FOLDED, type RecordedStatistics } from '../unit/train/measuredNetwork.ts';

const folder = process.env.INTEROP_DIR;
if (folder === undefined) throw new Error('INTEROP_DIR names the folder that statisticsAgainstTensorflow.py wrote to.');
const expected = JSON.parse(readFileSync(path.join(folder, 'statistics.json'), 'utf8')) as RecordedStatistics;

describe('statistics of batch norms against the TensorFlow at hand', () => {
  it.each(FOLDED)('TRN32 %s', async (_, transforms, batchNorms) => {
    const { measuredNorms, statistics, output } = await againstRecord(expected, transforms);
    expect(measuredNorms).toBe(batchNorms);
    expect(statistics).toBeLessThan(2e-6);
    expect(output).toBeLessThan(1e-5);
  });
});
