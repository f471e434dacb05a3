import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkAgainstTensorflow } from '../unit/ops/conformance/check.ts';
import { type RecordedCase, readCases } from '../unit/ops/conformance/tensorflowCases.ts';

const folder = process.env.INTEROP_DIR;
if (folder === undefined) throw new Error('INTEROP_DIR names the folder that opsAgainstTensorflow.py wrote to.');
const cases = readCases(JSON.parse(readFileSync(path.join(folder, 'ops.json'), 'utf8')) as RecordedCase[]);

describe('ops against the TensorFlow at hand', () => {
  it.each([...new Set(cases.map(({ op }) => op))])('%s', (op) => {
    for (const one of cases.filter((other) => other.op === op)) {
      expect({ case: one.name, ...checkAgainstTensorflow(one) }).toEqual({ case: one.name, difference: 0, detail: '' });
    }
  });
});
