import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { SpawnCompute } from '../../../../worker/compute/port.ts';
import type { LocalEngine } from '../../../../worker/engine.ts';
import { GraffitistError } from '../../../../worker/errors.ts';
import type { TrainingView } from '../../../../worker/protocol.ts';
import { spawnHere } from '../../compute/spawn.ts';
import { dataSet, MemoryFiles, type SampleOptions, sampleEngine, trainRequest } from './sample.ts';
import { newest, stepOf, trainTo } from './stored.ts';

const STEPS = 6;

let engine: LocalEngine | null = null;
// TensorFlow.js has one backend per thread: whoever had it gives it back.
const opened = async (options: Partial<SampleOptions> = {}): Promise<LocalEngine> => {
  await engine?.dispose();
  engine = await sampleEngine({ spawn: spawnHere, ...options });
  return engine;
};
afterEach(async () => {
  await engine?.dispose();
  engine = null;
});

const errorOf = async (work: Promise<unknown>): Promise<GraffitistError> => {
  const error = await work.then(
    () => new Error('nothing went wrong'),
    (reason: unknown) => reason,
  );
  if (error instanceof GraffitistError) return error;
  throw error;
};

/** The state after six steps of a run that nothing interrupted. */
let whole: Uint8Array;
beforeAll(async () => {
  const runFiles = new MemoryFiles();
  await trainTo(await opened({ runFiles }), STEPS);
  whole = newest(runFiles).state;
}, 120_000);

