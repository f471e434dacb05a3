import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../../../scripts/sample/files.ts';
import { NO_RECORDS, withRecord } from '../../../../worker/engine/train/records.ts';
import { splitImages } from '../../../../worker/engine/train/split.ts';
import type { LocalEngine } from '../../../../worker/engine.ts';
import { GraffitistError } from '../../../../worker/errors.ts';
import type { TrainRequest } from '../../../../worker/protocol.ts';
import { spawnHere } from '../../compute/spawn.ts';
import { fileOf } from '../../data/files.ts';
import { committedFile } from '../../sample/committed.ts';
import { dataSet, pipeline, RECIPE_3A, sampleEngine, trainRequest } from './sample.ts';
import { trainTo } from './stored.ts';

const errorOf = async (work: Promise<unknown>): Promise<GraffitistError> => {
  const error = await work.then(
    () => new Error('nothing went wrong'),
    (reason: unknown) => reason,
  );
  if (error instanceof GraffitistError) return error;
  throw error;
};

describe('what is said before a run begins', () => {
  let engine: LocalEngine;
  beforeAll(async () => {
    engine = await sampleEngine({ spawn: spawnHere });
  }, 120_000);
  afterAll(() => engine.dispose());

  const refused = async (more: Partial<TrainRequest>, options: TrainRequest['options'] = {}) =>
    errorOf(engine.train(trainRequest(more, options)));

  it('TRN25 a stage that does not fit the mode, or that no pipeline made', async () => {
    expect(await refused({}, { mode: 'float' })).toMatchObject({ code: 'pipeline-order', about: 'mode' });
    expect(await refused({ stage: 1 })).toMatchObject({ code: 'pipeline-order', about: 'mode' });
    expect((await refused({ stage: 0 }, { mode: 'float' })).code).toBe('pipeline-order');
  });

  it.each([0, 40, 2.5])('TRN25 %s of 40 images cannot be held out', async (images) => {
    expect(await refused({ validation: { kind: 'held-out', images } })).toMatchObject({ code: 'option-invalid', about: 'validation' });
  });

  it('TRN11 options that there are not', async () => {
    expect(await refused({}, { batchSize: 0 })).toMatchObject({ code: 'option-invalid', about: 'batchSize' });
    expect(await engine.training()).toBeNull();
  });

  it('TRN25 without labels there is distillation, counted by agreement', async () => {
    await engine.openData(dataSet(null));
    expect(await refused({})).toMatchObject({ code: 'data-missing', about: 'targets', remedy: expect.stringContaining('distillation') });
    await trainTo(engine, 1, trainRequest({}, { targets: 'distillation' }));
    expect((await engine.training())?.setup).toMatchObject({ score: 'agreement', floatScore: 1 });
    await engine.discardTraining();
  });

  it('TRN25 a set of its own for validation', async () => {
    await engine.openData(dataSet());
    await trainTo(engine, 1, trainRequest({ validation: { kind: 'data', data: dataSet(undefined, 12, 'other.npz') } }));
    expect((await engine.training())?.setup.images).toEqual({ training: 40, validation: 12 });
    await engine.discardTraining();
  });

  it('ROAD6 says what else fits, as an evaluation on the same images does, but not to train', async () => {
    await trainTo(engine, 1, trainRequest({ validation: { kind: 'data', data: dataSet() } }));
    const networks = [
      { kind: 'stage', stage: 3 },
      { kind: 'stage', stage: 4 },
    ] as const;
    const { suggestions = [] } = await engine.validate({ networks, images: { name: 'signed' } });
    expect(suggestions.at(-1)?.rule).toBe('ROAD6');
    const { setup } = (await engine.training()) ?? {};
    expect(setup?.suggestions).toEqual(suggestions.slice(0, -1));
    expect(setup?.suggestions.map(({ rule }) => rule)).toContain('ROAD4');
    await engine.discardTraining();
  });

  it('TRN25 the float network is the one before its biases were corrected for what quantizers do', async () => {
    await engine.open([fileOf(FILES.frozen, committedFile(FILES.frozen)), fileOf(FILES.calibration, committedFile(FILES.calibration))]);
    await engine.run(
      pipeline(
        ...['thaw_graph', 'fix_input_shape', 'fold_batch_norms', 'preprocess_layers'],
        ...['correct_biases(weight_bits=-4)', 'quantize(is_training=True)'],
      ),
    );
    await engine.openData(dataSet());
    const validation = { kind: 'data', data: dataSet() } as const;
    await trainTo(engine, 1, trainRequest({ validation }));
    const score = (await engine.training())?.setup.floatScore;
    const { networks } = await engine.validate({
      networks: [
        { kind: 'stage', stage: 4 },
        { kind: 'stage', stage: 5 },
      ],
      images: { name: 'signed' },
    });
    const [before, corrected] = networks.map(({ top1 }) => top1?.value);
    expect(corrected).not.toBe(before);
    expect(score).toBe(before);
    await engine.discardTraining();
    await engine.open([FILES.training, FILES.index, FILES.data, FILES.calibration].map((name) => fileOf(name, committedFile(name))));
    await engine.openData(dataSet());
  });

  it('TRN25 thresholds that were not calibrated', async () => {
    await engine.run({
      ...RECIPE_3A,
      steps: pipeline(
        ...['fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers'],
        'quantize(is_training=True, calibrate_quant_layers=False)',
      ).steps,
    });
    expect((await refused({})).code).toBe('threshold-missing');
  });

  it('TRN25 a graph that nothing was done to', async () => {
    const open = await sampleEngine({ spawn: spawnHere, request: pipeline() });
    try {
      expect((await errorOf(open.train(trainRequest({}, { mode: 'float' })))).code).toBe('pipeline-order');
    } finally {
      await open.dispose();
    }
  });
});

describe('images held out', () => {
  const set = (count: number) => ({ count }) as Parameters<typeof splitImages>[2]['data'];
  const split = (count: number, images: number, seed: number) =>
    splitImages({ kind: 'held-out', images }, seed, {
      data: set(count),
      batches: async function* () {},
      validation: null,
    });

  it('TRN25 are chosen by the seed and never trained on', () => {
    const { training, validation } = split(1000, 100, 7);
    expect([...training.images, ...validation.images].sort((a, b) => a - b)).toEqual(Array.from({ length: 1000 }, (_, image) => image));
    expect(validation.images.length).toBe(100);
    expect(split(1000, 100, 7).validation.images).toEqual(validation.images);
    expect(split(1000, 100, 8).validation.images).not.toEqual(validation.images);
  });
});

describe('records of a run', () => {
  const record = (step: number) => ({
    ...{ step, loss: step, regularization: 0, weightRate: 0, thresholdRate: 0, ms: 0, thresholds: new Float32Array(0) },
  });

  it('TRN26 of a long run are thinned evenly, the last one always being there', () => {
    let records = NO_RECORDS;
    for (let step = 1; step <= 20_000; step++) {
      records = withRecord(records, record(step));
      expect(records.list.length).toBeLessThanOrEqual(4096);
      expect(records.list.at(-1)?.step).toBe(step);
    }
    const steps = records.list.map(({ step }) => step).slice(0, -1);
    expect(steps.length).toBeGreaterThan(2000);
    expect(steps.every((step, index) => step === (index + 1) * records.stride)).toBe(true);
  });
});
