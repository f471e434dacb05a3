import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LocalEngine } from '../../../../worker/engine.ts';
import type { TrainingView } from '../../../../worker/protocol.ts';
import { fakeGpu } from '../../compute/fakeGpu.ts';
import { spawnHere } from '../../compute/spawn.ts';
import { MemoryFiles, RECIPE_3A, type SampleOptions, sampleEngine } from './sample.ts';
import { newest, trainTo } from './stored.ts';

const STEPS = 6;

let engine: LocalEngine | null = null;
// TensorFlow.js has one backend per thread: whoever had it gives it back.
const opened = async (options: Partial<SampleOptions> = {}): Promise<LocalEngine> => {
  await engine?.dispose();
  engine = await sampleEngine({ spawn: spawnHere, backend: 'webgpu', ...options });
  return engine;
};
afterEach(async () => {
  await engine?.dispose();
  engine = null;
});

/** The state after six steps of a run that nothing interrupted. */
let whole: Uint8Array;
beforeAll(async () => {
  const runFiles = new MemoryFiles();
  await trainTo(await opened({ runFiles, backend: 'wasm' }), STEPS);
  whole = newest(runFiles).state;
}, 120_000);

describe('a graphics device that is lost while a network is trained', () => {
  it('TRN28 in a step, more than once: each is done again on a new device, with the same numbers', async () => {
    const spawn = fakeGpu({ call: 'trainPasses', losses: [2, 5] });
    const runFiles = new MemoryFiles();
    const trained = await opened({ runFiles, spawn });
    await trainTo(trained, STEPS);
    expect(newest(runFiles).state).toEqual(whole);
    expect(spawn.started).toEqual(['webgpu', 'webgpu', 'webgpu']);
    expect(await trained.training()).toMatchObject({ setup: { backend: 'WebGPU · fake' }, warnings: [] });
  });

  it('TRN28 in a validation as well', async () => {
    const runFiles = new MemoryFiles();
    await trainTo(await opened({ runFiles, spawn: fakeGpu({ call: 'evaluate', losses: [1, 4] }) }), STEPS);
    expect(newest(runFiles).state).toEqual(whole);
  });

  it('TRN28 twice in a row: the run waits, stored, says why, and goes on where another backend is chosen', async () => {
    const runFiles = new MemoryFiles();
    const trained = await opened({ runFiles, spawn: fakeGpu({ call: 'trainPasses', losses: [3, 4] }) });
    await expect(trainTo(trained, STEPS)).rejects.toMatchObject({
      code: 'backend-unavailable',
      message: 'The graphics device was lost: it was reset.',
    });
    expect(await trained.training()).toMatchObject({ state: 'paused', step: 2, storedAt: 2 });
    await trained.useBackend('wasm');
    await trainTo(trained, STEPS, 'resume');
    expect(newest(runFiles).state).toEqual(whole);
    expect((await trained.training())?.setup.backend).toBe('WebGPU · fake, from step 3 on wasm');
  });

  it('TRN28, ENG1 where there is no other device the run goes on on wasm from the step at hand and says so, after a restart too', async () => {
    const runFiles = new MemoryFiles();
    const spawn = fakeGpu({ call: 'trainPasses', losses: [3], devices: 1 });
    const trained = await opened({ runFiles, spawn });
    await trainTo(trained, 4);
    expect(spawn.started).toEqual(['webgpu', 'webgpu', 'webgpu', 'wasm']);
    expect((await trained.backends()).find(({ inUse }) => inUse)?.name).toBe('wasm');
    const said = {
      setup: { backend: 'WebGPU · fake, from step 3 on wasm' },
      warnings: [
        expect.objectContaining({
          rule: 'TRN28',
          text: expect.stringMatching(/^From step 3 on the run is on wasm, no longer on WebGPU · fake/),
        }),
      ],
    };
    expect(await trained.training()).toMatchObject(said);
    const next = await opened({ runFiles, backend: 'wasm' });
    expect((await next.restoreTraining()) as TrainingView).toMatchObject(said);
    await trainTo(next, STEPS, 'resume');
    expect(newest(runFiles).state).toEqual(whole);
    expect(await next.training()).toMatchObject(said);
  });
});

describe('a graphics device that is lost in another job', () => {
  const networks = [{ kind: 'stage', stage: 0 }] as const;
  const request = { networks, images: { name: 'signed' } } as const;

  it('ENG2 evaluation is done again on a new device, and those after it go on there', async () => {
    const expected = await (await opened({ backend: 'wasm' })).validate(request);
    const spawn = fakeGpu({ call: 'evaluate', losses: [1] });
    const evaluating = await opened({ spawn });
    for (const _ of [1, 2]) {
      const found = await evaluating.validate(request);
      expect({ ...found, ms: 0, backend: '' }).toEqual({ ...expected, ms: 0, backend: '' });
      expect(found.backend).toBe('WebGPU · fake');
    }
    expect(spawn.started).toEqual(['webgpu', 'webgpu']);
  });

  it('ENG2 so is calibration; twice in a row it ends with the reason, and the next one starts on a new device', async () => {
    const expected = await (await opened({ backend: 'wasm' })).quantizers(4);
    // The first calibration is the one that opens the sample.
    const spawn = fakeGpu({ call: 'settle', losses: [2] });
    const calibrating = await opened({ spawn });
    expect(await calibrating.quantizers(4)).toEqual(expected);
    expect(spawn.started).toEqual(['webgpu', 'webgpu']);
    spawn.lose([3, 5]);
    const { steps } = await calibrating.run(RECIPE_3A);
    expect(steps.at(-1)?.error).toMatchObject({ code: 'backend-unavailable', cause: 'The graphics device was lost: it was reset.' });
    expect((await calibrating.run(RECIPE_3A)).steps.at(-1)?.error).toBeUndefined();
    expect(await calibrating.quantizers(4)).toEqual(expected);
    expect(spawn.started).toHaveLength(4);
  });

  it('ENG1 without another device on wasm', async () => {
    const spawn = fakeGpu({ call: 'settle', losses: [2], devices: 1 });
    const calibrating = await opened({ spawn });
    expect(spawn.started).toEqual(['webgpu', 'webgpu', 'webgpu', 'wasm']);
    expect((await calibrating.backends()).find(({ inUse }) => inUse)?.name).toBe('wasm');
  });
});
