import { execFile, spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../scripts/sample/files.ts';
import { drawImages, labelOf } from '../../scripts/sample/images.ts';
import { SEED } from '../../scripts/sample/plan.ts';
import { CLASSES } from '../../scripts/sample/shapes.ts';
import { openGraph } from '../../worker/graph/graphFile.ts';
import type { TrainReport } from '../../worker/protocol.ts';
import { readQuantizers } from '../../worker/quantize/readQuantizers.ts';
import { npy, npz, png } from '../unit/data/files.ts';
import { spoiledGraph } from '../unit/engine/train/frozenSample.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const program = path.join(root, 'cli', 'graffitize.mjs');
const sample = path.join(root, 'public', 'sample');
const IMAGES = 40;

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder = '';

function train(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'train', ...args], { cwd: folder, maxBuffer: 64 << 20 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
}

/** Sends SIGINT when standard error has said `text`. */
function trainUntil(text: string, ...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program, 'train', ...args], { cwd: folder });
    const said = { out: '', err: '' };
    let asked = false;
    child.stdout.on('data', (data) => {
      said.out += data;
    });
    child.stderr.on('data', (data) => {
      said.err += data;
      if (!asked && said.err.includes(text)) {
        asked = true;
        child.kill('SIGINT');
      }
    });
    child.on('close', (code) => resolve({ code: code ?? -1, ...said }));
  });
}

/** A short run on the sample network: ten images a step, validated after every one. */
const RUN = ['--meta_path', FILES.training, '--data_dir', 'shapes.npz', '--images', 'signed', '-b_t', '10', '--steps', '4', '--no_check'];
const WATCHED = ['--validation_interval', '1', '--val_images', '8', '--store_every', '1'];

const read = async (...names: readonly string[]) => new Uint8Array(await readFile(path.join(folder, ...names)));

/** Everything in a folder of results but the report, which holds times. */
async function results(name: string): Promise<Record<string, string>> {
  const names = (await readdir(path.join(folder, name))).filter((file) => !file.endsWith('_training.json')).sort();
  const files = names.map(async (file) => [file, Buffer.from(await read(name, file)).toString('base64')] as const);
  return Object.fromEntries(await Promise.all(files));
}

