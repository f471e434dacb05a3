import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Engine, GraffitistError, type JobOptions, type JobProgress } from '../../../worker/protocol.ts';
import { connectEngine, type EngineConnection, type Port, serveEngine } from '../../../worker/rpc.ts';

/** Only what a test calls; the rest of the interface is not reached. */
function engineWith(methods: Partial<Engine>): Engine {
  return methods as Engine;
}

const progress = (done: number, phase: JobProgress['phase'] = 'calibrate'): JobProgress => ({
  phase,
  done,
  total: 10,
  etaMs: null,
  layer: null,
  bytes: null,
});

describe('engine over a MessageChannel', () => {
  let channel: MessageChannel;
  let stop: () => void = () => {};
  beforeEach(() => {
    channel = new MessageChannel();
  });
  afterEach(() => {
    stop();
    channel.port1.close();
    channel.port2.close();
  });
  const connect = (methods: Partial<Engine>): EngineConnection => {
    stop = serveEngine(channel.port1 as Port, engineWith(methods));
    return connectEngine(channel.port2 as Port);
  };

  it('passes arguments, blobs and results', async () => {
    const { engine } = connect({
      async search(stage, text, limit) {
        return [{ node: `${stage}/${text}`, op: String(limit) }];
      },
      async restore(blob) {
        expect(await blob.text()).toBe('kept');
      },
    });
    expect(await engine.search(2, 'conv', 5)).toEqual([{ node: '2/conv', op: '5' }]);
    await engine.restore(new Blob(['kept']));
  });

  it('keeps answers apart when they come out of order', async () => {
    const release: (() => void)[] = [];
    const { engine } = connect({
      async search(_stage, text) {
        await new Promise<void>((resolve) => release.push(resolve));
        return [{ node: text, op: '' }];
      },
    });
    const first = engine.search(0, 'a', 1);
    const second = engine.search(0, 'b', 1);
    while (release.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    release[1]?.();
    expect(await second).toEqual([{ node: 'b', op: '' }]);
    release[0]?.();
    expect(await first).toEqual([{ node: 'a', op: '' }]);
  });

  it('rebuilds typed errors with what they are about and the way out', async () => {
    const { engine } = connect({
      async inspect() {
        throw new GraffitistError('node-missing', 'No such node.', { about: 'x', remedy: 'Search for it.' });
      },
      async stages() {
        throw new TypeError('broken');
      },
    });
    const typed = await engine.inspect(0, 'x').catch((error: unknown) => error);
    expect(typed).toBeInstanceOf(GraffitistError);
    expect(typed).toMatchObject({ code: 'node-missing', message: 'No such node.', about: 'x', remedy: 'Search for it.' });
    expect(await engine.stages().catch((error: unknown) => error)).toMatchObject({ code: 'internal', message: 'broken' });
  });

  it('reports progress to the call that asked, first and last of each phase always', async () => {
    const { engine } = connect({
      async calibrate(_files, job?: JobOptions) {
        for (let done = 0; done <= 10; done++) job?.onProgress?.(progress(done, 'load'));
        for (let done = 0; done <= 10; done++) job?.onProgress?.(progress(done));
        throw new GraffitistError('data-missing', 'none');
      },
    });
    const seen: JobProgress[] = [];
    await expect(engine.calibrate(null, { onProgress: (value) => seen.push(value) })).rejects.toThrow('none');
    expect(seen.filter((value) => value.phase === 'load').map((value) => value.done)).toEqual(expect.arrayContaining([0, 10]));
    expect(seen.at(-1)).toEqual(progress(10));
  });

  it('cancels the call and no other', async () => {
    const { engine } = connect({
      async compareOutputs(images, job) {
        await new Promise<void>((resolve, reject) => {
          if (images === 1) setTimeout(resolve, 20);
          job?.signal?.addEventListener('abort', () => reject(new GraffitistError('cancelled', 'cancelled')));
        });
        return { images, rows: [], agreement: 1, largestDifference: 0 };
      },
    });
    const controller = new AbortController();
    const cancelled = engine.compareOutputs(9, { signal: controller.signal }).catch((error: unknown) => error);
    const other = engine.compareOutputs(1, { signal: new AbortController().signal });
    controller.abort();
    expect(await cancelled).toMatchObject({ code: 'cancelled' });
    expect(await other).toMatchObject({ images: 1 });
    await expect(engine.compareOutputs(2, { signal: controller.signal })).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('ends open and later calls when the worker is gone', async () => {
    const { engine, close } = connect({ stages: () => new Promise(() => {}) });
    const open = engine.stages();
    close({ code: 'internal', cause: 'The worker stopped.' });
    await expect(open).rejects.toThrow('The worker stopped.');
    await expect(engine.stages()).rejects.toThrow('The worker stopped.');
  });
});
