import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LocalEngine } from '../../../../worker/engine.ts';
import { GraffitistError } from '../../../../worker/errors.ts';
import type { TrainingView } from '../../../../worker/protocol.ts';
import { spawnHere } from '../../compute/spawn.ts';
import { MemoryFiles, RECIPE_3A, sampleEngine, trainRequest } from './sample.ts';
import { newest, stepOf, trainTo } from './stored.ts';

const errorOf = async (work: Promise<unknown>): Promise<GraffitistError> => {
  const error = await work.then(
    () => new Error('nothing went wrong'),
    (reason: unknown) => reason,
  );
  if (error instanceof GraffitistError) return error;
  throw error;
};

describe('a run that is paused', () => {
  const runFiles = new MemoryFiles();
  let engine: LocalEngine;
  let paused: TrainingView;
  beforeAll(async () => {
    engine = await sampleEngine({ spawn: spawnHere, runFiles });
    await trainTo(engine, 3);
    paused = (await engine.training()) as TrainingView;
  }, 120_000);
  afterAll(() => engine.dispose());

  /** log2 t of a threshold as the run stands. */
  const log2Of = ({ setup, thresholds }: TrainingView, variable: string): number =>
    thresholds[setup.thresholds.findIndex((one) => one.variable === variable)] ?? Number.NaN;
  const at = (index: number) => {
    const found = paused.setup.thresholds[index];
    if (found === undefined) throw new Error('There is no such threshold.');
    return found;
  };
  const recorded = async (): Promise<TrainingView> => (await engine.training()) as TrainingView;

  it('TRN27 moves all its thresholds, and says what there are', () => {
    expect(paused.setup).toMatchObject({ steps: 6, images: { training: 32, validation: 8 }, score: 'top1', microBatches: 4 });
    expect(paused.setup.weights.variables).toBeGreaterThan(10);
    expect(paused.setup.thresholds.length).toBeGreaterThan(10);
    expect(paused.validations.map(({ step }) => step)).toEqual([0]);
    const still = paused.setup.thresholds.filter(({ variable, start }) => log2Of(paused, variable) === start);
    expect(still.length).toBeLessThan(paused.setup.thresholds.length / 4);
  });

  it('TRN27 freezes a threshold, which stays where it is; released it moves again', async () => {
    const { variable } = at(0);
    const frozen = await engine.editTraining({ kind: 'freeze', threshold: variable });
    expect(frozen.frozen).toEqual([{ variable, step: 3 }]);
    await trainTo(engine, 4, 'resume');
    // TRN15: the validation that was due is made first.
    expect((await recorded()).validations.map(({ step }) => step)).toEqual([0, 3]);
    expect(log2Of(await recorded(), variable)).toBe(log2Of(paused, variable));
    expect(log2Of(await recorded(), at(1).variable)).not.toBe(log2Of(paused, at(1).variable));
    expect((await engine.editTraining({ kind: 'release', threshold: variable })).frozen).toEqual([]);
    await trainTo(engine, 5, 'resume');
    expect(log2Of(await recorded(), variable)).not.toBe(log2Of(paused, variable));
  });

  it('TRN27 resets a threshold to what was calibrated, and stores that', async () => {
    const { variable, start } = at(0);
    const { bytes } = newest(runFiles);
    expect(log2Of(await engine.editTraining({ kind: 'reset', threshold: variable }), variable)).toBe(start);
    expect(newest(runFiles).bytes).not.toEqual(bytes);
    expect(stepOf(newest(runFiles).bytes)).toBe(5);
  });

  it('TRN27 changes bits for all quantizers of a threshold; what was best was another network', async () => {
    const { quantizers, signed } = at(2);
    const [quantizer = ''] = quantizers;
    const other = quantizers.at(-1) ?? '';
    const width = signed ? -4 : 4;
    expect((await engine.editTraining({ kind: 'bits', quantizer, bits: signed ? -6 : 6 })).bits).toEqual({ [quantizer]: signed ? -6 : 6 });
    const changed = await engine.editTraining({ kind: 'bits', quantizer: other, bits: width });
    expect(changed.bits).toEqual({ [other]: width });
    expect(changed.best).toBeNull();
    const before = log2Of(changed, at(1).variable);
    await trainTo(engine, 6, 'resume');
    expect(log2Of(await recorded(), at(1).variable)).not.toBe(before);
  });

  it('TRN27 refuses what is no threshold, quantizer or width of it, and stays as it was', async () => {
    const before = { ...(await recorded()), storedAt: null };
    const unknown = [
      { kind: 'freeze', threshold: 'nobody' },
      { kind: 'bits', quantizer: 'nobody', bits: -4 },
      { kind: 'bits', quantizer: at(2).quantizers[0] ?? '', bits: 0 },
    ] as const;
    for (const edit of unknown) expect((await errorOf(engine.editTraining(edit))).code).toBe('option-invalid');
    expect({ ...(await recorded()), storedAt: null }).toEqual(before);
  });

  it('TRN30 is one of a document: another pipeline lets it go, the same one finds it again', async () => {
    await engine.run({ ...RECIPE_3A, steps: RECIPE_3A.steps.slice(0, 1) });
    expect([await engine.training(), await engine.restoreTraining()]).toEqual([null, null]);
    expect((await errorOf(engine.resumeTraining())).code).toBe('training-state');
    await engine.run(RECIPE_3A);
    expect((await engine.restoreTraining())?.step).toBe(6);
  });
});

describe('a run that is under way', () => {
  it('TRN30 holds its document still, and is the only one', async () => {
    const engine = await sampleEngine({ spawn: spawnHere });
    const seen: string[] = [];
    let asked: Promise<unknown> = Promise.resolve();
    const onProgress = ({ done }: { readonly done: number }): void => {
      if (done !== 1) return;
      asked = (async () => {
        for (const work of [engine.run(RECIPE_3A), engine.train(trainRequest()), engine.resumeTraining(), engine.calibrate(null)]) {
          seen.push((await errorOf(work)).code);
        }
        await engine.pauseTraining();
      })();
    };
    try {
      const ended = await engine.train(trainRequest({}, { steps: 40 }), { onProgress });
      await asked;
      expect(ended).toEqual({ ended: 'paused' });
      expect(seen).toEqual(Array.from({ length: 4 }, () => 'training-state'));
    } finally {
      await engine.dispose();
    }
  });

  it('TRN30 paused while it is being opened, it waits before its first step', async () => {
    const engine = await sampleEngine({ spawn: spawnHere });
    try {
      const ended = engine.train(trainRequest());
      await engine.pauseTraining();
      expect(await ended).toEqual({ ended: 'paused' });
      expect(await engine.training()).toMatchObject({ state: 'paused', step: 0 });
    } finally {
      await engine.dispose();
    }
  });
});
