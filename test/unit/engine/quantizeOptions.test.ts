import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { recipeSteps } from '../../../worker/engine/recipes.ts';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import { readNpy, writeNpy } from '../../../worker/formats/npy.ts';
import { makeTensor, tensorNumbers, tensorValues } from '../../../worker/formats/tensorValues.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import type { OptionValues, PipelineStep, RunRequest, SourceFile } from '../../../worker/protocol.ts';
import { readHdf5 } from '../../hdf5.ts';
import { spawnHere } from '../compute/spawn.ts';

const sample = path.resolve(import.meta.dirname, '../../../public/sample');
const file = async (name: string): Promise<SourceFile> => ({ name, blob: new Blob([await readFile(path.join(sample, name))]) });
const text = (name: string, content: string): SourceFile => ({ name, blob: new Blob([content]) });
const bytesOf = async (source: SourceFile | undefined) => new Uint8Array((await source?.blob.arrayBuffer()) ?? new ArrayBuffer(0));

/** The first images of the sample's calibration set, brighter or darker. */
async function images(count: number, gain = 1): Promise<SourceFile> {
  const all = readNpy(await bytesOf(await file('calibration_set.npy')), 'calibration_set.npy');
  const [, ...shape] = all.shape;
  const values = (tensorValues(all) as Float32Array).slice(0, count * shape.reduce((a, b) => a * b, 1)).map((value) => value * gain);
  return { name: 'calibration_set.npy', blob: new Blob([writeNpy(makeTensor('float32', [count, ...shape], values)) as BlobPart]) };
}

