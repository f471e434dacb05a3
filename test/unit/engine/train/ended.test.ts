import { afterEach, describe, expect, it } from 'vitest';
import type { LocalEngine } from '../../../../worker/engine.ts';
import type { TrainingView, TrainReport } from '../../../../worker/protocol.ts';
import { spawnHere } from '../../compute/spawn.ts';
import { MemoryFiles, sampleEngine, trainRequest } from './sample.ts';
import { trainTo } from './stored.ts';

let engine: LocalEngine | null = null;
afterEach(async () => {
  await engine?.dispose();
  engine = null;
});

/** What of a report does not depend on the clock. */
function timeless({ msPerStep: _, ...report }: TrainReport) {
  return report;
}

describe('a run that ends', () => {
  it('TRN29 is a stage and a report, the same ones every time, and is found no more', async () => {
    const runFiles = new MemoryFiles();
    const reports: TrainReport[] = [];
    for (const _ of [1, 2]) {
      await engine?.dispose();
      engine = await sampleEngine({ spawn: spawnHere, runFiles });
      const before = await engine.stages();
      const outcome = await engine.train(trainRequest());
      if (outcome.ended !== 'done') throw new Error(outcome.ended);
      reports.push(outcome.report);
      expect(await engine.trainingReport()).toEqual(outcome.report);
      expect((await engine.stages()).length).toBe(before.length + 1);
      expect(await engine.restoreTraining()).toMatchObject({ state: 'ended', step: 6 });
    }
    const [report, again] = reports as [TrainReport, TrainReport];
    expect(timeless(again)).toEqual(timeless(report));
    const view = (await engine?.training()) as TrainingView;
    expect(view.validations.map(({ step }) => step)).toEqual([0, 3, 6]);
    expect(report).toMatchObject({ steps: 6, bestStep: view.best?.step, score: 'top1', microBatches: 4, warnings: [] });
    expect(report.accuracy.retrained).toMatchObject({ of: 8, value: view.best?.score });
    expect(report.accuracy.calibrated.value).toBe(view.validations[0]?.score);
    expect(report.peakBytes).toBeGreaterThan(100_000);
    expect(report.thresholds.every(({ before, after, deviation }) => deviation === Math.ceil(after) - Math.ceil(before))).toBe(true);
    expect(runFiles.files.size).toBe(2);
    await engine?.dispose();
    engine = await sampleEngine({ spawn: spawnHere, runFiles });
    expect(await engine.restoreTraining()).toBeNull();
  }, 120_000);

  it('TRN29 stopped under way or while it is paused, it has the best state', async () => {
    engine = await sampleEngine({ spawn: spawnHere });
    const stop = ({ done }: { readonly done: number }): void => {
      if (done === 2) void engine?.stopTraining();
    };
    expect(await engine.train(trainRequest(), { onProgress: stop })).toMatchObject({ ended: 'stopped', report: { steps: 2 } });
    await trainTo(engine, 1);
    expect(await engine.stopTraining()).toMatchObject({ steps: 1 });
    expect(await engine.stopTraining()).toBeNull();
  }, 120_000);

  it('TRN31 all thresholds are frozen at once after `hardFreezeAt` steps', async () => {
    engine = await sampleEngine({ spawn: spawnHere });
    await trainTo(engine, 4, trainRequest({}, { hardFreezeAt: 2 }));
    const { frozen, setup, records } = (await engine.training()) as TrainingView;
    expect(frozen).toEqual(setup.thresholds.map(({ variable }) => ({ variable, step: 2 })));
    expect(records[3]?.thresholds).toEqual(records[1]?.thresholds);
    expect(records[1]?.thresholds).not.toEqual(records[0]?.thresholds);
  }, 120_000);
});
