import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FILES } from '../../../scripts/sample/files.ts';
import { drawImages } from '../../../scripts/sample/images.ts';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import type { DataWarning } from '../../../worker/protocol.ts';
import { random } from '../../../worker/random.ts';
import { spawnHere } from '../compute/spawn.ts';
import { fileOf, npy, npz, png } from '../data/files.ts';
import { spawnDataHere } from '../data/spawn.ts';
import { committedFile } from '../sample/committed.ts';

const IMAGES = 24;
const { pixels, labels } = drawImages(2019, 'test', 0, IMAGES);
const rules = (warnings: readonly DataWarning[]): string[] => warnings.map(({ rule }) => rule);

function dataSet(given: ArrayLike<number> | null) {
  const images = npy('uint8', [IMAGES, 32, 32, 3], pixels);
  return { files: [fileOf('set.npz', npz(given === null ? { images } : { images, labels: npy('uint8', [IMAGES], given) }))] };
}

describe('a look at images by the engine', () => {
  let engine: LocalEngine;
  beforeAll(() => {
    engine = createEngine({ spawn: spawnHere, spawnData: spawnDataHere, cores: 1, backend: 'wasm' });
  });
  afterAll(() => engine.dispose());

  it('CHK1 without a network values are looked at alone: pictures of other sizes where none is resized, and copies', async () => {
    const pictures = [png([1, 2, 3], 4, 4, (x, y) => 9 * x + y), png([0, 0, 0], 4, 4, (x, y) => 9 * x + y), png([5, 5, 5], 6, 4)];
    await engine.openData({ files: pictures.map((bytes, image) => fileOf(`set/${image}.png`, bytes)) });
    const warnings = await engine.checkData({ name: 'none', size: [4, 4] });
    expect(warnings.map(({ rule, text }) => [rule, text])).toEqual([
      ['CHK1', expect.stringMatching(/^Of 3 images that were looked at 1 cannot be read, 2\.png among them: /)],
      ['CHK1', 'Of 2 images that were looked at 1 is there twice: 0.png and 1.png.'],
    ]);
  });

  it('CHK7 labels that belong to other images are no better than guessing, which is told once', async () => {
    await engine.open([fileOf(FILES.frozen, committedFile(FILES.frozen))]);
    const { below } = random(5, 'labels');
    await engine.openData(dataSet(Array.from(labels, (label) => (label + 2 + below(7)) % 10)));
    const [warning, ...others] = await engine.checkData({ name: 'signed' });
    expect([warning?.rule, others]).toEqual(['CHK7', []]);
    expect(warning?.remedy).toMatch(/^Look at the labels/);
    await engine.openData(dataSet(labels));
    expect(await engine.checkData({ name: 'signed' })).toEqual([]);
  });

  it('CHK3 one class is told before the network is asked', async () => {
    await engine.openData(dataSet(new Uint8Array(IMAGES).fill(4)));
    expect(rules(await engine.checkData({ name: 'signed' }))).toContain('CHK3');
  });

  it('CHK4 a network that cannot be run is told, and what can be seen without it', async () => {
    await engine.open([fileOf(FILES.inference, committedFile(FILES.inference))]);
    await engine.openData(dataSet(new Uint8Array(IMAGES).fill(4)));
    expect(rules(await engine.checkData({ name: 'signed' }))).toEqual(['CHK3', 'CHK4']);
  });

  it('CHK6 a graph for training is asked by its moving statistics', async () => {
    const names = [FILES.training, FILES.index, FILES.data];
    await engine.open(names.map((name) => fileOf(name, committedFile(name))));
    await engine.openData(dataSet(labels));
    expect(await engine.checkData({ name: 'signed' })).toEqual([]);
    expect(rules(await engine.checkData({ name: 'bytes' }))).not.toEqual([]);
  });

  it('CHK1 ends when it is cancelled', async () => {
    await engine.openData(dataSet(null));
    const stop = new AbortController();
    stop.abort();
    await expect(engine.checkData({ name: 'signed' }, { signal: stop.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