function int8(options: OptionValues, behind: readonly PipelineStep[] = []): RunRequest {
  const steps = recipeSteps('static-int8').map((step) => (step.transform === 'quantize' ? { ...step, options } : step));
  return {
    interface: { inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'], shape: [32, 32, 3] },
    steps: [...steps, ...behind],
  };
}

const CONV = 'MobilenetV1/MobilenetV1/Conv2d_1_pointwise/Conv2D';
const WEIGHTS = 'MobilenetV1/MobilenetV1/Conv2d_1_pointwise/Mul_fold';

describe('options of quantize that need files or thresholds', () => {
  let engine: LocalEngine;
  beforeEach(async () => {
    engine = createEngine({ spawn: spawnHere, cores: 1, backend: 'wasm' });
    const graph = ['shapes_mnv1_eval.pb', 'checkpoint', 'shapes_mnv1.ckpt.index', 'shapes_mnv1.ckpt.data-00000-of-00001'];
    await engine.open([...(await Promise.all(graph.map(file))), await images(2), text('shift.txt', `${WEIGHTS}, 2\n`)]);
  });
  afterEach(() => engine.dispose());

  const row = async (name: string) => (await engine.quantizers((await engine.stages()).length - 1)).find((each) => each.name === name);

  it('QNT42, EXP12: shifted thresholds go into a checkpoint of their own, and a restored session does not shift twice', async () => {
    await engine.run(int8({}));
    const before = await row(`${WEIGHTS}_weight_quant`);
    await engine.run(int8({ left_shift_list: 'shift.txt' }));
    const after = await row(`${WEIGHTS}_weight_quant`);
    expect(after?.log2t).toBe(Math.ceil(before?.log2t ?? Number.NaN) - 2);

    const files = await engine.download('graffitist');
    const named = ['shapes_mnv1_graffitist.ckpt', 'shapes_mnv1_graffitist_fastmode.ckpt'];
    expect(files.map(({ name }) => name)).toEqual([
      'shapes_mnv1_eval_quant.pb',
      ...named.flatMap((name) => [`${name}.index`, `${name}.data-00000-of-00001`]),
      'checkpoint',
    ]);
    expect(new TextDecoder().decode(await bytesOf(files.at(-1)))).toContain(`model_checkpoint_path: "${named[1]}"`);
    const values = await Promise.all(
      named.map(async (name) => {
        const checkpoint = await openCheckpoint(files.filter((each) => each.name.startsWith(`${name}.`)));
        const value = await checkpoint?.read(`${WEIGHTS}_weight_quant/threshold`);
        return value === undefined ? undefined : tensorNumbers(value)[0];
      }),
    );
    expect(values).toEqual([before?.log2t, after?.log2t]);

    const kept = await engine.snapshot();
    await engine.restore(kept ?? new Blob());
    expect((await row(`${WEIGHTS}_weight_quant`))?.log2t).toBe(after?.log2t);
  });

  it('QNT44: calibrated on other images, the constant thresholds of partial sums follow', async () => {
    await engine.add([text('split.txt', `${CONV}, 16, 15`)]);
    const behind = { id: 'strip', transform: 'strip_unused_nodes', options: {}, bypassed: false };
    await engine.run(int8({ conv_split_list: 'split.txt' }, [behind]));
    const partial = async () => [await row(`${CONV}_dw/layer_quant_0`), await row(`${CONV}_layer_quant`)].map((each) => each?.log2t);
    const [first, layer] = await partial();
    expect(first).toBe(layer);
    expect((await row(`${CONV}_dw/layer_quant_0`))?.kind).toBe('layer');
    await engine.calibrate([await images(2, 8)]);
    const [second, moved] = await partial();
    expect(second).toBe(moved);
    expect(second).toBeGreaterThan(first ?? Number.NaN);
    const scene = await engine.scene({ stage: (await engine.stages()).length - 1, reading: 'layers' });
    expect(scene.nodes.length).toBeGreaterThan(5);
  });

  it('QNT43, EXP10, EXP11: parameters are dumped with the graph, alone and in the zip', async () => {
    await engine.run(int8({ dump_quant_params: true }));
    const files = await engine.download('quant-params');
    expect(files.map(({ name }) => name)).toEqual(['quantization_params.json', 'quantized_weights.h5']);
    const parameters = JSON.parse(new TextDecoder().decode(await bytesOf(files[0]))) as Record<string, { scale_factor: number }>;
    const weights = await readHdf5(await bytesOf(files[1]));
    const quantizer = await row(`${WEIGHTS}_weight_quant`);
    expect(parameters[WEIGHTS]).toEqual({
      bitwidth: 8,
      is_signed: 1,
      rounding_mode: 'round',
      scale_factor: 2 ** (quantizer?.exponent ?? Number.NaN),
      source_node: WEIGHTS,
      threshold: expect.closeTo(quantizer?.rawThreshold ?? Number.NaN, 12),
    });
    const codes = weights.get(WEIGHTS)?.values ?? [];
    expect(codes.length).toBeGreaterThan(10);
    expect(codes.every((code) => Number.isInteger(code) && code >= -128 && code <= 127)).toBe(true);
    expect((await engine.download('graffitist')).map(({ name }) => name)).toEqual(expect.arrayContaining(files.map(({ name }) => name)));
    await engine.run(int8({}));
    await expect(engine.download('quant-params')).rejects.toMatchObject({ code: 'option-invalid' });
  });

  it('QNT45: layers computed in float64 give what they give in float32, where that is exact', async () => {
    await engine.run(int8({}));
    const plain = await engine.compareOutputs(1);
    await engine.run(int8({ bit_accurate: true }));
    const wide = await engine.compareOutputs(1);
    expect(wide.rows).toEqual(plain.rows);
  });

  it('FRZ1, FRZ5: freeze_graph behind quantize makes thresholds constants too', async () => {
    const freeze = { id: 'freeze', transform: 'freeze_graph', options: {}, bypassed: false };
    await engine.run(int8({}, [freeze]));
    const before = await engine.quantizers((await engine.stages()).length - 2);
    const [pb, ...others] = await engine.download('graffitist');
    expect(others).toEqual([]);
    const graph = openGraph(await bytesOf(pb), 'frozen.pb');
    expect(graph.nodes.some(({ op }) => op === 'VariableV2')).toBe(false);
    const { engine: reopened, rows } = await quantizersOf(pb);
    await reopened.dispose();
    const needed = before.filter(({ name }) => rows.some((each) => each.name === name));
    expect(rows.map(({ name, log2t }) => [name, log2t]).sort()).toEqual(needed.map(({ name, log2t }) => [name, log2t]).sort());
    expect(rows.length).toBeGreaterThan(50);
  });

  it('a list file that is not among the opened files is an error that names it', async () => {
    const { steps } = await engine.run(int8({ layer_merge_list: 'merge.txt' }));
    expect(steps.at(-1)).toMatchObject({ state: 'refused', error: { code: 'file-missing', about: 'merge.txt' } });
  });
});

async function quantizersOf(pb: SourceFile | undefined) {
  const engine = createEngine({ spawn: spawnHere, cores: 1, backend: 'reference' });
  await engine.open(pb === undefined ? [] : [pb]);
  return { engine, rows: await engine.quantizers(0) };
}
