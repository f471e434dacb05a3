import { describe, expect, it } from 'vitest';
import { trainingOptions } from '../../../worker/train/options.ts';
import { scheduleOf, shortRun } from '../../../worker/train/schedule.ts';

const PUBLISHED = 1_281_167;

describe('the schedule of the published script', () => {
  const schedule = scheduleOf(trainingOptions(), PUBLISHED);

  it('TRN3 five epochs in batches of 24, rates in staircases', () => {
    expect(schedule.steps).toBe(266_909);
    const halved = (step: number) => Math.fround(Math.fround(1e-2) * 2 ** -Math.floor(step / 1000));
    for (const step of [0, 999, 1000, 1999, 2000, 9999, 10_000]) expect(schedule.thresholdRate(step)).toBe(halved(step));
    expect(schedule.thresholdRate(10_000)).toBeCloseTo(1e-5, 6);
    expect([0, 2999, 3000, 6000].map((step) => schedule.weightRate(step) / 1e-6)).toEqual([
      expect.closeTo(1, 6),
      expect.closeTo(1, 6),
      expect.closeTo(0.94, 6),
      expect.closeTo(0.94 ** 2, 6),
    ]);
  });

  it('TRN3 batch norms are frozen after an epoch, validations stand at the start, every 1000 steps and at the end', () => {
    // An epoch is 53,381.96 steps.
    expect([0, 53_381, 53_382].map((step) => schedule.batchNormFrozen(step))).toEqual([false, false, true]);
    expect([0, 1, 999, 1000, 2000, schedule.steps].map((done) => schedule.validatesAfter(done))).toEqual([
      true,
      false,
      false,
      true,
      true,
      true,
    ]);
    expect(scheduleOf(trainingOptions({ validatesFirst: false }), PUBLISHED).validatesAfter(0)).toBe(false);
  });

  it('TRN3 what counts images is scaled with 24 ÷ batch size, what counts steps is not', () => {
    const small = scheduleOf(trainingOptions({ batchSize: 12 }), PUBLISHED);
    expect([1999, 2000].map((step) => small.thresholdRate(step) / schedule.thresholdRate(0))).toEqual([1, 0.5]);
    expect(small.freezing).toEqual({ start: 2000, interval: 50, hardAt: null, averageDecay: 0.9999 });
    expect(schedule.freezing).toEqual({ start: 1000, interval: 50, hardAt: null, averageDecay: 0.9999 });
    expect(small.steps).toBe(2 * 266_909 + 1);
  });

  it('TRN3 with weights fixed, batch norms are frozen from the start', () => {
    expect(scheduleOf(trainingOptions({ mode: 'thresholds' }), 100).batchNormFrozen(0)).toBe(true);
  });

  it('TRN11 options that are not known or out of range are refused by name', () => {
    expect(() => trainingOptions({ weightRate: 0 })).toThrow(expect.objectContaining({ code: 'option-invalid', about: 'weightRate' }));
    expect(() => trainingOptions({ rate: 1 })).toThrow(expect.objectContaining({ code: 'option-invalid' }));
  });
});

describe('a short run', () => {
  it.each([
    [255, 24, 51, 600],
    [1000, 24, 51, 4000],
    [2000, 12, 110, 5000],
    [40, 8, 3, 100],
  ])(
    'TRN12 of %i steps of %i: ten staircases, freezing from the first to nine tenths, batch statistics for a fifth',
    (steps, batchSize, thresholds, images) => {
      const options = shortRun(trainingOptions({ batchSize }), steps, thresholds, images);
      const schedule = scheduleOf(trainingOptions(options), images);
      expect(schedule.steps).toBe(steps);
      expect(schedule.thresholdRate(steps - 1) / schedule.thresholdRate(0)).toBe(2 ** -9);
      const { start, interval } = schedule.freezing;
      expect(start).toBeCloseTo(steps / 10, 9);
      expect(start + thresholds * interval).toBeLessThanOrEqual(0.9 * steps + 1e-9);
      expect(interval === 1 || start + thresholds * (interval + 1) > 0.9 * steps).toBe(true);
      const frozen = Array.from({ length: steps }, (_, step) => schedule.batchNormFrozen(step)).indexOf(true);
      expect(Math.abs(frozen - steps / 5)).toBeLessThanOrEqual(1);
      expect(options.thresholdRate).toBeGreaterThanOrEqual(1e-2);
      expect(options.thresholdRate).toBeLessThanOrEqual(3e-2);
      expect(options.weightRate).toBeLessThanOrEqual(1e-4);
    },
  );

  it('TRN12 as long as the published one has its rates', () => {
    const options = shortRun(trainingOptions(), 266_910, 110, PUBLISHED);
    expect(options.weightRate).toBeCloseTo(1e-6, 6);
    expect(options.thresholdRate).toBe(1e-2);
    expect(options.batchNormEpochs).toBeCloseTo(1, 4);
  });
});
