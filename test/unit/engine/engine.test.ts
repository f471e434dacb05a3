import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recipeSteps } from '../../../worker/engine/recipes.ts';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { readNpy, writeNpy } from '../../../worker/formats/npy.ts';
import { makeTensor, tensorValues } from '../../../worker/formats/tensorValues.ts';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { graphBytes } from '../../../worker/graph/graphFile.ts';
import type { RunRequest, SourceFile } from '../../../worker/protocol.ts';
import { spawnHere } from '../compute/spawn.ts';

const sample = path.resolve(import.meta.dirname, '../../../public/sample');

const file = async (name: string): Promise<SourceFile> => ({ name, blob: new Blob([await readFile(path.join(sample, name))]) });
const files = (...names: string[]) => Promise.all(names.map(file));
const checkpoint = ['checkpoint', 'shapes_mnv1.ckpt.index', 'shapes_mnv1.ckpt.data-00000-of-00001'];
const bytesOf = async (source: SourceFile | undefined) => new Uint8Array((await source?.blob.arrayBuffer()) ?? new ArrayBuffer(0));

/** The first images of the sample's calibration set, made brighter or darker. */
async function images(count: number, gain = 1): Promise<SourceFile> {
  const all = readNpy(await bytesOf(await file('calibration_set.npy')), 'calibration_set.npy');
  const [, ...shape] = all.shape;
  const values = (tensorValues(all) as Float32Array).slice(0, count * shape.reduce((a, b) => a * b, 1)).map((value) => value * gain);
  return { name: 'calibration_set.npy', blob: new Blob([writeNpy(makeTensor('float32', [count, ...shape], values)) as BlobPart]) };
}

