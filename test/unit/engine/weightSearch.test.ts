import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../../scripts/sample/files.ts';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { readNpy, writeNpy } from '../../../worker/formats/npy.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { CalibrationReport, QuantizerRow } from '../../../worker/protocol.ts';
import { spawnHere } from '../compute/spawn.ts';
import { fileOf } from '../data/files.ts';
import { committedFile } from '../sample/committed.ts';
import { pipeline } from './train/sample.ts';

const IMAGES = 6;
const STEPS = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];

/** What a run with these options of quantize came to. */
interface Outcome {
  readonly rows: ReadonlyMap<string, QuantizerRow>;
  readonly calibration: CalibrationReport | undefined;
}

describe('weight_search in an engine', () => {
  let engine: LocalEngine;
  let searched: Outcome;
  let plain: Outcome;

  const rows = async (): Promise<Outcome['rows']> =>
    new Map((await engine.quantizers((await engine.stages()).length - 1)).map((row) => [row.name, row]));
  const run = async (options: string): Promise<Outcome> => {
    const { steps } = await engine.run(pipeline(...STEPS, `quantize(weight_bits=-4${options})`));
    expect(steps.flatMap(({ error }) => error ?? [])).toEqual([]);
    return { rows: await rows(), calibration: steps.at(-1)?.calibration };
  };
  beforeAll(async () => {
    engine = createEngine({ spawn: spawnHere, cores: 1, backend: 'wasm' });
    const all = readNpy(committedFile(FILES.calibration), FILES.calibration);
    const shape = [IMAGES, ...all.shape.slice(1)];
    const values = Float32Array.from(tensorNumbers(all)).slice(
      0,
      shape.reduce((product, size) => product * size, 1),
    );
    const images = fileOf(FILES.calibration, writeNpy(makeTensor('float32', shape, values)));
    await engine.open([fileOf(FILES.frozen, committedFile(FILES.frozen)), images]);
    plain = await run('');
    searched = await run(', weight_search=kl');
  }, 240_000);
  afterAll(() => engine.dispose());

  const moved = (): readonly QuantizerRow[] => [...searched.rows.values()].filter(({ method }) => method === 'searched');

  it('SRCH6 says what the search moved, and that answers came nearer', () => {
    const { search } = searched.calibration as CalibrationReport;
    expect(search?.after).toBeLessThan(search?.before ?? 0);
    expect(search?.moved).toBe(new Set(moved().map(({ threshold }) => threshold)).size);
    expect(search?.moved).toBeGreaterThan(0);
    expect(search?.of).toBeGreaterThan(search?.moved ?? 0);
    expect(search?.tried).toBeGreaterThan(3 * (search?.of ?? 0));
    expect(plain.calibration?.search).toBeUndefined();
  });

  it('SRCH1 SRCH6 weights that moved stand on whole bins of their range and are called searched; the others are what their rule found', () => {
    for (const { name, log2t } of moved()) {
      const before = Math.ceil(plain.rows.get(name)?.log2t ?? Number.NaN);
      expect(name).toContain('weight_quant');
      expect(Number.isInteger(log2t)).toBe(true);
      expect(log2t).not.toBe(before);
      expect(log2t ?? 0).toBeGreaterThanOrEqual(before - 3);
      expect(log2t ?? 0).toBeLessThanOrEqual(before + 1);
    }
    for (const row of searched.rows.values()) {
      if (!row.name.includes('weight_quant') || row.method === 'searched') continue;
      const { method, log2t } = plain.rows.get(row.name) ?? {};
      expect([row.method, Math.ceil(row.log2t ?? 0)]).toEqual([method, Math.ceil(log2t ?? 0)]);
    }
    expect([...plain.rows.values()].filter(({ method }) => method === 'searched')).toEqual([]);
  });

  it('SRCH5 everything else is calibrated behind these weights', () => {
    const others = [...searched.rows.values()].filter(({ kind, name }) => kind === 'activation' && !name.includes('weight_quant'));
    expect(others.some(({ name, log2t }) => log2t !== plain.rows.get(name)?.log2t)).toBe(true);
  });

  it('SRCH6 a kept session knows what was searched', async () => {
    const kept = await engine.snapshot();
    await engine.restore(kept as Blob);
    expect([...(await rows()).values()].filter(({ method }) => method === 'searched').map(({ name }) => name)).toEqual(
      moved().map(({ name }) => name),
    );
  });
});
