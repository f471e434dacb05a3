import { describe, expect, it } from 'vitest';
import type { SpawnCompute, SpawnedWorker } from '../../../worker/compute/port.ts';
import { fileOf, npy, png } from './files.ts';
import { allBatches, sessionFor } from './session.ts';
import { spawnDataHere } from './spawn.ts';

const pictures = (count: number) => Array.from({ length: count }, (_, i) => fileOf(`d/${String(i).padStart(3, '0')}.png`, png([i, 0, 0])));
const options = { rule: { name: 'bytes' }, shape: [2, 2, 3] } as const;

describe('DAT8: batches', () => {
  it.each([1, 2, 3])('come in the order of the request, with %i workers', async (cores) => {
    const session = sessionFor({}, { cores });
    await session.open({ files: pictures(50) });
    const images = [49, 0, 7, 7, 3, ...Array.from({ length: 30 }, (_, i) => 40 - i)];
    const batches = await allBatches(session, { ...options, images, size: 12 });
    session.dispose();
    expect(batches.map((batch) => batch.images.length)).toEqual([12, 12, 11]);
    expect(batches.flatMap((batch) => batch.images)).toEqual(images);
    const reds = batches.flatMap(({ values, images: row }) => row.map((_, i) => values[i * 12]));
    expect(reds).toEqual(images);
    expect(batches[0]?.names[0]).toBe('049.png');
    expect(batches[0]?.labels).toEqual(new Int32Array(12).fill(-1));
  });

  it('of rows: those that follow each other and those that do not', async () => {
    const session = sessionFor();
    await session.open({
      files: [
        fileOf(
          'x.npy',
          npy(
            'uint8',
            [9, 2, 2, 3],
            Uint8Array.from({ length: 108 }, (_, i) => i),
          ),
        ),
      ],
    });
    const images = [3, 4, 5, 1, 0, 8];
    const batches = await allBatches(session, { ...options, images, size: 4 });
    session.dispose();
    expect(batches.flatMap(({ values, images: row }) => row.map((_, i) => values[i * 12]))).toEqual(images.map((image) => image * 12));
  });

  it('DAT7: what cannot be read is named and left out, wherever it stands', async () => {
    const files = pictures(20).map((file, i) => (i % 9 === 0 ? { ...file, blob: new Blob(['not a picture']) } : file));
    const session = sessionFor();
    await session.open({ files });
    const batches = await allBatches(session, { ...options, size: 10 });
    session.dispose();
    expect(batches.map(({ images }) => images)).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8],
      [10, 11, 12, 13, 14, 15, 16, 17, 19],
    ]);
    expect(batches.flatMap(({ leftOut }) => leftOut.map(({ name, error }) => [name, error.code]))).toEqual([
      ['000.png', 'image-unreadable'],
      ['009.png', 'image-unreadable'],
      ['018.png', 'image-unreadable'],
    ]);
    for (const { values, images } of batches) expect(images.map((_, i) => values[i * 12])).toEqual([...images]);
  });

  it('a batch of nothing but unreadable files still names them', async () => {
    const session = sessionFor();
    await session.open({ files: [fileOf('a.png', 'x'), fileOf('b.png', 'y')] });
    const [batch, ...more] = await allBatches(session, { ...options, size: 8 });
    session.dispose();
    expect(batch).toMatchObject({ images: [], leftOut: [{ name: 'a.png' }, { name: 'b.png' }] });
    expect(batch?.values).toHaveLength(0);
    expect(more).toEqual([]);
  });

  it('are made a few ahead and no more', async () => {
    const counting = counted();
    const session = sessionFor({}, { spawn: counting.spawn, cores: 1 });
    await session.open({ files: pictures(200) });
    for await (const batch of session.batches(await session.opened(), { ...options, size: 8 })) {
      expect(batch.images[0]).toBe(0);
      await new Promise((resolve) => setTimeout(resolve, 30));
      // One is in hand; two workers' worth and one are under way at most.
      expect(counting.calls()).toBeLessThanOrEqual(4);
      break;
    }
    session.dispose();
  });

  it('are cancelled between images', async () => {
    const session = sessionFor();
    await session.open({ files: pictures(100) });
    const controller = new AbortController();
    const reading = (async () => {
      for await (const batch of session.batches(await session.opened(), { ...options, size: 4, signal: controller.signal })) {
        expect(batch.images).toHaveLength(4);
        controller.abort();
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    // Nothing hangs: the same workers go on.
    expect(await allBatches(session, { ...options, size: 50 })).toHaveLength(2);
    session.dispose();
  });

  it.each([0, -1, 1.5])('of %d images are refused', async (size) => {
    const session = sessionFor();
    await session.open({ files: pictures(2) });
    await expect(allBatches(session, { ...options, size })).rejects.toMatchObject({ code: 'option-invalid' });
    session.dispose();
  });

  it('a rule that the network cannot take ends the run, it does not leave every image out', async () => {
    const session = sessionFor();
    await session.open({ files: pictures(2) });
    await expect(allBatches(session, { ...options, shape: [7], size: 2 })).rejects.toMatchObject({ code: 'data-shape' });
    session.dispose();
  });

  it('a worker that dies ends the run with an error, and the next run starts new ones', async () => {
    const dying = mortal();
    const session = sessionFor({}, { spawn: dying.spawn, cores: 2 });
    await session.open({ files: pictures(60) });
    const reading = (async () => {
      for await (const batch of session.batches(await session.opened(), { ...options, size: 5 })) {
        expect(batch.images).toHaveLength(5);
        dying.kill('out of memory');
      }
    })();
    await expect(reading).rejects.toMatchObject({ code: 'worker-failed', message: expect.stringContaining('out of memory') });
    expect(await allBatches(session, { ...options, size: 30 })).toHaveLength(2);
    expect(dying.started()).toBe(4);
    session.dispose();
  });

  it('an engine without decode workers says so', async () => {
    const { createDataSession } = await import('../../../worker/engine/dataSession.ts');
    const session = createDataSession({ spawn: undefined, cores: 1, network: () => null });
    await session.open({ files: pictures(1) });
    await expect(allBatches(session, { ...options, size: 1 })).rejects.toMatchObject({ code: 'internal' });
  });
});

/** Counts calls of `read`. */
function counted(): { readonly spawn: SpawnCompute; calls(): number } {
  let calls = 0;
  const spawn: SpawnCompute = () => {
    const worker = spawnDataHere();
    const postMessage = (message: unknown, transfer: Transferable[]): void => {
      if ((message as { kind: string }).kind === 'call') calls++;
      worker.port.postMessage(message, transfer);
    };
    return { ...worker, port: { ...worker.port, postMessage } };
  };
  return { spawn, calls: () => calls };
}

/** Workers of which the first can be made to fail. */
function mortal(): { readonly spawn: SpawnCompute; kill(cause: string): void; started(): number } {
  const listeners: ((cause: string) => void)[] = [];
  let started = 0;
  const spawn = (): SpawnedWorker => {
    started++;
    return { ...spawnDataHere(), onFailure: (listener) => listeners.push(listener) };
  };
  return { spawn, kill: (cause) => listeners[0]?.(cause), started: () => started };
}
