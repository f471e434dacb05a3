import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawImage, IMAGE_SIZE, labelOf } from '../../scripts/sample/images.ts';
import { CLASSES } from '../../scripts/sample/shapes.ts';
import { recipeSteps } from '../../worker/engine/recipes.ts';
import { createEngine } from '../../worker/engine.ts';
import { toCsv, toJson } from '../../worker/evaluate/report.ts';
import { openNpy } from '../../worker/formats/npy.ts';
import type { Evaluation, SourceFile } from '../../worker/protocol.ts';
import { spawnHere } from '../unit/compute/spawn.ts';
import { fileOf, npy, png } from '../unit/data/files.ts';
import { spawnDataHere } from '../unit/data/spawn.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const sample = path.join(root, 'public', 'sample');
const IMAGES = 60;

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder = '';

function validate(...args: readonly string[]): Promise<Outcome> {
  const program = path.join(root, 'cli', 'graffitize.mjs');
  return new Promise((resolve) => {
    execFile(process.execPath, [program, 'validate', ...args], { cwd: folder, maxBuffer: 64 << 20 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
    });
  });
}

/** A drawn picture as a PNG file in the folder of its class: `shapes/3_triangle/17.png`. */
function pictures(): SourceFile[] {
  return Array.from({ length: IMAGES }, (_, index) => {
    const pixels = drawImage(2019, 'test', index);
    const label = labelOf(index);
    const file = png([0, 0, 0], IMAGE_SIZE, IMAGE_SIZE, (x, y, channel) => pixels[(y * IMAGE_SIZE + x) * 3 + channel] ?? 0);
    return fileOf(`shapes/${label}_${CLASSES[label]}/${index}.png`, file);
  });
}

/** What of an evaluation does not depend on where and how fast it ran. */
function result(json: string): unknown {
  const { ms: _, backend: __, ...rest } = JSON.parse(json) as Evaluation;
  return rest;
}

