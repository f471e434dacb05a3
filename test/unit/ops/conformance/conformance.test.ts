import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../../worker/execute/backend.ts';
import { referenceBackend } from '../../../../worker/execute/backends/reference.ts';
import { createBackend } from '../../../../worker/execute/createBackend.ts';
import { knownOps } from '../../../../worker/ops/registry.ts';
import { ALL_CASES } from './all.ts';
import { checkBatches, checkCase } from './check.ts';

describe('every op on wasm against the float64 reference', () => {
  const reference = referenceBackend();
  let wasm: Backend;
  beforeAll(async () => {
    wasm = await createBackend('wasm');
  });
  afterAll(() => wasm.dispose());

  it.each([...new Set(ALL_CASES.map(({ op }) => op))])('%s', async (op) => {
    const cases = ALL_CASES.filter((one) => one.op === op);
    for (const one of cases) {
      const before = wasm.memory();
      const verdict = await checkCase(one, wasm, reference);
      expect(verdict).toEqual({ ...verdict, ok: true });
      expect({ case: one.name, left: wasm.memory() - before }).toEqual({ case: one.name, left: 0 });
    }
  });

  it('gives an image the same result in any batch', async () => {
    for (const verdict of await checkBatches(wasm)) expect(verdict).toEqual({ ...verdict, ok: true });
  });

  it('leaves no executable op out', () => {
    const covered = new Set(ALL_CASES.map(({ op }) => op));
    expect([...knownOps()].filter((op) => op.executable && !covered.has(op.name)).map((op) => op.name)).toEqual([]);
  });
});
