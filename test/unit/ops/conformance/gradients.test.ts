import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../worker/execute/backend.ts';
import { createBackend } from '../../../../worker/execute/createBackend.ts';
import { knownOps } from '../../../../worker/ops/registry.ts';
import { ALL_CASES } from './all.ts';
import { checkFiniteDifferences, checkGradient, isDifferentiated } from './checkGradients.ts';

const CASES = ALL_CASES.filter(isDifferentiated);
const OPS = [...new Set(CASES.map(({ op }) => op))];

describe('GRD1 the gradient of every op', () => {
  let wasm: Backend;
  beforeAll(async () => {
    wasm = await createBackend('wasm');
  });
  afterAll(() => wasm.dispose());

  it.each(OPS)('on wasm as on the float64 reference: %s', async (op) => {
    for (const one of CASES.filter((other) => other.op === op)) {
      const verdict = await checkGradient(one, wasm);
      expect(verdict).toEqual({ ...verdict, ok: true });
    }
  });

  it.each(OPS.filter((op) => op !== 'LinearQuant'))('on the reference against finite differences: %s', async (op) => {
    // Where several elements are largest there is no derivative to measure.
    for (const one of CASES.filter((other) => other.op === op && !/^ties/.test(other.name))) {
      const verdict = await checkFiniteDifferences(one);
      expect(verdict).toEqual({ ...verdict, ok: true });
    }
  });

  it('is covered by a case wherever there is one', () => {
    expect(
      [...knownOps()].filter(({ differentiable, name }) => differentiable === true && !OPS.includes(name)).map(({ name }) => name),
    ).toEqual([]);
  });

  it('GRD2 is missing where TensorFlow has none either, or where nobody trained through it yet', () => {
    const missing = [...knownOps()].filter(({ executable, differentiable }) => executable && differentiable === false);
    expect(missing.map(({ name }) => name).toSorted()).toEqual([
      ...['Ceil', 'FakeQuantWithMinMaxArgs', 'FakeQuantWithMinMaxVars', 'Floor', 'FloorDiv', 'FloorMod', 'LRN', 'PreventGradient', 'Prod'],
      ...['Rint', 'Round', 'TruncateDiv'],
    ]);
  });
});
