import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { drawImage, IMAGE_SIZE, labelOf } from '../../scripts/sample/images.ts';
import { createEngine } from '../../worker/engine.ts';
import type { SourceFile } from '../../worker/protocol.ts';
import { spawnHere } from '../unit/compute/spawn.ts';
import { fileOf, png } from '../unit/data/files.ts';
import { spawnDataHere } from '../unit/data/spawn.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const sample = path.join(root, 'public', 'sample');
const GRAPH = 'shapes_mnv1_frozen.pb';

interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

let folder = '';

function graffitize(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [path.join(root, 'cli', 'graffitize.mjs'), ...args],
      { cwd: folder, maxBuffer: 64 << 20 },
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err });
      },
    );
  });
}
const gen = (...args: readonly string[]) => graffitize('gen-calib-set', ...args);

/** Forty drawn pictures in folders of their classes, one of them cut off. */
const pictures: readonly SourceFile[] = Array.from({ length: 40 }, (_, index) => {
  const pixels = drawImage(2019, 'test', index);
  const file = png([0, 0, 0], IMAGE_SIZE, IMAGE_SIZE, (x, y, channel) => pixels[(y * IMAGE_SIZE + x) * 3 + channel] ?? 0);
  return fileOf(`shapes/${labelOf(index)}/${String(index).padStart(2, '0')}.png`, index === 13 ? file.slice(0, 50) : file);
});

const read = (name: string): Promise<Buffer> => readFile(path.join(folder, name));
const exists = (name: string): Promise<boolean> =>
  stat(path.join(folder, name)).then(
    () => true,
    () => false,
  );

