import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFile } from '../../cli/fileBlobs.ts';
import { spawnThread } from '../../cli/spawnThread.ts';
import type { SourceFile } from '../../worker/protocol.ts';
import { npy, npz, png, shard } from '../unit/data/files.ts';
import { allBatches, sessionFor } from '../unit/data/session.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
let folder = '';
beforeAll(async () => {
  expect(spawnSync(process.execPath, [path.join(root, 'scripts', 'build.mjs'), 'cli']).status).toBe(0);
  folder = await mkdtemp(path.join(tmpdir(), 'data-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const spawn = () => spawnThread(pathToFileURL(path.join(root, 'dist', 'cli', 'dataWorker.js')), {});
const pictures = [0, 1, 2, 3, 4].map((red) => png([red, 7, 9]));
const options = { rule: { name: 'bytes' }, shape: [2, 2, 3], size: 2 } as const;

async function onDisk(name: string, bytes: Uint8Array): Promise<SourceFile> {
  await writeFile(path.join(folder, name), bytes);
  return { name, path: name, blob: await openFile(path.join(folder, name)) };
}

describe('DAT8: decode workers as threads read files of the disk', () => {
  it.each([
    ['pictures', () => Promise.all(pictures.map((bytes, i) => onDisk(`${i}.png`, bytes)))],
    [
      'an archive, packed',
      async () => [await onDisk('a.zip', zipSync(Object.fromEntries(pictures.map((bytes, i) => [`${i}.png`, bytes]))))],
    ],
    [
      'an archive, stored',
      async () => [await onDisk('b.zip', zipSync(Object.fromEntries(pictures.map((bytes, i) => [`${i}.png`, bytes])), { level: 0 }))],
    ],
    ['records', async () => [await onDisk('a.tfrecord', shard(pictures.map((encoded) => ({ encoded }))))]],
    [
      'an array',
      async () => [
        await onDisk(
          'x.npy',
          npy(
            'uint8',
            [5, 2, 2, 3],
            Uint8Array.from({ length: 60 }, (_, i) => [Math.floor(i / 12), 7, 9][i % 3] ?? 0),
          ),
        ),
      ],
    ],
    [
      'an array in an archive',
      async () => [
        await onDisk(
          'x.npz',
          npz({
            images: npy(
              'uint8',
              [5, 2, 2, 3],
              Uint8Array.from({ length: 60 }, (_, i) => [Math.floor(i / 12), 7, 9][i % 3] ?? 0),
            ),
          }),
        ),
      ],
    ],
  ] as const)('%s', async (_, files) => {
    const session = sessionFor({}, { spawn, cores: 2 });
    await session.open({ files: await files(), labels: { kind: 'none' } });
    const batches = await allBatches(session, options);
    session.dispose();
    expect(batches.map(({ images }) => images)).toEqual([[0, 1], [2, 3], [4]]);
    expect(batches.flatMap(({ values }) => [...values])).toEqual(
      [0, 1, 2, 3, 4].flatMap((red) => [red, 7, 9, red, 7, 9, red, 7, 9, red, 7, 9]),
    );
  });

  it('a file that has gone is left out and named', async () => {
    const files = await Promise.all(pictures.map((bytes, i) => onDisk(`gone${i}.png`, bytes)));
    await rm(path.join(folder, 'gone1.png'));
    const session = sessionFor({}, { spawn, cores: 1 });
    await session.open({ files, labels: { kind: 'none' } });
    const batches = await allBatches(session, { ...options, size: 5 });
    session.dispose();
    expect(batches).toMatchObject([{ images: [0, 2, 3, 4], leftOut: [{ name: 'gone1.png', error: { code: 'file-missing' } }] }]);
  });

  it('a thread that dies ends the run with an error', async () => {
    const dying = () => spawnThread(pathToFileURL(path.join(folder, 'nothing.js')), {});
    const session = sessionFor({}, { spawn: dying, cores: 1 });
    await session.open({ files: [await onDisk('one.png', png([1, 2, 3]))] });
    await expect(allBatches(session, options)).rejects.toMatchObject({ code: 'worker-failed' });
    session.dispose();
  });
});
