import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MessageChannel } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openFile, withFiles, withPaths } from '../../cli/fileBlobs.ts';
import { engineEnd, threadEnd } from '../../cli/threadPort.ts';
import type { ComputePort } from '../../worker/compute/port.ts';

let folder = '';
let file = '';
const bytes = new Uint8Array(100_000).map((_, i) => i * 31);
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'blobs-'));
  file = path.join(folder, 'data.bin');
  await writeFile(file, bytes);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const contents = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

it('a file is a Blob whose bytes are read on demand', async () => {
  const blob = await openFile(file);
  expect(blob.size).toBe(bytes.length);
  expect(await contents(blob.slice(70_000, 70_010))).toEqual(bytes.slice(70_000, 70_010));
  // What nobody has read yet is what the disk holds now: nothing was kept.
  await writeFile(file, new Uint8Array(10));
  await expect(contents(blob)).rejects.toThrow();
  await writeFile(file, bytes);
});

it('a file that is not there, and a pipe', async () => {
  await expect(openFile(path.join(folder, 'nothing'))).rejects.toThrow(/ENOENT/);
  const pipe = path.join(folder, 'pipe');
  expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
  const writing = writeFile(pipe, bytes.slice(0, 500));
  const blob = await openFile(pipe);
  await writing;
  expect(await contents(blob)).toEqual(bytes.slice(0, 500));
});

it('files reach a thread, in messages that keep their order', async () => {
  const { port1, port2 } = new MessageChannel();
  const received: unknown[] = [];
  const thread = threadEnd(port2 as unknown as ComputePort);
  const all = new Promise<void>((resolve) => {
    thread.addEventListener('message', ({ data }) => {
      received.push(data);
      if (received.length === 3) resolve();
    });
  });
  thread.start?.();
  const engine = engineEnd(port1 as unknown as ComputePort);
  const values = new Float32Array([1, 2]);
  const inMemory = new Blob(['abc']);
  engine.postMessage(
    { id: 1, args: { files: [{ name: 'x', blob: await openFile(file) }], tensors: new Map([['w', values]]), inMemory } },
    [],
  );
  engine.postMessage('second', []);
  engine.postMessage({ id: 3 }, []);
  await all;
  port1.close();
  const [first, ...others] = received as [{ args: { files: { name: string; blob: Blob }[]; tensors: unknown; inMemory: Blob } }];
  expect(others).toEqual(['second', { id: 3 }]);
  expect(first.args.tensors).toEqual(new Map([['w', values]]));
  expect(await first.args.inMemory.text()).toBe('abc');
  expect(await contents(first.args.files[0]?.blob ?? new Blob())).toEqual(bytes);
});

it('parts of files reach a thread, parts of parts too', async () => {
  const blob = await openFile(file);
  const message = withPaths({ parts: [blob.slice(10, 50), blob.slice(100, 200).slice(20, -30), blob.slice(-5), blob.slice(50, 10)] });
  expect(message).toEqual({
    parts: [
      { fileOnDisk: file, from: 10, to: 50 },
      { fileOnDisk: file, from: 120, to: 170 },
      { fileOnDisk: file, from: bytes.length - 5, to: bytes.length },
      { fileOnDisk: file, from: 50, to: 50 },
    ],
  });
  const { parts } = (await withFiles(message)) as { parts: Blob[] };
  expect(await contents(parts[1] ?? new Blob())).toEqual(bytes.slice(120, 170));
  expect(await contents(parts[2] ?? new Blob())).toEqual(bytes.slice(-5));
  expect(parts[3]?.size).toBe(0);
});

it('a file that has gone cannot be read in the thread either', async () => {
  const { gone } = (await withFiles({ gone: { fileOnDisk: path.join(folder, 'nothing'), from: 0, to: 3 } })) as { gone: Blob };
  await expect(gone.arrayBuffer()).rejects.toMatchObject({ name: 'NotReadableError' });
  await expect(gone.slice(0, 1).arrayBuffer()).rejects.toMatchObject({ name: 'NotReadableError' });
});
