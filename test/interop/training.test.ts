import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { farthest, type RecordedRun, rerun } from '../unit/train/recordedRun.ts';

const folder = process.env.INTEROP_DIR;
if (folder === undefined) throw new Error('INTEROP_DIR names the folder that trainingAgainstTensorflow.py wrote to.');
const expected = JSON.parse(readFileSync(path.join(folder, 'training.json'), 'utf8')) as RecordedRun;

describe('the schedule against the TensorFlow at hand', () => {
  const found = rerun(expected);

  it('thresholds freeze in its order', () => expect(found.frozen).toEqual(expected.frozen));

  it('thresholds, weights, rates and means are its', () => {
    for (const [i, { rate, thresholds, weights, averages }] of expected.record.entries()) {
      const here = found.record[i];
      expect(here?.rate).toBe(rate);
      expect(farthest(thresholds, here?.thresholds ?? [])).toBeLessThanOrEqual(2);
      expect(farthest(averages, here?.averages ?? [])).toBeLessThanOrEqual(2);
      expect(farthest(weights, here?.weights ?? [])).toBeLessThanOrEqual(4);
    }
  });
});