describe('a run that is stored', () => {
  it('TRN27 paused, found by a new engine and gone on with, ends in the same bytes', async () => {
    const runFiles = new MemoryFiles();
    const first = await opened({ runFiles });
    await trainTo(first, 2);
    const before = (await first.training()) as TrainingView;
    expect(before).toMatchObject({ state: 'paused', step: 2, storedAt: 2, warnings: [] });
    const second = await opened({ runFiles });
    const found = (await second.restoreTraining()) as TrainingView;
    expect({ ...found, msPerStep: null }).toEqual({ ...before, msPerStep: null });
    await trainTo(second, STEPS, 'resume');
    expect(newest(runFiles).state).toEqual(whole);
    expect((await second.training())?.records.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('TRN27 in two generations: where the newer one is damaged, the one before it is taken', async () => {
    const runFiles = new MemoryFiles();
    const first = await opened({ runFiles });
    await trainTo(first, 3);
    await trainTo(first, 4, 'resume');
    expect([...runFiles.files.values()].map(stepOf).sort()).toEqual([3, 4]);
    const { name, bytes } = newest(runFiles);
    runFiles.files.set(
      name,
      bytes.map((byte, i) => (i === bytes.length >> 1 ? byte ^ 1 : byte)),
    );
    const second = await opened({ runFiles });
    expect((await second.restoreTraining())?.step).toBe(3);
    await trainTo(second, STEPS, 'resume');
    expect(newest(runFiles).state).toEqual(whole);
  });

  it('TRN27 cut off while it was written: the one before it is taken; both: there is none', async () => {
    const runFiles = new MemoryFiles();
    const first = await opened({ runFiles });
    await trainTo(first, 1);
    await trainTo(first, 2, 'resume');
    const { name, bytes } = newest(runFiles);
    runFiles.files.set(name, bytes.slice(0, -9));
    expect((await (await opened({ runFiles })).restoreTraining())?.step).toBe(1);
    const last = await opened({ runFiles });
    expect(await last.unreadableTraining()).toBeNull();
    for (const key of runFiles.files.keys()) runFiles.files.set(key, bytes.slice(0, -5));
    expect(await last.restoreTraining()).toBeNull();
  });

  it('TRN33 nothing of it that can be read is told with the cause, and the run begins anew', async () => {
    const runFiles = new MemoryFiles();
    const first = await opened({ runFiles });
    expect(await first.unreadableTraining()).toBeNull();
    await trainTo(first, 1);
    await trainTo(first, 2, 'resume');
    const whole = newest(runFiles).bytes;
    const faults: (string | undefined)[] = [];
    // Cut off, and the version of another format.
    for (const bytes of [whole.slice(0, -9), whole.map((byte, i) => (i === 5 ? byte + 1 : byte))]) {
      for (const key of runFiles.files.keys()) runFiles.files.set(key, bytes);
      const found = await (await opened({ runFiles })).unreadableTraining();
      faults.push(found?.cause);
      expect(found?.code).toBe('training-state');
    }
    expect(faults).toEqual([
      expect.stringMatching(/^What is stored of a training run of this document cannot be read: Its checksum is wrong/),
      expect.stringMatching(/cannot be read: This is no stored run of this version\.$/),
    ]);
    const second = await opened({ runFiles });
    await trainTo(second, 1);
    expect(await second.unreadableTraining()).toBeNull();
    expect(stepOf(newest(runFiles).bytes)).toBe(1);
  });

  it('TRN27 full storage is told, and the run goes on; once there is room it is stored again', async () => {
    const runFiles = new MemoryFiles();
    const trained = await opened({ runFiles });
    runFiles.full = true;
    await trainTo(trained, 3);
    const view = (await trained.training()) as TrainingView;
    expect(view).toMatchObject({ step: 3, storedAt: null });
    expect(view.warnings).toEqual([expect.objectContaining({ rule: 'TRN27', text: expect.stringContaining('The disk is full') })]);
    runFiles.full = false;
    await trainTo(trained, STEPS, 'resume');
    expect(await trained.training()).toMatchObject({ storedAt: STEPS, warnings: [] });
    expect(newest(runFiles).state).toEqual(whole);
  });

  it('TRN27 one writer per document: a second one is refused until the first lets go', async () => {
    const locks = new Set<string>();
    const other = new MemoryFiles(locks);
    const first = await opened({ runFiles: new MemoryFiles(locks) });
    await trainTo(first, 1);
    const [id = ''] = locks;
    expect(await other.lock(id)).toBeNull();
    await first.dispose();
    expect(locks.size).toBe(0);
    locks.add(id);
    const third = await opened({ runFiles: other });
    expect(await errorOf(third.train(trainRequest()))).toMatchObject({ code: 'training-state' });
    expect(await third.training()).toBeNull();
    locks.delete(id);
    await trainTo(third, 1);
    expect([...locks]).toEqual([id]);
  });

  it('TRN27 is no run of other images, and none of other weights or thresholds', async () => {
    const runFiles = new MemoryFiles();
    await trainTo(await opened({ runFiles }), 1);
    const other = await opened({ runFiles, data: dataSet(undefined, 39) });
    expect(await errorOf(other.restoreTraining())).toMatchObject({ code: 'training-state', about: expect.stringContaining('39 images') });
    expect(await other.training()).toBeNull();
    await other.openData(dataSet());
    expect((await other.restoreTraining())?.step).toBe(1);
    const recalibrated = await opened({ runFiles, calibrated: 3 });
    expect((await errorOf(recalibrated.restoreTraining())).message).toMatch(/other weights or thresholds/);
  });

  it('TRN27 discarded, or cancelled, nothing of it is left', async () => {
    const runFiles = new MemoryFiles();
    const trained = await opened({ runFiles });
    await trainTo(trained, 1);
    await trained.discardTraining();
    expect([await trained.training(), await trained.restoreTraining(), runFiles.files.size]).toEqual([null, null, 0]);
    const controller = new AbortController();
    const job = { signal: controller.signal, onProgress: ({ done }: { done: number }) => void (done === 2 && controller.abort()) };
    expect((await errorOf(trained.train(trainRequest(), job))).code).toBe('cancelled');
    expect([await trained.training(), await trained.restoreTraining(), runFiles.files.size]).toEqual([null, null, 0]);
  });
});

/** Workers that die at some calls of a kind, counted over all of them from 1 on. */
function mortal(call: string, deaths: readonly number[]): SpawnCompute {
  let calls = 0;
  return () => {
    const worker = spawnHere();
    let fail = (_cause: string): void => undefined;
    const { port } = worker;
    return {
      ...worker,
      onFailure: (listener) => {
        fail = listener;
      },
      port: {
        addEventListener: (type, listener) => port.addEventListener(type, listener),
        removeEventListener: (type, listener) => port.removeEventListener(type, listener),
        start: () => port.start?.(),
        postMessage: (message, transfer) => {
          if ((message as { readonly name?: string }).name === call && deaths.includes(++calls)) fail('it ran out of memory');
          else port.postMessage(message, transfer);
        },
      },
    };
  };
}

describe('workers that die', () => {
  it('TRN28 in a step: it is done again on new ones, and the numbers are the same', async () => {
    const runFiles = new MemoryFiles();
    await trainTo(await opened({ runFiles, spawn: mortal('trainPasses', [2, 5]) }), STEPS);
    expect(newest(runFiles).state).toEqual(whole);
  });

  it('TRN28 in a validation as well', async () => {
    const runFiles = new MemoryFiles();
    await trainTo(await opened({ runFiles, spawn: mortal('evaluate', [1, 4]) }), STEPS);
    expect(newest(runFiles).state).toEqual(whole);
  });

  it('TRN28 twice in a row: the run waits, stored, and can go on', async () => {
    const runFiles = new MemoryFiles();
    const trained = await opened({ runFiles, spawn: mortal('trainPasses', [3, 4]) });
    expect((await errorOf(trainTo(trained, STEPS))).code).toBe('worker-failed');
    expect(await trained.training()).toMatchObject({ state: 'paused', step: 2, storedAt: 2 });
    await trainTo(trained, STEPS, 'resume');
    expect(newest(runFiles).state).toEqual(whole);
  });
});
