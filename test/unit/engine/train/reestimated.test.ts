import { afterEach, describe, expect, it } from 'vitest';
import { FILES } from '../../../../scripts/sample/files.ts';
import type { LocalEngine } from '../../../../worker/engine.ts';
import type { TrainReport, TrainRequest } from '../../../../worker/protocol.ts';
import { committedFile } from '../../sample/committed.ts';
import { frozenEngine, spoiledGraph } from './frozenSample.ts';
import { dataSet, MemoryFiles, trainRequest } from './sample.ts';
import { newest, trainTo } from './stored.ts';

const FOLDED = ['thaw_graph', 'fix_input_shape', 'fold_batch_norms', 'preprocess_layers'];
const QUANTIZED = [...FOLDED, 'quantize(is_training=True)'];

let engine: LocalEngine | null = null;
afterEach(async () => {
  await engine?.dispose();
  engine = null;
});

/** Few small steps, judged on all forty images. */
function request(options: TrainRequest['options'] = {}): TrainRequest {
  return trainRequest(
    { validation: { kind: 'data', data: dataSet() } },
    { steps: 2, validationInterval: 1, weightRate: 1e-6, thresholdRate: 1e-3, reestimateStatistics: true, ...options },
  );
}

async function trained(open: LocalEngine, how: TrainRequest): Promise<TrainReport> {
  const outcome = await open.train(how);
  if (outcome.ended !== 'done') throw new Error(outcome.ended);
  return outcome.report;
}

/** Shares of forty images. */
async function scores(transforms: readonly string[], how: TrainRequest, graph = spoiledGraph()) {
  engine = await frozenEngine(transforms, { graph });
  const report = await trained(engine, how);
  const { accuracy } = report;
  return { report, calibrated: accuracy.calibrated.value, retrained: accuracy.retrained.value };
}

describe('statistics measured anew in a run', () => {
  it.each([
    ['float', FOLDED, { mode: 'float' }, 0.85],
    ['float, batch norms as they stand', ['thaw_graph', 'fix_input_shape'], { mode: 'float' }, 0.85],
    // The sample is made so that it loses at static INT8.
    ['INT8 weights and thresholds', QUANTIZED, { steps: 6, validationInterval: 6, thresholdRate: 1e-2 }, 0.7],
    ['INT8 weights', QUANTIZED, { mode: 'weights', weightRate: 1e-4, steps: 6, validationInterval: 6 }, 0.3],
    ['INT8 thresholds', QUANTIZED, { mode: 'thresholds', thresholdRate: 1e-2, steps: 6, validationInterval: 6 }, 0.7],
  ] as const)(
    'TRN32 repairs a network whose statistics were spoiled: %s',
    async (_, transforms, options, reached) => {
      const { report, calibrated, retrained } = await scores(transforms, request(options));
      expect(calibrated).toBe(0.1);
      expect(retrained).toBeGreaterThan(reached);
      expect(report.statistics).toMatchObject({ images: 40, batchNorms: 11 });
      // What is made of it has them.
      const stage = ((await engine?.stages())?.length ?? 0) - 1;
      const judged = await engine?.validate({ networks: [{ kind: 'stage', stage }], images: { name: 'signed' } });
      expect(judged?.networks[0]?.top1?.value).toBe(retrained);
    },
    120_000,
  );

  it('TRN32 what statistics and thresholds were before does not matter', async () => {
    const runs: Uint8Array[] = [];
    for (const graph of [committedFile(FILES.frozen), spoiledGraph()]) {
      const runFiles = new MemoryFiles();
      engine = await frozenEngine(QUANTIZED, { graph, runFiles });
      await trainTo(engine, 1, request());
      runs.push(newest(runFiles).state);
      await engine.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
  }, 120_000);

  it('TRN32 is not done unless it is asked for', async () => {
    const { report, retrained } = await scores(QUANTIZED, request({ reestimateStatistics: false }));
    expect(report.statistics).toBeUndefined();
    expect(retrained).toBeLessThan(0.5);
  }, 120_000);

  it('TRN32 thresholds start from what calibration finds behind the new statistics, and are reset to that', async () => {
    engine = await frozenEngine(QUANTIZED, { graph: spoiledGraph() });
    const before = (await engine.quantizers((await engine.stages()).length - 1)).map(({ log2t }) => log2t);
    await trainTo(engine, 1, request());
    const setup = (await engine.training())?.setup;
    expect(setup?.thresholds.map(({ start }) => start)).not.toEqual(before);
    const [first] = setup?.thresholds ?? [];
    const view = await engine.editTraining({ kind: 'reset', threshold: first?.variable ?? '' });
    expect(view.thresholds[0]).toBe(Math.fround(first?.start ?? 0));
  }, 120_000);

  it('TRN32 TRN8 a run that was interrupted goes on to the same bytes', async () => {
    const runs: Uint8Array[] = [];
    for (const stops of [false, true]) {
      const runFiles = new MemoryFiles();
      const graph = spoiledGraph();
      engine = await frozenEngine(QUANTIZED, { graph, runFiles });
      if (stops) {
        await trainTo(engine, 1, request());
        await engine.dispose();
        engine = await frozenEngine(QUANTIZED, { graph, runFiles });
        await engine.restoreTraining(request().validation);
        expect((await engine.resumeTraining()).ended).toBe('done');
      } else await trained(engine, request());
      expect((await engine.trainingReport())?.statistics?.ended).not.toBeNull();
      runs.push(newest(runFiles).state);
      await engine.dispose();
    }
    expect(runs[1]).toEqual(runs[0]);
  }, 120_000);

  it('TRN32 a graph without fixed statistics of variables is refused', async () => {
    engine = await frozenEngine(QUANTIZED.slice(1));
    await expect(engine.train(request({ mode: 'thresholds' }))).rejects.toMatchObject({
      ...{ code: 'option-invalid', about: 'reestimateStatistics' },
    });
  }, 120_000);
});

describe('a frozen graph that is not thawed', () => {
  it('TRN20 TRN14 trains its thresholds alone; its weights stay constants', async () => {
    engine = await frozenEngine(QUANTIZED.slice(1));
    const report = await trained(engine, trainRequest({}, { mode: 'thresholds', thresholdRate: 0.3 }));
    expect(report.thresholds.length).toBeGreaterThan(20);
    expect(report.steps).toBe(6);
    const view = await engine.training();
    expect(view?.setup.weights).toEqual({ variables: 0, parameters: 0 });
    expect(view?.thresholds.some((log2, at) => log2 !== Math.fround(view.setup.thresholds[at]?.start ?? 0))).toBe(true);
    const rows = await engine.quantizers((await engine.stages()).length - 1);
    const after = new Map(report.thresholds.map(({ variable, after: log2 }) => [variable, log2]));
    for (const { threshold, log2t } of rows) expect(log2t).toBe(after.get(threshold));
    const [frozen] = await engine.download('frozen');
    expect(frozen?.name).toMatch(/_retrained.*\.pb$/);
  }, 120_000);

  it('TRN14 has no weights to train', async () => {
    engine = await frozenEngine(QUANTIZED.slice(1));
    await expect(engine.train(trainRequest({}, { mode: 'weights' }))).rejects.toMatchObject({ code: 'option-invalid', about: 'mode' });
  }, 120_000);
});
