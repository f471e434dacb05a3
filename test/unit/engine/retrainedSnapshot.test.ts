import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { openDocument } from '../../../worker/engine/document.ts';
import { inferenceRoad } from '../../../worker/engine/inferenceRoad.ts';
import type { KeptTraining } from '../../../worker/engine/keptTraining.ts';
import { type RunServices, runPipeline } from '../../../worker/engine/run.ts';
import { type KeptRun, readSnapshot, withTraining, writeSnapshot } from '../../../worker/engine/snapshot.ts';
import { openedStage, quantizerRows, stageInfo, stageQuantizers } from '../../../worker/engine/stage.ts';
import { rate } from '../../../worker/evaluate/rate.ts';
import { diffGraphs } from '../../../worker/graph/diff.ts';
import type { Model } from '../../../worker/graph/model.ts';
import type { RunRequest, SourceFile, TrainReport } from '../../../worker/protocol.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { random } from '../../../worker/random.ts';
import { trainingOptions } from '../../../worker/train/options.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';

const sample = path.resolve(import.meta.dirname, '../../../public/sample');
const STEPS = ['fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers', 'quantize(is_training=True)'];
const NAMES = ['shapes_mnv1.ckpt.meta', 'checkpoint', 'shapes_mnv1.ckpt.index', 'shapes_mnv1.ckpt.data-00000-of-00001'];
const WEIGHTS = 'MobilenetV1/Conv2d_0/weights';

const request: RunRequest = {
  interface: { inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'], shape: [32, 32, 3] },
  steps: STEPS.map((text, index) => ({ id: `${index}`, ...parseExpression(text), bypassed: false })),
};
const textOf: RunServices['textOf'] = async (name) => Promise.reject(new Error(name));

const hashes = { model: 'a', variables: 'b' };
const half = rate(1, 2);
const report: TrainReport = {
  ...{ steps: 4, bestStep: 2, score: 'top1', thresholds: [], options: trainingOptions({ seed: 7 }), warnings: [], hashes },
  accuracy: { float: half, calibrated: half, retrained: half },
  images: { training: 2, validation: 2 },
  ...{ backend: 'wasm', microBatches: 4, msPerStep: 1, peakBytes: Number.POSITIVE_INFINITY },
};

describe('a retrained stage that is kept', () => {
  let opened: Model;
  let run: KeptRun;
  let training: KeptTraining;
  beforeAll(async () => {
    const file = async (name: string): Promise<SourceFile> => ({ name, blob: new Blob([await readFile(path.join(sample, name))]) });
    opened = (await openedStage(await openDocument(await Promise.all(NAMES.map(file))))).model;
    const counts = { images: 0, quantizers: 0, ms: 0, searchMs: 0, recomputed: 0, peakBytes: 0 };
    const calibrate: RunServices['calibrate'] = async ({ placed: { graph } }) => ({
      thresholds: new Map(readQuantizers(graph).map(({ threshold }) => [threshold, 0.25])),
      statistics: new Map(),
      calibration: { ...counts, backend: 'none', inexact: [], warnings: [] },
    });
    const outcome = await runPipeline(opened, request, { textOf, calibrate }, {});
    const draw = random(1, 'test');
    const shape = opened.variables.entries.get(WEIGHTS)?.shape ?? [];
    const weights = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => draw.uniform() * 1e-3);
    const [first] = stageQuantizers(outcome.stages.at(-1) as (typeof outcome.stages)[number]);
    const pinned = { version: 1, preset: 'short', options: report.options, images: 'signed', bits: {}, hashes } as const;
    training = {
      ...{ report, trained: STEPS.length, bits: new Map(first === undefined ? [] : [[first.name, -6]]) },
      pinned: { ...pinned, validation: { kind: 'held-out', images: 2 }, bits: first === undefined ? {} : { [first.name]: -6 } },
      variables: new Map([
        [WEIGHTS, { shape, values: weights }],
        [first?.threshold ?? '', { shape: [], values: Float32Array.of(-1.375) }],
      ]),
    };
    run = await withTraining(opened, { request, ...outcome }, training, textOf);
  });

  it('RET10: comes back from its snapshot with the same graph, values to the last bit, bits and report', async () => {
    const before = run.stages.at(-1);
    const snapshot = writeSnapshot(run);
    const back = await readSnapshot(snapshot, opened, textOf);
    const after = back.stages.at(-1);
    if (before === undefined || after === undefined) throw new Error('There is no stage.');
    expect(diffGraphs(before.model.graph, after.model.graph)).toEqual([]);
    expect(after.thresholds).toEqual(before.thresholds);
    const [kept, given] = [back.training?.variables.get(WEIGHTS)?.values, training.variables.get(WEIGHTS)?.values];
    expect(kept).toEqual(given);
    expect((await after.model.variables.read(WEIGHTS)).bytes).toEqual((await before.model.variables.read(WEIGHTS)).bytes);
    expect(back.training?.bits).toEqual(training.bits);
    expect(back.training?.report).toEqual(report);
    expect(back.stages.map((stage, index) => stageInfo(stage, index).title)).toEqual(run.stages.map(({ title }) => title));
    // A stage that is trained anew takes the place of the one before.
    expect((await withTraining(opened, back, training, textOf)).stages).toHaveLength(run.stages.length);
  });

  it('RET10: one that was cut off is refused', async () => {
    const snapshot = writeSnapshot(run);
    await expect(readSnapshot(snapshot.slice(0, snapshot.size - 4), opened, textOf)).rejects.toMatchObject({ code: 'training-state' });
  });

  it('RET7: its thresholds are told as trained, the changed bits with them', () => {
    const stage = run.stages.at(-1);
    if (stage === undefined) throw new Error('There is no stage.');
    const rows = quantizerRows(stage);
    expect(new Set(rows.map(({ method }) => method))).toEqual(new Set(['trained']));
    const [name = ''] = training.bits.keys();
    expect(rows.find((row) => row.name === name)).toMatchObject({ bits: 6, signed: true, log2t: -1.375 });
    expect(stage).toMatchObject({ title: 'retrained', calibration: null });
    expect(stage.statistics.size).toBe(0);
  });

  it('RET4: a graph that was quantized before it was opened has no float graph to start from', () => {
    const quantized = run.stages[STEPS.length - 1]?.model ?? opened;
    const [first] = readQuantizers(quantized.graph);
    const again = { opened: quantized, request: { ...request, steps: [] }, stages: [], trained: 0 };
    expect(() => inferenceRoad(again)).toThrowError(expect.objectContaining({ code: 'quantizer-conflict', about: first?.node }));
  });
});
