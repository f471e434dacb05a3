import { describe, expect, it } from 'vitest';
import { checkAgainstTensorflow } from './check.ts';
import { TENSORFLOW_CASES } from './tensorflowCases.ts';

describe('the float64 reference against what TensorFlow computed', () => {
  it.each([...new Set(TENSORFLOW_CASES.map(({ op }) => op))])('%s', (op) => {
    for (const one of TENSORFLOW_CASES.filter((other) => other.op === op)) {
      expect({ case: one.name, ...checkAgainstTensorflow(one) }).toEqual({ case: one.name, difference: 0, detail: '' });
    }
  });
});