describe('graffitize train', () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'graffitize-train-'));
    for (const name of [FILES.training, FILES.index, FILES.data, FILES.state, FILES.calibration, FILES.frozen]) {
      await cp(path.join(sample, name), path.join(folder, name));
    }
    const { pixels, labels } = drawImages(SEED, 'train', 0, IMAGES);
    const images = npy('uint8', [IMAGES, 32, 32, 3], pixels);
    await writeFile(path.join(folder, 'shapes.npz'), npz({ images, labels: npy('uint8', [IMAGES], labels) }));
    await writeFile(path.join(folder, 'unlabelled.npy'), images);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('TRC1 TRC6 trains by the words of the original and of the schema, and writes graph, checkpoint, frozen graph, recipe, report', async () => {
    const { code, out, err } = await train(...RUN, ...WATCHED, '--out_dir', 'whole', '--log', 'log.csv');
    expect(err).toMatch(/4 steps of 10 images; 32 to train on, 8 to validate; 35 weights of 22,890 numbers and 39 thresholds; float top-1/);
    expect(err).toMatch(/step 4 of 4: top-1 \d+\.\d\d % {2}loss \d\.\d{4} {2}\d+ of 39 thresholds moved/);
    expect(code).toBe(0);
    expect(out).toMatch(/^calibrated +8 +\d+\.\d\d %/m);
    expect(out).toMatch(/^retrained.* +8 +\d+\.\d\d %/m);
    expect(out).toContain('d, the change of ceil(log2 t)');
    expect((await readdir(path.join(folder, 'whole'))).sort()).toEqual([
      'checkpoint',
      'shapes_mnv1_graffitist.ckpt.data-00000-of-00001',
      'shapes_mnv1_graffitist.ckpt.index',
      'shapes_mnv1_graffitist.ckpt.meta',
      'shapes_mnv1_recipe.json',
      'shapes_mnv1_retrained.pb',
      'shapes_mnv1_retrained_frozen.pb',
      'shapes_mnv1_training.json',
    ]);
    const graph = openGraph(await read('whole', 'shapes_mnv1_retrained_frozen.pb'), 'frozen');
    expect(graph.nodes.filter(({ op }) => op === 'LinearQuant').length).toBeGreaterThan(39);
    expect(graph.nodes.filter(({ op }) => /Variable|BatchNorm/.test(op))).toEqual([]);
    const report = JSON.parse(new TextDecoder().decode(await read('whole', 'shapes_mnv1_training.json'))) as TrainReport;
    expect(report).toMatchObject({ steps: 4, options: { batchSize: 10, steps: 4 }, images: { training: 32, validation: 8 } });
  });

  it('TRC9 logs loss, rates and thresholds of every step, and the score where one was validated', async () => {
    const [head = '', ...lines] = (await readFile(path.join(folder, 'log.csv'), 'utf8')).trimEnd().split('\n');
    expect(head.split(',').slice(0, 7)).toEqual(['step', 'loss', 'regularization', 'weight_rate', 'threshold_rate', 'ms', 'score']);
    expect(head.split(',')).toHaveLength(7 + 39);
    expect(lines.map((line) => line.split(',')[0])).toEqual(['1', '2', '3', '4']);
    for (const line of lines) expect(line.split(',').every((cell) => cell !== '' && Number.isFinite(Number(cell)))).toBe(true);
  });

  it('TRC7 TRC8 pauses by Ctrl-C and goes on from the folder alone, from wherever: the same bytes, the same log', async () => {
    const paused = await trainUntil('step 2 of 4', ...RUN, ...WATCHED, '--out_dir', 'halves', '--log', 'halves.csv');
    expect(paused.err).toMatch(/paused at step [23] of 4; go on with\n {2}graffitize train --resume --out_dir halves/);
    expect(paused).toMatchObject({ code: 130, out: '' });
    expect(await readdir(path.join(folder, 'halves'))).toEqual(['run']);
    expect(await train(...RUN, ...WATCHED, '--out_dir', 'halves')).toMatchObject({
      code: 1,
      err: expect.stringContaining("[training-state] --out_dir: A run waits in 'halves'. --resume goes on with it"),
    });
    expect((await train('--resume', '--out_dir', 'halves', '--steps', '5')).err).toMatch(
      /\[option-invalid\] --steps: The run that goes on/,
    );
    const again = await train('--resume', '--out_dir', path.join(folder, 'halves'));
    expect(again.err).toMatch(/from step [34] on: 4 steps|from step [23] on: 4 steps/);
    expect(again.code).toBe(0);
    expect(await results('halves')).toEqual(await results('whole'));
    const untimed = async (name: string) =>
      (await readFile(path.join(folder, name), 'utf8')).split('\n').map((line) => line.split(',').filter((_, column) => column !== 5));
    expect(await untimed('halves.csv')).toEqual(await untimed('log.csv'));
  });

  it('TRC10 a recipe that was written trains the same again', async () => {
    const recipe = ['--recipe', 'whole/shapes_mnv1_recipe.json', '--no_check', '--out_dir', 'again'];
    const { err, code } = await train('--in_graph', FILES.training, '--data', 'shapes.npz', ...recipe);
    expect(err).not.toContain('TRC10');
    expect(code).toBe(0);
    expect(await results('again')).toEqual(await results('whole'));
  });

  it('TRC4 TRC5 thaws a frozen graph, trains it towards its own outputs, and makes the calibration set that is not there', async () => {
    await mkdir(path.join(folder, 'alone'));
    await cp(path.join(sample, FILES.frozen), path.join(folder, 'alone', FILES.frozen));
    const graph = ['--in_graph', `alone/${FILES.frozen}`, '--data', 'unlabelled.npy', '--images', 'signed'];
    const refused = await train(...graph, '--steps', '2');
    expect(refused.err).toContain(
      "[data-missing] --data: The images have no labels to train by. Give labels with --labels, or train towards the float network's own outputs with --targets distillation.",
    );
    const few = ['--targets', 'distillation', '--steps', '2', '--batch_size', '8', '--calib_set_size', '10', '--no_check', '--json'];
    const { out, err, code } = await train(...graph, ...few, '--quantize', 'weight_bits=-4', '--out_dir', 'distilled');
    expect(err).toBe('');
    expect(code).toBe(0);
    const report = JSON.parse(out) as { readonly training: TrainReport; readonly run: { readonly steps: { transform: string }[] } };
    expect(report.run.steps.map(({ transform }) => transform)[0]).toBe('thaw_graph');
    expect(report).toMatchObject({ document: { calibration: { count: 10 } } });
    expect(report.training).toMatchObject({ score: 'agreement', accuracy: { float: null }, options: { targets: 'distillation' } });
    const bits = report.training.thresholds.filter(({ variable }) => /Mul_fold_weight_quant/.test(variable)).map(({ bits }) => bits);
    expect(new Set(bits)).toEqual(new Set([4, 8]));
  });

  const FROZEN = ['--data', 'shapes.npz', '--images', 'signed', '--batch_size', '10', '--val_data', 'shapes.npz', '--no_check'];

  it('TRN32 TRC1 measures statistics that were spoiled anew, by its name alone, and says so', async () => {
    await writeFile(path.join(folder, 'spoiled.pb'), spoiledGraph());
    const run = [...FROZEN, '--in_graph', 'spoiled.pb', '--steps', '4', '--validation_interval', '4', '--threshold_rate', '1e-2'];
    const { out, err, code } = await train(...run, '--reestimate_statistics', '--statistics_images', '30', '--out_dir', 'measured');
    expect(code).toBe(0);
    expect(out).toMatch(/^calibrated +40 +10\.00 %/m);
    expect(err).toMatch(/^(Before the first step|What helps beside training):\n1\. .*\[ROAD\d\]$/m);
    expect(err).not.toContain('ROAD6');
    expect(out).toMatch(/^statistics measured +40 +[2-9]\d\.\d\d %/m);
    expect(out).toMatch(/^retrained.* +40 +[5-9]\d\.\d\d %/m);
    expect(out).toMatch(/^statistics of 11 batch norms measured on 30 images before the first step/m);
    const again = ['--recipe', 'measured/spoiled_recipe.json', '--val_data', 'shapes.npz', '--out_dir', 'measured_again'];
    const repeated = await train('--in_graph', 'spoiled.pb', '--data', 'shapes.npz', '--images', 'signed', '--no_check', ...again);
    expect(repeated.err).not.toContain('TRC10');
    expect(await results('measured_again')).toEqual(await results('measured'));
  });

  it('TRN20 trains the thresholds of a frozen graph that is not thawed', async () => {
    const transforms = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];
    const run = [...FROZEN, '--in_graph', FILES.frozen, '--steps', '4', '--mode', 'thresholds'];
    const { out, err, code } = await train(...run, '--out_dir', 'thresholds', '--transforms', ...transforms, 'quantize(is_training=True)');
    expect(err).toMatch(/4 steps of 10 images; 40 to train on, 40 to validate; 3\d thresholds; /);
    expect(code).toBe(0);
    expect(out).toMatch(/^retrained/m);
    const graph = openGraph(await read('thresholds', 'shapes_mnv1_frozen_retrained.pb'), 'retrained');
    const variables = graph.nodes.filter(({ op }) => /Variable/.test(op)).map(({ name }) => name);
    expect(variables.filter((name) => !name.endsWith('threshold'))).toEqual([]);
    expect((await train(...run, '--reestimate_statistics', '--transforms', ...transforms, 'quantize(is_training=True)')).err).toContain(
      '[option-invalid] reestimateStatistics: No batch norm of this graph has fixed statistics that are variables of its own.',
    );
  });

  it('TRC1 refuses what is no value, before any work', async () => {
    const about = async (...args: readonly string[]) => (await train(...RUN, ...args)).err.split('\n')[0];
    expect(await about('--weight_rate', 'fast')).toMatch(/^error \[option-invalid\] --weight_rate: 'fast' cannot be taken: /);
    expect(await about('--mode', 'all')).toMatch(/^error \[option-invalid\] --mode: 'all' cannot be taken: /);
    expect(await about('--preset', 'long')).toMatch(/^error \[option-invalid\] --preset: 'long' is no preset/);
    expect(await about('--val_images', '0')).toMatch(/^error \[option-invalid\] --val_images: '0' is no whole number/);
    expect(await about('--no_quantize', '--mode', 'tqt')).toMatch(/^error \[option-invalid\] --mode: Without quantizers/);
    expect(await about('--resume', '--out_dir', 'nowhere')).toMatch(/^error \[training-state\] --resume: No run waits in 'nowhere'/);
    expect(await about('--out_dir', '.')).toMatch(
      /^error \[option-invalid\] --out_dir: The results would lie among what they are made from/,
    );
  });

  it('TRC6 results that nobody named are not written over', async () => {
    await mkdir(path.join(folder, 'shapes_mnv1_trained'));
    await writeFile(path.join(folder, 'shapes_mnv1_trained', 'mine.txt'), 'mine');
    expect((await train(...RUN)).err).toMatch(/^error \[file-not-written\] .*There are results in 'shapes_mnv1_trained' already/);
    await writeFile(path.join(folder, 'occupied'), '');
    expect((await train(...RUN, '--out_dir', 'occupied')).err).toMatch(/^error \[file-not-written\] 'occupied\/run' cannot be written/);
  });

  it('TRN28 leaves out images that cannot be read, and says so', async () => {
    const { pixels } = drawImages(SEED, 'train', IMAGES, IMAGES);
    for (let image = 0; image < IMAGES; image++) {
      const label = labelOf(image);
      const place = path.join(folder, 'pictures', `${label}_${CLASSES[label]}`);
      const at = (x: number, y: number, channel: number) => pixels[((image * 32 + y) * 32 + x) * 3 + channel] ?? 0;
      await mkdir(place, { recursive: true });
      await writeFile(path.join(place, `${image}.png`), png([0, 0, 0], 32, 32, at));
    }
    await writeFile(path.join(folder, 'pictures', '3_triangle', 'broken.png'), png([0, 0, 0], 32, 32).subarray(0, 60));
    const few = ['--images', 'signed', '--epochs', '1', '--batch_size', '20', '--val_data', 'shapes.npz', '--no_check'];
    const { code, out } = await train('--in_graph', FILES.training, '--data', 'pictures', ...few, '--out_dir', 'left_out');
    expect(code).toBe(0);
    expect(out).toMatch(/warning: 1 image cannot be read and is left out \(.*broken\.png\)\. \[TRN28\]/);
  });

  it('npm run demo:train: static quantization at two widths, retrained, judged on other pictures than it was trained on', async () => {
    const done = await new Promise<Outcome>((resolve) => {
      const args = [program, 'demo', '--train', '--steps', '2', '--test', '200', '--out', 'demo'];
      execFile(process.execPath, args, { cwd: folder, maxBuffer: 64 << 20 }, (error, out, err) =>
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err }),
      );
    });
    expect(done.code).toBe(0);
    const share = (name: string) => Number(new RegExp(`^${name} +(\\d+\\.\\d\\d) %`, 'm').exec(done.out)?.[1]);
    expect(share('float')).toBeGreaterThan(90);
    expect(share('static INT8')).toBeLessThan(30);
    expect(share('retrained INT8')).toBeGreaterThan(0);
    expect(share('static INT4, depthwise 8')).toBeLessThan(30);
    expect(share('retrained INT4, depthwise 8')).toBeGreaterThan(0);
    expect(done.out).toContain('200 test pictures; 2 steps of 24 on 4,800 other pictures each.');
    const frozen = openGraph(await read('demo', 'int4', 'shapes_mnv1_retrained_frozen.pb'), 'frozen');
    const quantizers = readQuantizers(frozen).map(({ name, bits }) => [name, bits] as const);
    expect(quantizers.filter(([name]) => /depthwise.*weight_quant/.test(name)).map(([, bits]) => bits)).toEqual([8, 8, 8, 8, 8]);
    expect(quantizers.filter(([name]) => /pointwise.*weight_quant/.test(name)).map(([, bits]) => bits)).toEqual([4, 4, 4, 4, 4]);
  });
});