const int8: RunRequest = {
  interface: { inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'], shape: [32, 32, 3] },
  steps: recipeSteps('static-int8'),
};

let engine: LocalEngine;
let engines: LocalEngine[] = [];
beforeEach(() => {
  engine = createEngine({ spawn: spawnHere, cores: 1, backend: 'wasm' });
  engines = [engine];
});
// TensorFlow.js has one backend per thread: each test gives it back.
afterEach(() => Promise.all(engines.map((each) => each.dispose())));

describe('documents', () => {
  it('pairs graph, checkpoint and data; lists variables until the checkpoint is there', async () => {
    const alone = await engine.open(await files('shapes_mnv1_eval.pb'));
    expect(alone.guess).toEqual({
      ...int8.interface,
      firstLayer: 'MobilenetV1/MobilenetV1/Conv2d_0/Conv2D',
      lastLayer: 'MobilenetV1/Logits/Conv2d_1c_1x1/Conv2D',
    });
    expect(alone.missingVariables.length).toBe(57);
    expect(alone.calibration).toBeNull();
    const whole = await engine.add([...(await files(...checkpoint)), await images(3)]);
    expect(whole.missingVariables).toEqual([]);
    expect(whole.calibration).toEqual({ count: 3, shape: [32, 32, 3] });
  });

  it('ZOO7 say which network they hold, and its presets come first among the recipes', async () => {
    const generic = await engine.recipes();
    expect(generic.map(({ name }) => name)).toEqual([
      ...['optimized', 'static-int8', 'static-int4', 'train-int8', 'train-int4', 'retrained-int8', 'retrained-int4'],
    ]);
    const { network } = await engine.open(await files('shapes_mnv1_eval.pb'));
    expect(network).toMatchObject({
      name: 'mobilenet_v1',
      title: 'MobileNet v1',
      variant: ['12 of 28 layers', '16 instead of 32 channels in the first layer', 'input 32×32×3', '10 outputs'],
      interface: int8.interface,
      preprocessing: { name: 'inception' },
    });
    const recipes = await engine.recipes();
    const presets = recipes.slice(0, network?.presets.length);
    expect(presets.map(({ name }) => name)).toEqual(network?.presets);
    expect(presets.every((preset) => JSON.stringify(preset.interface) === JSON.stringify(int8.interface))).toBe(true);
    expect(recipes.slice(presets.length).map(({ name }) => name)).toEqual(generic.map(({ name }) => name));
    // What a graph that is in no table gets: first and last layer as they were found.
    expect(recipes.find(({ name }) => name === 'static-int4')?.steps.at(-1)?.options).toEqual({
      weight_bits: -4,
      first_layer: network?.firstLayer,
      last_layer: network?.lastLayer,
    });
  });

  it('open the original of a folder in which results lie beside it, and say what was not opened', async () => {
    const result = { ...(await file('shapes_mnv1_frozen.pb')), name: 'shapes_mnv1_eval_quant.pb' };
    const summary = await engine.open([
      result,
      ...(await files('README.md', 'index.json', 'shapes_mnv1.ckpt.meta', 'shapes_mnv1_eval.pb', ...checkpoint)),
    ]);
    expect(summary.name).toBe('shapes_mnv1_eval');
    expect(summary.missingVariables).toEqual([]);
    expect(
      summary.files
        .filter((row) => row.detail === 'not opened')
        .map((row) => row.name)
        .sort(),
    ).toEqual(['README.md', 'shapes_mnv1.ckpt.meta', 'shapes_mnv1_eval_quant.pb']);
  });

  it('keep the open one when another cannot be opened', async () => {
    await engine.open(await files('shapes_mnv1_frozen.pb'));
    const noise = { name: 'noise.pb', blob: new Blob([Uint8Array.from({ length: 4096 }, (_, i) => (i * 7919) % 251)]) };
    await expect(engine.open([noise])).rejects.toMatchObject({ code: 'file-not-graphdef', about: 'noise.pb' });
    await expect(engine.open(await files('index.json', 'calibration_set.npy'))).rejects.toMatchObject({ code: 'file-missing' });
    expect((await engine.stages())[0]?.nodeCount).toBeGreaterThan(100);
    expect((await engine.scene({ stage: 0, reading: 'layers' })).nodes.length).toBeGreaterThan(5);
  });

  it('name a broken weights file in its own row and open the graph all the same', async () => {
    const broken = (await files(...checkpoint)).map((source) =>
      source.name.endsWith('.index') ? { ...source, blob: source.blob.slice(0, 100) } : source,
    );
    const summary = await engine.open([...(await files('shapes_mnv1_eval.pb')), ...broken]);
    expect(summary.files.find((row) => row.role === 'checkpoint-index')?.error?.code).toBe('checkpoint-corrupt');
    expect(summary.missingVariables.length).toBe(57);
  });

  it('with control flow can be looked at, not rewritten', async () => {
    const predicate = GraphNode.make({ name: 'on', op: 'Placeholder', attrs: { dtype: { kind: 'type', value: 'bool' } } });
    const input = GraphNode.make({
      name: 'input',
      op: 'Placeholder',
      attrs: { dtype: { kind: 'type', value: 'float32' }, shape: { kind: 'shape', value: [-1, 4, 4, 3] } },
    });
    const branch = GraphNode.make({
      name: 'branch',
      op: 'Switch',
      inputs: ['input', 'on'],
      attrs: { T: { kind: 'type', value: 'float32' } },
    });
    const output = GraphNode.make({ name: 'output', op: 'Relu', inputs: ['branch:1'], attrs: { T: { kind: 'type', value: 'float32' } } });
    const blob = new Blob(graphBytes(new Graph([predicate, input, branch, output])) as BlobPart[]);
    const summary = await engine.open([{ name: 'flow.pb', blob }]);
    expect(summary.refusal).toMatchObject({ code: 'graph-control-flow', about: 'branch' });
    expect((await engine.scene({ stage: 0, reading: 'nodes' })).nodes.length).toBeGreaterThan(0);
    await expect(engine.run({ ...int8, interface: { inputs: ['input'], outputs: ['output'], shape: [4, 4, 3] } })).rejects.toMatchObject({
      code: 'graph-control-flow',
    });
  });

  it('ADM3: with control flow beside what an output depends on is rewritten', async () => {
    const float = { T: { kind: 'type', value: 'float32' } } as const;
    const input = GraphNode.make({
      name: 'input',
      op: 'Placeholder',
      attrs: { dtype: { kind: 'type', value: 'float32' }, shape: { kind: 'shape', value: [-1, 4, 4, 3] } },
    });
    const predicate = GraphNode.make({ name: 'on', op: 'Placeholder', attrs: { dtype: { kind: 'type', value: 'bool' } } });
    const branch = GraphNode.make({ name: 'branch', op: 'Switch', inputs: ['input', 'on'], attrs: float });
    const odd = GraphNode.make({ name: 'odd', op: 'Erf', inputs: ['branch:1'], attrs: float });
    const output = GraphNode.make({ name: 'output', op: 'Relu', inputs: ['input'], attrs: float });
    const blob = new Blob(graphBytes(new Graph([input, predicate, branch, odd, output])) as BlobPart[]);
    const summary = await engine.open([{ name: 'metric.pb', blob }]);
    expect(summary.refusal).toBeNull();
    const steps = int8.steps.slice(0, 5);
    const report = await engine.run({ steps, interface: { inputs: ['input'], outputs: ['output'], shape: [4, 4, 3] } });
    expect(report.steps.map((step) => step.state)).toEqual(['done', 'done', 'done', 'done', 'done']);
    expect((await engine.stages()).at(-1)?.nodeCount).toBe(2);
  });
});

describe('runs', () => {
  it('QNT30: without calibration, thresholds that no checkpoint holds are counted', async () => {
    await engine.open(await files('shapes_mnv1_eval.pb', ...checkpoint));
    const steps = int8.steps.map((step) =>
      step.transform === 'quantize' ? { ...step, options: { calibrate_quant_layers: false } } : step,
    );
    const { steps: reports } = await engine.run({ ...int8, steps });
    expect(reports.at(-1)?.warnings).toEqual([
      expect.objectContaining({ rule: 'QNT30', text: expect.stringMatching(/^(\d+) of \1 thresholds/) }),
    ]);
  });

  it('stop before quantize without images, keep the stages before it, and go on when images are there', async () => {
    await engine.open(await files('shapes_mnv1_eval.pb', ...checkpoint));
    const stopped = await engine.run(int8);
    expect(stopped.steps.map((step) => step.state)).toEqual(['done', 'done', 'done', 'done', 'done', 'refused']);
    expect(stopped.steps[5]?.error?.code).toBe('data-missing');
    expect((await engine.stages()).length).toBe(6);
    await engine.add([await images(4)]);
    const done = await engine.run(int8);
    expect(done.steps[5]?.calibration).toMatchObject({ images: 4, quantizers: 51, recomputed: 0 });
    const rows = await engine.quantizers(6);
    expect(rows.every((row) => row.log2t !== null && row.samples !== null)).toBe(true);
    const shared = rows.filter((row) => row.sharedWith.length > 0);
    expect(shared.length).toBeGreaterThan(0);
    const histogram = await engine.histogram(6, rows[0]?.name ?? '');
    expect(histogram?.counts.reduce((a, b) => a + b, 0)).toBe(rows[0]?.samples);
    const comparison = await engine.compareOutputs(2);
    expect(comparison.rows.length).toBe(2);
    expect(comparison.rows[0]?.float.length).toBe(5);
  });

  it('a pipeline out of order is refused at the step, with what mends it', async () => {
    await engine.open(await files('shapes_mnv1_frozen.pb'));
    const request = { ...int8, steps: int8.steps.filter((step) => step.transform !== 'preprocess_layers') };
    const [fault] = await engine.check(request);
    expect(fault?.insert).toEqual(['preprocess_layers']);
    const report = await engine.run(request);
    expect(report.steps.at(-1)?.error?.code).toBe('pipeline-order');
    expect((await engine.stages()).length).toBe(5);
  });

  it('a graph exported for one image is fed one image at a time', async () => {
    const float = { kind: 'type', value: 'float32' } as const;
    const constant = (name: string, value: ReturnType<typeof makeTensor>) =>
      GraphNode.make({ name, op: 'Const', attrs: { dtype: { kind: 'type', value: value.dtype }, value: { kind: 'tensor', value } } });
    const weights = Float32Array.from({ length: 12 * 5 }, (_, i) => Math.sin(i) / 4);
    const nodes = [
      GraphNode.make({ name: 'input', op: 'Placeholder', attrs: { dtype: float, shape: { kind: 'shape', value: [1, 2, 2, 3] } } }),
      constant('flat/shape', makeTensor('int32', [2], [1, 12])),
      GraphNode.make({
        name: 'flat',
        op: 'Reshape',
        inputs: ['input', 'flat/shape'],
        attrs: { T: float, Tshape: { kind: 'type', value: 'int32' } },
      }),
      constant('fc/weights', makeTensor('float32', [12, 5], weights)),
      GraphNode.make({ name: 'fc/MatMul', op: 'MatMul', inputs: ['flat', 'fc/weights'], attrs: { T: float } }),
      constant('fc/biases', makeTensor('float32', [5], [0.1, 0.2, -0.3, 0.4, 0.5])),
      GraphNode.make({ name: 'fc/BiasAdd', op: 'BiasAdd', inputs: ['fc/MatMul', 'fc/biases'], attrs: { T: float } }),
    ];
    const data = makeTensor(
      'float32',
      [4, 2, 2, 3],
      Float32Array.from({ length: 48 }, (_, i) => Math.cos(i)),
    );
    await engine.open([
      { name: 'one.pb', blob: new Blob(graphBytes(new Graph(nodes)) as BlobPart[]) },
      { name: 'calibration_set.npy', blob: new Blob([writeNpy(data) as BlobPart]) },
    ]);
    const report = await engine.run({ ...int8, interface: { inputs: ['input'], outputs: ['fc/BiasAdd'], shape: [2, 2, 3] } });
    expect(report.steps.at(-1)?.error).toBeUndefined();
    expect((await engine.quantizers(6)).find((row) => row.kind === 'biasadd')?.samples).toBe(20);
    expect((await engine.compareOutputs(4)).rows.length).toBe(4);
  });

  it('a cancelled run leaves the former stages as they were', async () => {
    await engine.open([...(await files('shapes_mnv1_frozen.pb')), await images(2)]);
    await engine.run({ ...int8, steps: recipeSteps('optimized') });
    const stop = new AbortController();
    const running = engine.run(int8, { signal: stop.signal, onProgress: ({ phase }) => phase === 'calibrate' && stop.abort() });
    await expect(running).rejects.toMatchObject({ code: 'cancelled' });
    expect((await engine.stages()).at(-1)?.title).toBe('preprocess_layers');
    expect((await engine.run(int8)).steps.at(-1)?.state).toBe('done');
  });

  it('calibrate alone takes other images and changes thresholds only', async () => {
    await engine.open([...(await files('shapes_mnv1_frozen.pb')), await images(2)]);
    await engine.run(int8);
    const before = await engine.quantizers(6);
    await engine.calibrate([await images(2, 4)]);
    const after = await engine.quantizers(6);
    expect(after.map((row) => row.name)).toEqual(before.map((row) => row.name));
    const moved = after.filter((row, index) => row.log2t !== before[index]?.log2t);
    expect(moved.some((row) => row.kind === 'input')).toBe(true);
    expect(moved.some((row) => row.kind === 'weight')).toBe(false);
  });
});

describe('what is kept', () => {
  it('a frozen download reopens with the same table, and a restored session saves the same bytes', async () => {
    const opened = [...(await files('shapes_mnv1_eval.pb', ...checkpoint)), await images(3)];
    await engine.open(opened);
    await engine.run(int8);
    const rows = await engine.quantizers(6);
    const [frozen] = await engine.download('frozen');
    const snapshot = await engine.snapshot();
    if (frozen === undefined || snapshot === null) throw new Error('nothing to keep');

    const other = createEngine({ spawn: spawnHere, cores: 1, backend: 'wasm' });
    engines.push(other);
    await other.open(opened);
    await other.restore(snapshot);
    expect(await other.quantizers(6)).toEqual(rows);
    expect(await bytesOf((await other.download('frozen'))[0])).toEqual(await bytesOf(frozen));

    await other.open([frozen]);
    const again = await other.quantizers(0);
    const table = (list: typeof rows) =>
      list.map(({ name, bits, signed, kind, log2t, sharedWith }) => ({ name, bits, signed, kind, log2t, sharedWith }));
    expect(table(again)).toEqual(table(rows));
  });

  it('a quantized graph without its checkpoint has no thresholds, and never 0 in their place', async () => {
    await engine.open([...(await files('shapes_mnv1_eval.pb', ...checkpoint)), await images(2)]);
    await engine.run(int8);
    const [pb, ...weights] = await engine.download('graffitist');
    if (pb === undefined) throw new Error('nothing to open');
    const other = createEngine({ spawn: spawnHere, cores: 1, backend: 'wasm' });
    engines.push(other);
    const summary = await other.open([pb]);
    expect(summary.quantizers).toEqual({ count: 51, thresholdsLoaded: false });
    const unknown = (await other.quantizers(0)).filter((row) => row.log2t === null);
    expect(unknown.length).toBe(51);
    expect(unknown.every((row) => row.rawThreshold === null && row.exponent === null)).toBe(true);
    expect((await other.add(weights)).quantizers.thresholdsLoaded).toBe(true);
    const logs = async (each: LocalEngine, stage: number) => (await each.quantizers(stage)).map((row) => row.log2t);
    expect(await logs(other, 0)).toEqual(await logs(engine, 6));
  });

  it('the zip holds both forms and a recipe that runs to the same bytes', async () => {
    const opened = [...(await files('shapes_mnv1_eval.pb', ...checkpoint)), await images(2)];
    await engine.open(opened);
    await engine.run(int8);
    const [zip] = await engine.download('zip');
    const entries = unzipSync(await bytesOf(zip));
    expect(Object.keys(entries).sort()).toEqual([
      'graffitist/checkpoint',
      'graffitist/shapes_mnv1_eval_quant.pb',
      'graffitist/shapes_mnv1_graffitist.ckpt.data-00000-of-00001',
      'graffitist/shapes_mnv1_graffitist.ckpt.index',
      'shapes_mnv1_eval_quant.pb',
      'shapes_mnv1_eval_recipe.json',
    ]);
    const text = new TextDecoder().decode(entries['shapes_mnv1_eval_recipe.json']);
    const request = await engine.parseRecipe(text, 'recipe.json');
    await engine.run(request);
    expect(await bytesOf((await engine.download('frozen'))[0])).toEqual(entries['shapes_mnv1_eval_quant.pb']);
    expect(await engine.commandLine(request)).toContain('--transforms fix_input_shape fold_batch_norms');
  });
});
