import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../../scripts/sample/files.ts';
import { drawImages } from '../../../scripts/sample/images.ts';
import { INPUT, OUTPUT } from '../../../scripts/sample/network.ts';
import { parseRecipe, requestOf } from '../../../worker/engine/recipe.ts';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import { readMetaGraph } from '../../../worker/formats/metaGraph.ts';
import { sha256 } from '../../../worker/formats/sha256.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { openGraphFile } from '../../../worker/graph/graphFile.ts';
import { isVariable } from '../../../worker/graph/variables.ts';
import type { DownloadForm, RunRequest, SourceFile, TrainReport } from '../../../worker/protocol.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';
import { spawnHere } from '../compute/spawn.ts';
import { fileOf, npy, npz } from '../data/files.ts';
import { spawnDataHere } from '../data/spawn.ts';
import { committedFile } from '../sample/committed.ts';

const IMAGES = 8;
const sample = (name: string): SourceFile => fileOf(name, committedFile(name));

function request(...transforms: string[]): RunRequest {
  return {
    interface: { inputs: [INPUT], outputs: [OUTPUT], shape: [32, 32, 3] },
    steps: transforms.map((text, index) => ({ id: `${index + 1}`, ...parseExpression(text), bypassed: false })),
  };
}

const RECIPE_3A = request('fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers', 'quantize(is_training=True)');
const RECIPE_3C = request(
  ...['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'],
  'quantize(calibrate_quant_layers=False)',
);

const checkpointAmong = (files: readonly SourceFile[]): SourceFile[] => files.filter(({ name }) => !/\.(pb|meta|json)$/.test(name));
const newEngine = (): LocalEngine => createEngine({ spawn: spawnHere, spawnData: spawnDataHere, cores: 1, backend: 'wasm' });

