import { expect, it } from 'vitest';
import { pythonFloat } from '../../../worker/export/pythonFloat.ts';

it.each([
  [1, '1.0'],
  [0.015625, '0.015625'],
  [6.103515625e-5, '6.103515625e-05'],
  [0.0001220703125, '0.0001220703125'],
  [2 ** -126, '1.1754943508222875e-38'],
  [123456789012345680, '1.2345678901234568e+17'],
  [1e15, '1000000000000000.0'],
])('EXP10: %d is written %s', (value, text) => {
  expect(pythonFloat(value)).toBe(text);
});
