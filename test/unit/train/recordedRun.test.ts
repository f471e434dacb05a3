import { describe, expect, it } from 'vitest';
import { farthest, type RecordedRun, rerun } from './recordedRun.ts';
import recorded from './tensorflow.json' with { type: 'json' };

const expected = recorded as RecordedRun;

describe('a run that TensorFlow 1.14 made with its Adam, staircases and moving averages', () => {
  const found = rerun(expected);

  it('TRN5 thresholds freeze at the same steps in the same order', () => {
    expect(found.frozen).toEqual(expected.frozen);
    expect(expected.frozen.length).toBe(expected.settings.starts.length);
  });

  it('TRN3 learning rates are its to the last bit', () => {
    expect(found.record.map(({ rate }) => rate)).toEqual(expected.record.map(({ rate }) => rate));
  });

  it('TRN2 thresholds are its to the last bit, all along', () => {
    expect(found.record.map(({ thresholds }) => thresholds)).toEqual(expected.record.map(({ thresholds }) => thresholds));
  });

  it('TRN2, TRN6 weights and moving means are its to float32 rounding', () => {
    expect(found.record.map(({ step }) => step)).toEqual(expected.record.map(({ step }) => step));
    for (const [i, { averages, weights }] of expected.record.entries()) {
      expect(farthest(averages, found.record[i]?.averages ?? [])).toBeLessThanOrEqual(2);
      // Roots of eight elements at once are TensorFlow's own; their rounding adds up over the steps.
      expect(farthest(weights, found.record[i]?.weights ?? [])).toBeLessThanOrEqual(4);
    }
  });
});
