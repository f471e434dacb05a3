import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import type { Engine, SourceFile } from '../../../worker/protocol.ts';
import { connectEngine, serveEngine } from '../../../worker/rpc.ts';
import { spawnHere } from '../compute/spawn.ts';
import { fileOf, npy, npz, png } from '../data/files.ts';
import { spawnDataHere } from '../data/spawn.ts';

const graph = (name = 'shapes_mnv1_frozen.pb'): SourceFile => ({
  name,
  blob: new Blob([readFileSync(fileURLToPath(new URL('../../../public/sample/shapes_mnv1_frozen.pb', import.meta.url)))]),
});
const folders = (count: number) => Array.from({ length: count }, (_, i) => fileOf(`set/class${i}/${i}.png`, png([i, 0, 0])));

let local: LocalEngine;
let engine: Engine;
let stop: () => void;
let close: () => void;
beforeAll(() => {
  local = createEngine({ spawn: spawnHere, spawnData: spawnDataHere, cores: 1, backend: 'reference' });
  const { port1, port2 } = new MessageChannel();
  stop = serveEngine(port2, local);
  engine = connectEngine(port1).engine;
  close = () => port1.close();
});
afterAll(async () => {
  stop();
  close();
  await local.dispose();
});

describe('DAT1: openData, behind a port as in the page', () => {
  it('without a network, then with one that has classes for the folders', async () => {
    expect(await engine.openData({ files: folders(3) })).toMatchObject({
      count: 3,
      images: { name: 'signed' },
      labels: { rule: { kind: 'folders' }, classes: 3 },
    });
    await engine.open([graph()]);
    const summary = await engine.openData({ files: folders(3) });
    expect(summary.images).toEqual({ name: 'inception' });
    expect(summary.warnings).toMatchObject([{ rule: 'LBL3' }]);
    expect(await engine.thumbnail(2, 8)).toMatchObject({ name: 'class2/2.png', label: 2, width: 2, height: 2 });
  });

  it('LBL7: labels are held against the outputs of the open network', async () => {
    const { outputs } = (await engine.openData({ files: folders(2), labels: { kind: 'folders' } })).warnings.map(({ text }) => ({
      outputs: Number(/network has (\d+)/.exec(text)?.[1]),
    }))[0] ?? { outputs: 0 };
    expect(outputs).toBeGreaterThan(2);
    await expect(engine.openData({ files: folders(outputs + 1), labels: { kind: 'folders' } })).rejects.toMatchObject({
      code: 'label-invalid',
    });
    // What was open stays.
    expect((await engine.thumbnail(1, 8)).name).toBe('class1/1.png');
  });

  it('DAT1: a set is described beside the open one', async () => {
    await engine.openData({ files: folders(2), labels: { kind: 'folders' } });
    expect(await engine.describeData({ files: folders(5) })).toMatchObject({ count: 5, labels: { rule: { kind: 'folders' } } });
    await expect(engine.describeData({ files: [fileOf('x.npz', new Uint8Array(4))] })).rejects.toHaveProperty('code');
    expect((await engine.thumbnail(1, 8)).name).toBe('class1/1.png');
    await expect(engine.thumbnail(2, 8)).rejects.toMatchObject({ code: 'data-missing' });
  });

  it('PRP7: arrays of the size of the input are bytes that were cropped', async () => {
    const files = [fileOf('x.npz', npz({ images: npy('uint8', [1, 32, 32, 3], new Uint8Array(3072)), labels: npy('uint8', [1], [1]) }))];
    expect(await engine.openData({ files })).toMatchObject({ kind: 'arrays', images: { name: 'signed' }, shape: [32, 32, 3] });
  });

  it('closes', async () => {
    await engine.closeData();
    await expect(engine.thumbnail(0, 8)).rejects.toMatchObject({ code: 'data-missing' });
  });

  it('is cancelled', async () => {
    const controller = new AbortController();
    controller.abort();
    await expect(local.openData({ files: folders(2) }, { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });
});
