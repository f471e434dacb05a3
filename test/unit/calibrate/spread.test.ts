import { expect, it } from 'vitest';
import { weightMethods } from '../../../worker/calibrate/rules.ts';
import { addSpread, spreadOf, threeDeviations } from '../../../worker/calibrate/spread.ts';

const thresholdOf = (...parts: Float32Array[]) =>
  threeDeviations(
    parts.reduce((count, { length }) => count + length, 0),
    async (mean) => parts.map((part) => spreadOf(part, mean)).reduce(addSpread),
  );

it('CAL13: |mean| + 3 standard deviations, however samples are shared among workers', async () => {
  const values = Float32Array.of(-4, -2, 0, 1, -5);
  const mean = -2;
  const deviation = Math.sqrt((4 + 0 + 4 + 9 + 9) / 5);
  expect(await thresholdOf(values)).toBeCloseTo(Math.abs(mean) + 3 * deviation, 12);
  expect(await thresholdOf(values.subarray(0, 2), values.subarray(2))).toBeCloseTo(await thresholdOf(values), 12);
});

it('CAL13: equal samples have no deviation, so that a reciprocal stays the power of two that it is', async () => {
  expect(await thresholdOf(new Float32Array(1000).fill(1 / 16))).toBe(1 / 16);
  expect(await thresholdOf(new Float32Array(49 * 7).fill(1 / 49))).toBe(Math.fround(1 / 49));
});

it('CAL13: weights by deviation for training and by maximum for inference, unless asked for', () => {
  const quantizers = [{ name: 'c/weights_weight_quant' }, { name: 'c/Relu_act_quant' }];
  const method = (options: Record<string, unknown>) => [...weightMethods(options, quantizers)];
  expect(method({ is_training: true, weight_threshold: 'auto' })).toEqual([['c/weights_weight_quant', '3SD']]);
  expect(method({ is_training: false, weight_threshold: 'auto' })).toEqual([['c/weights_weight_quant', 'MAX']]);
  expect(method({ is_training: true, weight_threshold: 'max' })).toEqual([['c/weights_weight_quant', 'MAX']]);
  expect(method({ weight_threshold: '3sd' })).toEqual([['c/weights_weight_quant', '3SD']]);
});
