import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openFile } from '../../../cli/fileBlobs.ts';
import { createEngine, type LocalEngine } from '../../../worker/engine.ts';
import { readNpy } from '../../../worker/formats/npy.ts';
import type { SourceFile } from '../../../worker/protocol.ts';
import { describeShared, shared } from '../../shared.ts';
import { spawnThread } from '../../unit/compute/spawn.ts';
import { spawnDataHere } from '../../unit/data/spawn.ts';

const folder = shared('cases', 'imagenet_mobilenet');

async function file(given: string, name: string): Promise<SourceFile> {
  return { name: path.basename(name), path: name, blob: await openFile(given) };
}

describeShared('the calibration set of the photographs', () => {
  let engine: LocalEngine;
  beforeAll(async () => {
    engine = createEngine({ spawn: spawnThread, spawnData: spawnDataHere, cores: 2, backend: 'wasm' });
    await engine.open([await file(shared('models', 'mobilenet_v1_0.25_128', 'frozen_graph.pb'), 'frozen_graph.pb')]);
    // The recorded array holds the first fifty of this list, which are in the order of names.
    const names = Object.keys(JSON.parse(await readFile(path.join(folder, 'images', 'labels.json'), 'utf8'))).slice(0, 50);
    const files = await Promise.all(names.map((name) => file(path.join(folder, 'images', name), `images/${name}`)));
    await engine.openData({ files });
  });
  afterAll(() => engine.dispose());

  it('CSET6 the first fifty by name, by the preset of the recognised network, are the array that TensorFlow made, to the last bit', async () => {
    const set = await engine.makeCalibrationSet({ images: { name: 'inception' }, first: true });
    const made = readNpy(new Uint8Array(await set.array.blob.arrayBuffer()), set.array.name);
    const recorded = readNpy(await readFile(path.join(folder, 'calibration_set.npy')), 'calibration_set.npy');
    expect(made.shape).toEqual(recorded.shape);
    expect(Buffer.compare(made.bytes, recorded.bytes)).toBe(0);
    expect(set.leftOut.count).toBe(0);
  });
});
