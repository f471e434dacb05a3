import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { readMetaGraph } from '../../../worker/formats/metaGraph.ts';
import { readNpy, writeNpy } from '../../../worker/formats/npy.ts';
import { makeTensor, tensorValues } from '../../../worker/formats/tensorValues.ts';
import type { RunRequest, SourceFile } from '../../../worker/protocol.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';
import { spawnHere } from '../compute/spawn.ts';

const sample = path.resolve(import.meta.dirname, '../../../public/sample');
const file = async (name: string): Promise<SourceFile> => ({ name, blob: new Blob([await readFile(path.join(sample, name))]) });
const checkpoint = ['checkpoint', 'shapes_mnv1.ckpt.index', 'shapes_mnv1.ckpt.data-00000-of-00001'];

/** Two images of the sample's calibration set. */
async function images(): Promise<SourceFile> {
  const all = readNpy(new Uint8Array(await (await file('calibration_set.npy')).blob.arrayBuffer()), 'calibration_set.npy');
  const [, ...shape] = all.shape;
  const values = (tensorValues(all) as Float32Array).slice(0, 2 * shape.reduce((a, b) => a * b, 1));
  return { name: 'calibration_set.npy', blob: new Blob([writeNpy(makeTensor('float32', [2, ...shape], values)) as BlobPart]) };
}

function request(...transforms: string[]): RunRequest {
  return {
    interface: { inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'], shape: [32, 32, 3] },
    steps: transforms.map((text, index) => ({ id: `${index}`, ...parseExpression(text), bypassed: false })),
  };
}

const RECIPE_3A = request('fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers', 'quantize(is_training=True)');
const RECIPE_3C = request(
  ...['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'],
  'quantize(calibrate_quant_layers=False)',
);

let engine: LocalEngine;
beforeEach(() => {
  engine = createEngine({ spawn: spawnHere, cores: 1, backend: 'wasm' });
});
// TensorFlow.js has one backend per thread: each test gives it back.
afterEach(() => engine.dispose());

/** Runs recipe 3a on the sample and answers what it writes. */
async function trainingFiles(): Promise<readonly SourceFile[]> {
  await engine.open([...(await Promise.all(['shapes_mnv1.ckpt.meta', ...checkpoint].map(file))), await images()]);
  const report = await engine.run(RECIPE_3A);
  expect(report.steps.flatMap(({ error, skipped, warnings }) => [error ?? [], skipped, warnings].flat())).toEqual([]);
  return engine.download('graffitist');
}

describe('recipes 3a and 3c', () => {
  it('CAL12, EXP8, EXP2, QNT25: a training graph is calibrated and written; opened again, and in recipe 3c, its thresholds are there', async () => {
    const written = await trainingFiles();
    const rows = await engine.quantizers((await engine.stages()).length - 1);
    // Two images are too few samples for a search.
    expect(new Set(rows.map(({ method }) => method))).toEqual(new Set(['3SD', 'MAX']));
    expect(written.map(({ name }) => name)).toEqual([
      'shapes_mnv1_quant.pb',
      ...['index', 'data-00000-of-00001', 'meta'].map((end) => `shapes_mnv1_graffitist.ckpt.${end}`),
      'checkpoint',
    ]);
    const meta = written.find(({ name }) => name.endsWith('.meta')) as SourceFile;
    const { info } = readMetaGraph(new Uint8Array(await meta.blob.arrayBuffer()));
    expect(info.saver?.restore).toBe('save_1/restore_all');
    expect([...info.collections.keys()].sort()).toEqual([
      'model_variables',
      'regularization_losses',
      'trainable_variables',
      'update_ops',
      'variables',
    ]);
    const [frozen] = await engine.download('frozen');

    const thresholds = new Map(rows.map(({ threshold, log2t }) => [threshold, log2t]));
    const weights = written.filter(({ name }) => !/\.(pb|meta)$/.test(name));
    for (const graph of [written[0] as SourceFile, meta]) {
      const summary = await engine.open([graph, ...weights]);
      expect(summary).toMatchObject({ missingVariables: [], quantizers: { count: rows.length, thresholdsLoaded: true } });
      expect(new Map((await engine.quantizers(0)).map(({ threshold, log2t }) => [threshold, log2t]))).toEqual(thresholds);
    }

    // EXP1: the self-contained form of a training graph shows the same table.
    await engine.open([frozen as SourceFile]);
    expect(new Map((await engine.quantizers(0)).map(({ threshold, log2t }) => [threshold, log2t]))).toEqual(thresholds);

    await engine.open([await file('shapes_mnv1_eval.pb'), ...weights]);
    const report = await engine.run(RECIPE_3C);
    expect(report.steps.at(-1)).toMatchObject({ state: 'done', warnings: [], skipped: [] });
    const inference = await engine.quantizers((await engine.stages()).length - 1);
    expect(new Map(inference.map(({ threshold, log2t }) => [threshold, log2t]))).toEqual(thresholds);
  });

  it('CAL14: a checkpoint that was calibrated is no start for another training graph', async () => {
    const weights = (await trainingFiles()).filter(({ name }) => !/\.(pb|meta)$/.test(name));
    await engine.open([await file('shapes_mnv1.ckpt.meta'), ...weights, await images()]);
    const report = await engine.run(RECIPE_3A);
    expect(report.steps.at(-1)?.error).toMatchObject({ code: 'checkpoint-calibrated', about: 'shapes_mnv1_graffitist.ckpt' });
  });
});