describe('graffitize gen-calib-set', () => {
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'gen-calib-set-'));
    await mkdir(path.join(folder, 'model'));
    await cp(path.join(sample, GRAPH), path.join(folder, 'model', GRAPH));
    for (const { path: name = '', blob } of pictures) {
      await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
      await writeFile(path.join(folder, name), new Uint8Array(await blob.arrayBuffer()));
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("CSET1, CSET11 writes beside the graph, by the original's names of arguments, the bytes that the engine of the page makes", async () => {
    const args = [
      '--model_dir',
      'model',
      '--data_dir',
      'shapes',
      '--calib_set_size',
      '40',
      '--seed',
      '9',
      '--balanced',
      '--preprocessing',
      'signed',
    ];
    const { code, out, err } = await gen(...args);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringContaining('39 images 32×32×3\n  left out: 3/13.png') as string,
    });
    expect(err).toContain('[CSET3]');
    const engine = createEngine({ spawn: spawnHere, spawnData: spawnDataHere, cores: 3, backend: 'wasm' });
    await engine.open([fileOf(GRAPH, await read(`model/${GRAPH}`))]);
    await engine.openData({ files: pictures });
    const set = await engine.makeCalibrationSet({ images: { name: 'signed' }, size: 40, seed: 9, balanced: true });
    await engine.dispose();
    expect(Buffer.compare(Buffer.from(await set.array.blob.arrayBuffer()), await read('model/calibration_set.npy'))).toBe(0);
    expect(await set.list.blob.text()).toBe((await read('model/calibration_set.json')).toString());
  });

  it('CSET11 a set that is there is written over only where it is named, and never a file of the data', async () => {
    const args = ['--in_graph', `model/${GRAPH}`, '--data', 'shapes', '--no_check', '--size', '3'];
    const before = await read('model/calibration_set.npy');
    expect(await gen(...args)).toMatchObject({ code: 1, err: expect.stringContaining('is there already') });
    expect(Buffer.compare(before, await read('model/calibration_set.npy'))).toBe(0);
    expect((await gen(...args, '--out', 'model/calibration_set.npy')).code).toBe(0);
    expect((await read('model/calibration_set.npy')).length).toBe(128 + 3 * 4 * 32 * 32 * 3);
    await cp(path.join(folder, 'model', 'calibration_set.npy'), path.join(folder, 'shapes', 'mine.npy'));
    expect(await gen(...args, '--out', 'shapes/mine.npy')).toMatchObject({ code: 1, err: expect.stringContaining('made from') });
    await rm(path.join(folder, 'shapes', 'mine.npy'));
  });

  it('CSET7 a list makes its set again, and a picture that was changed is named', async () => {
    const args = ['--data', 'shapes', '--image_size', '32', '--images', 'signed'];
    expect((await gen(...args, '--size', '6', '--out', 'one.npy')).code).toBe(0);
    const again = ['--data', 'shapes', '--from_list', 'one.json', '--out', 'again.npy'];
    expect((await gen(...again)).code).toBe(0);
    expect(Buffer.compare(await read('one.npy'), await read('again.npy'))).toBe(0);
    expect(await gen(...again, '--seed', '2')).toMatchObject({ code: 1, err: expect.stringContaining('--seed') });
    const { chosen } = JSON.parse((await read('one.json')).toString());
    const name = path.join('shapes', chosen[2].name);
    const [picture, other] = [await read(name), await read('shapes/0/00.png')];
    await writeFile(path.join(folder, name), Buffer.compare(picture, other) === 0 ? await read('shapes/1/01.png') : other);
    const refused = await gen('--data', 'shapes', '--from_list', 'one.json', '--out', 'changed.npy');
    await writeFile(path.join(folder, name), picture);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining(chosen[2].name) });
    expect(refused.err).toContain('[data-differs]');
    expect(await exists('changed.npy')).toBe(false);
  });

  it('CHK5 a rule that does not fit the network is told before, with the one that does', async () => {
    const args = ['--model_dir', 'model', '--data', 'shapes', '--images', 'bytes', '--size', '2', '--out', 'checked.npy'];
    const { code, err } = await gen(...args);
    expect(code).toBe(0);
    expect(err).toMatch(/warning: .*Take 'signed'\. \[CHK[56]\]/);
    expect((await gen(...args, '--no_check')).err).not.toContain('[CHK');
  });

  it('CSET9, CSET10 a recipe makes its own set of --data; other data is told on standard error', async () => {
    const made = [
      '--data',
      'shapes',
      '--image_size',
      '32',
      '--images',
      'signed',
      '--size',
      '5',
      '--seed',
      '4',
      '--json',
      '--out',
      'pinned.npy',
    ];
    const { sha256, images } = JSON.parse((await gen(...made)).out);
    const steps = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers', 'quantize'];
    const recipe = (hash: string, calibration: object = { images, size: 5, seed: 4, balanced: false }) => ({
      ...{ format: 'graffitist-recipe', version: 1 },
      interface: { inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'], shape: [32, 32, 3] },
      steps: steps.map((transform) => ({ transform })),
      calibration: { name: 'calibration_set.npy', sha256: hash, ...calibration },
    });
    const run = async (content: object, ...more: readonly string[]) => {
      await writeFile(path.join(folder, 'recipe.json'), JSON.stringify(content));
      return graffitize('--recipe', 'recipe.json', '--in_graph', `model/${GRAPH}`, '--out_graph', 'out.pb', '--freeze', ...more);
    };
    const right = await run(recipe(sha256), '--data', 'shapes');
    expect(right).toMatchObject({ code: 0, err: expect.not.stringContaining('CSET9') });
    expect(right.out).toContain('on 5 images');
    const graph = await read('out.pb');
    expect((await run(recipe(sha256), '--calibration', 'pinned.npy')).err).not.toContain('CSET9');
    expect(Buffer.compare(graph, await read('out.pb'))).toBe(0);
    expect((await run(recipe('0'.repeat(64)), '--data', 'shapes')).err).toContain('[CSET9]');
    expect(await run(recipe(sha256, {}), '--data', 'shapes')).toMatchObject({ code: 1, err: expect.stringContaining('--data') });
  });
});