describe('graffitize validate', () => {
  const graph = 'shapes_mnv1_frozen.pb';
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'graffitize-validate-'));
    for (const name of [graph, 'calibration_set.npy']) await cp(path.join(sample, name), path.join(folder, name));
    for (const { path: name = '', blob } of pictures()) {
      await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
      await writeFile(path.join(folder, name), new Uint8Array(await blob.arrayBuffer()));
    }
    await writeFile(path.join(folder, 'shapes', '3_triangle', 'broken.png'), 'no picture');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('EVA1 gives the numbers of the engine, to the last image, for a network and the result of its recipe', async () => {
    const { code, out, err } = await validate(
      '--in_graph',
      graph,
      '--recipe',
      'mobilenet_v1/int8',
      '--data',
      'shapes',
      '--no_check',
      '--json',
    );
    expect(err).toBe('');
    expect(code).toBe(0);
    const engine = createEngine({ spawn: spawnHere, spawnData: spawnDataHere, cores: 1, backend: 'wasm' });
    try {
      const files = [graph, 'calibration_set.npy'].map(async (name) => fileOf(name, await readFile(path.join(sample, name))));
      const document = await engine.open(await Promise.all(files));
      const found = document.network?.interface;
      if (found === undefined) throw new Error('The sample was not recognised.');
      await engine.run({ interface: found, steps: recipeSteps('static-int8') });
      const data = await engine.openData({ files: [...pictures(), fileOf('shapes/3_triangle/broken.png', 'no picture')] });
      const evaluation = await engine.validate({
        networks: [
          { kind: 'stage', stage: 0, title: graph },
          { kind: 'stage', stage: (await engine.stages()).length - 1, title: 'mobilenet_v1/int8' },
        ],
        images: data.images,
      });
      expect(evaluation).toMatchObject({ images: IMAGES, leftOut: { count: 1 } });
      expect(result(out)).toEqual(result(toJson(evaluation)));
      const again = await validate(
        '--in_graph',
        graph,
        '--recipe',
        'mobilenet_v1/int8',
        '--data',
        'shapes',
        '--no_check',
        '--csv',
        'out.csv',
        '-b',
        '7',
      );
      expect(await readFile(path.join(folder, 'out.csv'), 'utf8')).toBe(toCsv(evaluation));
      expect(again.out).toContain('1 image could not be read:\n  3_triangle/broken.png: ');
      expect(again.out).toMatch(/mobilenet_v1\/int8 less shapes_mnv1_frozen\.pb: −\d+\.\d\d points of top-1/);
    } finally {
      await engine.dispose();
    }
  });

  it("EVA23 takes the original's arguments, and appends a line per network", async () => {
    const model = ['--model_dir', '.', '--data_dir', 'shapes', '--image_size', '32', '-b', '16', '--deterministic'];
    const first = await validate(...model, '--append', 'pretrained_results.txt', '--confusion', 'confusion.csv');
    await validate(...model, '--append', 'pretrained_results.txt', '--limit', '20');
    expect(first.code).toBe(0);
    const lines = (await readFile(path.join(folder, 'pretrained_results.txt'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^shapes_mnv1_frozen\.pb: top-1 \d+\.\d\d %, top-5 \d+\.\d\d % \(60 images, /);
    expect(lines[1]).toContain('(20 images, ');
    const matrix = (await readFile(path.join(folder, 'confusion.csv'), 'utf8')).trimEnd().split('\n');
    expect(matrix).toHaveLength(11);
    expect(matrix[0]).toBe(`${graph},${CLASSES.map((name, label) => `${label}_${name}`).join(',')}`);
  });

  it('EVA23 makes a calibration set where the original does, as gen-calib-set makes it', async () => {
    await mkdir(path.join(folder, 'model'));
    await cp(path.join(folder, graph), path.join(folder, 'model', graph));
    const done = await validate('--model_dir', 'model', '--data_dir', 'shapes', '--gen_calib_set', '--calib_set_size', '5', '--no_check');
    expect(done.err).not.toContain('error');
    expect(done.out).toContain('5 images 32×32×3');
    const made = await openNpy(fileOf('calibration_set.npy', await readFile(path.join(folder, 'model', 'calibration_set.npy'))));
    expect(made.shape).toEqual([5, 32, 32, 3]);
  });

  it('EVA3 compares two files, also at outputs that are named', async () => {
    const logits = ['--outputs', 'MobilenetV1/Logits/SpatialSqueeze'];
    const done = await validate(
      '--in_graph',
      graph,
      '--against',
      path.join(sample, 'shapes_mnv1_eval.pb'),
      '--data',
      'shapes',
      '--no_check',
      ...logits,
    );
    expect(done.err).not.toContain('error');
    expect(done.out).toContain('the same answer: 60 of 60 images');
    expect(done.out).toContain('loss of logits');
    expect(done.out).not.toContain('changed its answer');
  });

  it('EVA15 compares without labels, and prints no rates then', async () => {
    const done = await validate('--in_graph', graph, '--against', graph, '--data', 'shapes', '--labels', 'none', '--no_check');
    expect(done.code).toBe(0);
    expect(done.out).toMatch(/^network +output$/m);
    expect(done.out).toMatch(/^MobilenetV1\/Predictions\/Softmax +Infinity +1\.000000/m);
    expect(done.out).not.toContain('top-1');
  });

  it('LBL8 takes labels from a table, and says how many images it leaves out', async () => {
    await writeFile(path.join(folder, 'labels.csv'), 'file,label\n0_circle/0.png,0\n4_cross/4.png,3\n');
    const { code, err, out } = await validate('--in_graph', graph, '--no_check', '--data', 'shapes', '--labels', 'labels.csv', '--json');
    const { networks, images } = JSON.parse(out) as Evaluation;
    expect(code).toBe(0);
    expect(err).toMatch(/^warning: .*59.* \[LBL8\]/m);
    expect(images).toBe(2);
    expect(networks[0]?.classes.map(({ label, count }) => [label, count])).toEqual([
      [0, 1],
      [3, 1],
    ]);
  });

  it('says what is wrong before a run, with exit code 1', async () => {
    await writeFile(path.join(folder, 'unlabelled.npy'), npy('uint8', [2, 32, 32, 3], new Uint8Array(2 * 32 * 32 * 3)));
    const base = ['--in_graph', graph, '--no_check'];
    const cases: readonly (readonly [args: readonly string[], message: RegExp])[] = [
      [base, /option-invalid.*--data is required/],
      [[...base, '--data', 'nowhere'], /file-missing.*'nowhere' does not exist/],
      [[...base, '--data', 'shapes', '--label_offset', '5'], /label-invalid/],
      [[...base, '--data', 'shapes', '--label_offset', 'x'], /option-invalid.*no label offset/],
      [[...base, '--data', 'unlabelled.npy'], /data-missing.*no labels/],
      [[...base, '--data', 'shapes', '--images', 'resnet'], /option-invalid.*rule for images/],
      [[...base, '--data', 'shapes', '--image_size', '64'], /data-shape/],
      [[...base, '--data', 'shapes', '--outputs', 'nowhere'], /interface-invalid.*nowhere/],
      [[...base, '--data', 'shapes', '--limit', '0'], /option-invalid.*--limit/],
      [[...base, '--data', 'shapes', '--recipe', 'mobilenet_v1/int8', '--against', graph], /option-invalid.*--against/],
      [['--in_graph', graph, '--data', 'shapes', '--csv', '.'], /file-not-written/],
      [['--in_graph', 'shapes', '--data', 'shapes'], /file-missing.*no graph in the folder/],
    ];
    for (const [args, message] of cases) {
      const { code, err } = await validate(...args);
      expect(err, args.join(' ')).toMatch(message);
      expect(code).toBe(1);
    }
  });
});