describe('what is saved of a training run', () => {
  let engine: LocalEngine;
  let report: TrainReport;
  const saved = new Map<DownloadForm, readonly SourceFile[]>();
  const filesOf = (form: DownloadForm): readonly SourceFile[] => saved.get(form) ?? [];

  beforeAll(async () => {
    engine = newEngine();
    const { pixels, labels } = drawImages(2019, 'test', 0, IMAGES);
    const numbers = Float32Array.from(pixels.subarray(0, 2 * 32 * 32 * 3), (value) => value / 127.5 - 1);
    const calibration = fileOf('calibration_set.npy', npy('float32', [2, 32, 32, 3], numbers));
    await engine.open([...[FILES.training, FILES.index, FILES.data, FILES.state].map(sample), calibration]);
    const set = npz({ images: npy('uint8', [IMAGES, 32, 32, 3], pixels), labels: npy('int64', [IMAGES], Array.from(labels)) });
    await engine.openData({ files: [fileOf('shapes.npz', set)] });
    const run = await engine.run(RECIPE_3A);
    expect(run.steps.flatMap(({ error }) => error ?? [])).toEqual([]);
    const outcome = await engine.train({
      preset: 'short',
      options: { steps: 2, batchSize: 3, seed: 7, validationInterval: 1, validatesFirst: false },
      images: { name: 'signed' },
      validation: { kind: 'held-out', images: 2 },
    });
    if (outcome.ended === 'paused') throw new Error('It paused.');
    report = outcome.report;
    for (const form of ['frozen', 'graffitist', 'checkpoint', 'recipe', 'training-report', 'zip'] as const) {
      saved.set(form, await engine.download(form));
    }
  }, 120_000);
  afterAll(() => engine.dispose());

  const thresholds = async (): Promise<ReadonlyMap<string, number | null>> => {
    const rows = await engine.quantizers((await engine.stages()).length - 1);
    return new Map(rows.map(({ threshold, log2t }) => [threshold, log2t]));
  };

  it('RET12 the files: graph, checkpoint with its MetaGraph, and both forms, recipe and report in one archive', async () => {
    const names = (form: DownloadForm): string[] => filesOf(form).map(({ name }) => name);
    const checkpoint = ['index', 'data-00000-of-00001', 'meta'].map((end) => `shapes_mnv1_graffitist.ckpt.${end}`);
    expect(names('frozen')).toEqual(['shapes_mnv1_retrained.pb']);
    expect(names('graffitist')).toEqual(['shapes_mnv1_retrained.pb', ...checkpoint, 'checkpoint']);
    const [zip] = filesOf('zip');
    expect(Object.keys(unzipSync(new Uint8Array(await (zip as SourceFile).blob.arrayBuffer())))).toEqual([
      'shapes_mnv1_retrained.pb',
      ...['shapes_mnv1_retrained.pb', ...checkpoint, 'checkpoint'].map((name) => `graffitist/${name}`),
      'shapes_mnv1_recipe.json',
      'shapes_mnv1_training.json',
    ]);
  });

  it('RET12 opened again, each form has the thresholds that were trained', async () => {
    const expected = await thresholds();
    const meta = filesOf('graffitist').filter(({ name }) => name.endsWith('.meta'));
    const other = newEngine();
    for (const files of [
      filesOf('frozen'),
      filesOf('graffitist').filter(({ name }) => !name.endsWith('.meta')),
      [...meta, ...checkpointAmong(filesOf('graffitist'))],
    ]) {
      await other.open(files);
      expect(new Map((await other.quantizers(0)).map(({ threshold, log2t }) => [threshold, log2t]))).toEqual(expected);
    }
    await other.dispose();
  });

  it('RET12 the checkpoint has every variable of the graph that was trained, and recipe 3c of the evaluation graph finds what it needs', async () => {
    const checkpoint = await openCheckpoint(checkpointAmong(filesOf('checkpoint')));
    const other = newEngine();
    await other.open([sample(FILES.inference), ...checkpointAmong(filesOf('graffitist'))]);
    const run = await other.run(RECIPE_3C);
    expect(run.steps.at(-1)).toMatchObject({ state: 'done', warnings: [] });
    const rows = await other.quantizers((await other.stages()).length - 1);
    expect(new Map(rows.map(({ threshold, log2t }) => [threshold, log2t]))).toEqual(await thresholds());
    await other.dispose();

    const { graph } = await openGraphFile(sample(FILES.training));
    const variables = graph.nodes.filter(isVariable).map(({ name }) => name);
    expect(variables.filter((name) => checkpoint?.entries.has(name) !== true)).toEqual([]);
    const [changed] = report.thresholds;
    const value = await checkpoint?.read(changed?.variable ?? '');
    expect(value === undefined ? null : tensorNumbers(value)[0]).toBe(changed?.after);
  });

  it('RET12 the MetaGraph has a saver for all of its variables', async () => {
    const meta = filesOf('graffitist').find(({ name }) => name.endsWith('.meta')) as SourceFile;
    const { info } = readMetaGraph(new Uint8Array(await meta.blob.arrayBuffer()));
    const { graph } = await openGraphFile(meta);
    const restored = graph.nodes.filter(({ op }) => op === 'RestoreV2');
    expect(info.saver?.restore).toBeDefined();
    expect(restored.length).toBeGreaterThan(0);
    const assigned = new Set(graph.nodes.filter(({ op }) => op === 'Assign').flatMap(({ edges }) => edges[0]?.node ?? []));
    expect(graph.nodes.filter((node) => isVariable(node) && !assigned.has(node.name)).map(({ name }) => name)).toEqual([]);
  });

  it('RET11 the recipe says what was asked for, and gives it back', async () => {
    const text = (await filesOf('recipe')[0]?.blob.text()) ?? '';
    const asked = {
      version: 1,
      preset: 'short',
      options: report.options,
      images: 'signed',
      validation: { kind: 'held-out', images: 2 },
      bits: {},
      hashes: report.hashes,
    };
    expect(JSON.parse(text).training).toMatchObject(asked);
    expect(requestOf(parseRecipe(text, 'recipe.json')).training).toMatchObject(asked);
    expect(report.options).toMatchObject({ steps: 2, batchSize: 3, seed: 7 });

    const wrong = JSON.parse(text);
    wrong.training.options.seed = -1;
    expect(() => parseRecipe(JSON.stringify(wrong), 'recipe.json')).toThrow(/training\.options\.seed/);
    wrong.training.options.seed = 7;
    wrong.training.version = 2;
    expect(() => parseRecipe(JSON.stringify(wrong), 'recipe.json')).toThrow(/training\.version/);
  });

  it('RET13 the report as a file is the report; where nothing was trained there is none', async () => {
    const [file] = filesOf('training-report');
    expect(JSON.parse((await file?.blob.text()) ?? '')).toEqual(JSON.parse(JSON.stringify(report)));
    const other = newEngine();
    await other.open([sample(FILES.frozen)]);
    await expect(other.download('training-report')).rejects.toMatchObject({ code: 'training-state' });
    await other.dispose();
  });

  it('RET10 RET11 after a reload everything that is saved is the same, byte for byte', async () => {
    const kept = await engine.snapshot();
    const other = newEngine();
    await other.open([FILES.training, FILES.index, FILES.data, FILES.state].map(sample));
    await other.restore(kept as Blob);
    for (const form of ['frozen', 'graffitist', 'checkpoint', 'training-report'] as const) {
      const again = await other.download(form);
      const hashes = async (files: readonly SourceFile[]) =>
        Promise.all(files.map(async ({ name, blob }) => `${name} ${await sha256(blob)}`));
      expect(await hashes(again)).toEqual(await hashes(filesOf(form)));
    }
    expect((await other.stages()).at(-1)?.title).toBe('retrained');
    expect(await other.trainingReport()).toEqual(report);
    const [recipe] = await other.download('recipe');
    expect(JSON.parse((await recipe?.blob.text()) ?? '').training).toEqual(
      JSON.parse((await filesOf('recipe')[0]?.blob.text()) ?? '').training,
    );
    await other.dispose();
  });
});
