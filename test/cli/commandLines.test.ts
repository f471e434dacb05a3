import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'fflate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readCheckpointState } from '../../worker/formats/checkpointState.ts';
import { differenceText, diffGraphs } from '../../worker/graph/diff.ts';
import { openGraph } from '../../worker/graph/graphFile.ts';
import { describeShared, shared } from '../shared.ts';

const program = fileURLToPath(new URL('../../cli/graffitize.mjs', import.meta.url));

interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Files that it wrote beside the graph. */
  readonly written: readonly string[];
}

let root = '';
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'graffitist-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

/** A folder of its own with copies of recorded files: [folder below cases, its files]. */
async function workshop(...sources: readonly (readonly [from: string, files: RegExp])[]): Promise<string> {
  const folder = await mkdtemp(path.join(root, 'case-'));
  for (const [from, files] of sources) {
    const names = (await readdir(shared('cases', from))).filter((name) => files.test(name));
    for (const name of names) await cp(shared('cases', from, name), path.join(folder, name), { recursive: true });
  }
  return folder;
}

async function run(folder: string, args: readonly string[]): Promise<Run> {
  const before = new Set(await readdir(folder));
  const done = await new Promise<Omit<Run, 'written'>>((resolve) => {
    execFile(process.execPath, [program, ...args], { cwd: folder, maxBuffer: 64 << 20 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
  return { ...done, written: (await readdir(folder)).filter((name) => !before.has(name)).sort() };
}

async function expectGraph(actual: string, expected: string): Promise<void> {
  const open = async (file: string) => {
    const bytes = new Uint8Array(await readFile(file));
    return openGraph(file.endsWith('.gz') ? gunzipSync(bytes) : bytes, path.basename(file));
  };
  expect(diffGraphs(await open(shared('cases', expected)), await open(actual)).map(differenceText)).toEqual([]);
}

/** Where the file `checkpoint` points. */
const latest = async (folder: string) => readCheckpointState(await readFile(path.join(folder, 'checkpoint'), 'utf8'))?.current;

const argumentsOf = async (folder: string): Promise<string[]> =>
  (JSON.parse(await readFile(shared('cases', folder, 'case.json'), 'utf8')) as { args: string[] }).args;

const CHECKPOINT = ['model_graffitist.ckpt.data-00000-of-00001', 'model_graffitist.ckpt.index'];
const DUMP = ['quantization_params.json', 'quantized_weights.h5'];

describeShared('command lines of Graffitist, word for word', () => {
  it.each([
    ['opts__q8', CHECKPOINT],
    ['opts__nocal', []],
    ['opts__pbtxt', []],
    ['opts__merge', CHECKPOINT],
    ['opts__dump', [...CHECKPOINT, ...DUMP]],
    ['opts__split', [...CHECKPOINT, ...DUMP]],
    ['opts__lshift', ['model_graffitist_fastmode.ckpt.data-00000-of-00001', 'model_graffitist_fastmode.ckpt.index', ...CHECKPOINT]],
    ['opts__super', CHECKPOINT],
    ['freeze__fr', []],
    ['order__twice', []],
    ['layer_conv_add_const__q8', CHECKPOINT.map((name) => name.replace('model_', 'frozen_model_'))],
  ])('%s writes the graph of the original, and beside it %j', async (name, beside) => {
    const folder = await workshop([`micro/${name}`, /^in\.|ckpt|^checkpoint$|\.txt$/], ['micro', /^calibration_set\.npy$/]);
    const { code, err, written } = await run(folder, await argumentsOf(`micro/${name}`));
    expect([code, err.includes('error')]).toEqual([0, false]);
    expect(written.filter((file) => file !== 'checkpoint')).toEqual([...beside, 'out.pb'].sort());
    await expectGraph(path.join(folder, 'out.pb'), `micro/${name}/expected.pb`);
    const last = beside.filter((file) => file.endsWith('.ckpt.index')).sort((a, b) => b.length - a.length)[0];
    if (last !== undefined) expect(await latest(folder)).toBe(last.replace(/\.index$/, ''));
  });
});

describeShared('recipes of a network, one after the other', () => {
  const network = 'nets/small_mobilenet_v2';

  it('3a writes the training graph, its metagraph and thresholds; 3c finds those by their names', async () => {
    const folder = await workshop([network, /^small_mobilenet_v2(\.ckpt.*|_train\.meta|_eval\.pb)$|^checkpoint$|^calibration_set\.npy$/]);
    const train = await run(folder, await argumentsOf(`${network}/cal_recipe3a_int8`));
    expect([train.code, train.err.includes('error')]).toEqual([0, false]);
    const prefix = 'small_mobilenet_v2_graffitist.ckpt';
    expect(train.written).toEqual(['out.pb', `${prefix}.data-00000-of-00001`, `${prefix}.index`, `${prefix}.meta`]);
    expect(await latest(folder)).toBe(prefix);
    await expectGraph(path.join(folder, 'out.pb'), `${network}/cal_recipe3a_int8/expected.pb`);

    const again = await run(folder, await argumentsOf(`${network}/cal_recipe3a_int8`));
    expect([again.code, again.written]).toEqual([1, []]);
    expect(again.err).toContain('checkpoint-calibrated');
    expect(again.err).toContain('Use the original checkpoint where is_training=True');

    await rm(path.join(folder, 'out.pb'));
    const inference = await run(folder, await argumentsOf(`${network}/cal_recipe3c_int8`));
    expect([inference.code, inference.err.includes('QNT30')]).toEqual([0, false]);
    await expectGraph(path.join(folder, 'out.pb'), `${network}/cal_recipe3c_int8/expected.pb`);
  });

  it('ZOO8 --recipe mobilenet_v2/retrained-int4 is the recorded recipe', async () => {
    const folder = await workshop([network, /_eval\.pb$/]);
    const { code } = await run(folder, [
      '--recipe',
      'mobilenet_v2/retrained-int4',
      '--in_graph',
      'small_mobilenet_v2_eval.pb',
      '--out_graph',
      'out.pb',
    ]);
    expect(code).toBe(0);
    await expectGraph(path.join(folder, 'out.pb'), `${network}/recipe3c_int4.pb.gz`);
  });

  it('a SavedModel by its path and tag, with the variables in its folder; a wrong tag lists those there', async () => {
    const folder = await workshop([network, /^saved_model$|^calibration_set\.npy$/]);
    const given = ['--in_graph', 'saved_model/saved_model.pb', '--out_graph', 'out.pb', '--inputs', 'input'];
    const rest = ['--outputs', 'MobilenetV2/Predictions/Softmax', '--input_shape', '64,64,3', '--transforms', 'fix_input_shape'];
    const done = await run(folder, [...given, '--saved_model_tag', 'serve', ...rest]);
    expect([done.code, done.written]).toEqual([0, ['out.pb']]);
    const wrong = await run(folder, [...given, '--saved_model_tag', 'train', ...rest]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(/saved-model-tag.*serve/s);
  });

  it('QNT59 explain says what stays in float', async () => {
    const folder = await workshop(['micro/layer_nobias__q8', /^in\.pb$/]);
    const { code, out } = await run(folder, ['explain', 'in.pb']);
    expect(code).toBe(0);
    expect(out).toMatch(/net\/c1\/Conv2D[\s\S]*no bias is added/);
  });
});
