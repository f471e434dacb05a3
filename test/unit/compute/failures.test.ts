import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { calibrate } from '../../../worker/calibrate/calibrate.ts';
import type { CalibrationData } from '../../../worker/calibrate/feeds.ts';
import { callClient, serveCalls, Transferred } from '../../../worker/compute/channel.ts';
import { ComputePool, together, workersFor } from '../../../worker/compute/pool.ts';
import type { ComputePort, SpawnedWorker } from '../../../worker/compute/port.ts';
import { GraffitistError } from '../../../worker/errors.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { GraphEditor } from '../../../worker/graph/graph.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { memoryVariables } from '../../../worker/graph/variables.ts';
import type { JobProgress } from '../../../worker/protocol.ts';
import { freezeThresholds } from '../../../worker/quantize/freezeThresholds.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { branchedNet, imagesFile, npyOf, quantized, RunningNet } from './nets.ts';
import { spawnHere, spawnThread } from './spawn.ts';

async function errorOf(work: Promise<unknown>): Promise<GraffitistError> {
  const error = await work.then(
    () => new Error('nothing went wrong'),
    (reason: unknown) => reason,
  );
  if (error instanceof GraffitistError) return error;
  throw error;
}

/** For errors that must come before any worker is started. */
const noPool = { pool: () => Promise.reject(new Error('workers were started')) };

describe('CAL10: said before any work', () => {
  const model = () => quantized(branchedNet());
  const refused = async (data: CalibrationData, of: Model = model()) => errorOf(calibrate(of, data, noPool));

  it('no images', async () => {
    expect(await refused(await imagesFile(0))).toMatchObject({ code: 'data-missing', about: 'calibration_set.npy' });
    expect((await refused(await npyOf(makeTensor('float32', [], [1])))).code).toBe('data-missing');
  });

  it('images of another shape, both shapes named', async () => {
    const error = await refused(await imagesFile(2, 1, 'float32', [16, 16, 3]));
    expect(error.code).toBe('data-shape');
    expect(error.message).toBe('The images are 16×16×3 and the network takes 8×8×3.');
    expect((await refused(await imagesFile(2, 1, 'float32', [8, 8]))).code).toBe('data-shape');
    expect((await refused(await imagesFile(8, 1, 'float32', [8, 3]))).remedy).toBe('A single image needs a first dimension of 1.');
  });

  it('variables without value, all of them', async () => {
    const of = { ...model(), variables: memoryVariables(new Map()) };
    const error = await refused(await imagesFile(2), of);
    expect(error.code).toBe('variable-missing');
    expect(error.message).toContain('12 variables have no value: ');
    expect(error.message).toContain('net/a/weights, ');
    expect(error.message).not.toContain('threshold');
  });

  it('an input that gets no data', async () => {
    const net = new RunningNet();
    net.node('other', 'Placeholder', [], { dtype: { kind: 'type', value: 'float32' }, shape: { kind: 'shape', value: [-1, 8, 8, 3] } });
    const sum = net.node('net/sum', 'Add', ['input', 'other']);
    const of = quantized({ ...net.model(net.conv('net/a', sum, 3, 2)), inputs: ['input', 'other'] });
    expect(await refused(await imagesFile(2), of)).toMatchObject({
      code: 'input-unfed',
      about: 'input',
      message: expect.stringContaining("no data is named after 'input', 'other'"),
    });
  });

  it('an op that cannot run', async () => {
    const of = model();
    const editor = new GraphEditor(of.graph);
    editor.replace(of.graph.node('net/pool/MaxPool').with({ op: 'SomethingElse' }));
    expect(await refused(await imagesFile(2), { ...of, graph: editor.graph() })).toMatchObject({
      code: 'op-unsupported',
      about: 'net/pool/MaxPool',
    });
  });

  it('thresholds that are constants, and a graph without quantizers', async () => {
    const of = model();
    const log2 = new Map(of.graph.nodes.filter(({ op }) => op === 'VariableV2').map(({ name }) => [name, 0]));
    expect((await refused(await imagesFile(2), { ...of, graph: freezeThresholds(of.graph, log2) })).code).toBe('option-invalid');
    expect((await refused(await imagesFile(2), branchedNet())).code).toBe('data-missing');
  });
});

describe('a calibration that ends early', () => {
  let pool: ComputePool;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnThread, backend: 'wasm', workers: 2 });
  });
  afterAll(() => pool.dispose());

  it('CAL3: names the tensor that is not finite', async () => {
    const images = await imagesFile(3);
    const tensor = await images.npy.rows(0, 3);
    const values = Float32Array.from(tensorNumbers(tensor));
    values[100] = Number.NaN;
    const error = await errorOf(
      calibrate(quantized(branchedNet()), await npyOf(makeTensor('float32', tensor.shape, values)), { pool: async () => pool }),
    );
    expect(error).toMatchObject({ code: 'data-not-finite', about: 'input' });
  });

  it('CAL11: cancels, leaves the model as it was, and the workers as they were', async () => {
    const model = quantized(branchedNet());
    const before = [...model.graph.nodes];
    const data = await imagesFile(40);
    const controller = new AbortController();
    const seen: JobProgress[] = [];
    const onProgress = (progress: JobProgress) => {
      seen.push(progress);
      if (progress.done === 5) controller.abort();
    };
    const error = await errorOf(calibrate(model, data, { pool: async () => pool, job: { onProgress, signal: controller.signal } }));
    expect(error.code).toBe('cancelled');
    expect(Math.max(...seen.map(({ done }) => done))).toBe(5);
    expect(seen.every(({ total }) => total === readQuantizers(model.graph).length)).toBe(true);
    expect(model.graph.nodes).toEqual(before);
    expect(pool.broken).toBe(false);
    const { thresholds } = await calibrate(model, data, { pool: async () => pool });
    expect(thresholds.size).toBeGreaterThan(10);
  });

  it('is not begun when it is cancelled already', async () => {
    const signal = AbortSignal.abort();
    const error = await errorOf(calibrate(quantized(branchedNet()), await imagesFile(2), { pool: async () => pool, job: { signal } }));
    expect(error.code).toBe('cancelled');
  });

  it('CAL11: tells of a worker that died, and the next pool works', async () => {
    const workers: SpawnedWorker[] = [];
    const doomed = await ComputePool.start({
      backend: 'wasm',
      workers: 2,
      spawn: () => {
        const worker = spawnThread();
        workers.push(worker);
        return worker;
      },
    });
    const data = await imagesFile(40);
    const onProgress = ({ done }: JobProgress) => {
      // A message that no worker can read ends the thread, as running out of memory would.
      if (done === 5) workers[1]?.port.postMessage(null, []);
    };
    const error = await errorOf(calibrate(quantized(branchedNet()), data, { pool: async () => doomed, job: { onProgress } }));
    expect(error.code).toBe('worker-failed');
    expect(doomed.broken).toBe(true);
    expect((await errorOf(calibrate(quantized(branchedNet()), data, { pool: async () => doomed }))).code).toBe('worker-failed');
    doomed.dispose();
    const { thresholds } = await calibrate(quantized(branchedNet()), data, { pool: async () => pool });
    expect(thresholds.size).toBeGreaterThan(10);
  });

  it('a worker that cannot start leaves none running', async () => {
    let ended = 0;
    const spawn = () => ({ ...spawnHere(), terminate: () => void ended++ });
    const error = await errorOf(ComputePool.start({ spawn, backend: 'webgpu', workers: 2 }));
    expect(error.code).toBe('backend-unavailable');
    expect(ended).toBe(2);
  });
});

describe('calls over a channel', () => {
  type Sums = {
    sum: { args: { values: Float64Array }; result: Float64Array };
    wait: { args: null; result: null };
    fail: { args: null; result: null };
  };
  const { port1, port2 } = new MessageChannel();
  const stop = serveCalls<Sums>(port2 as ComputePort, {
    sum: async ({ values }) => new Transferred(values, [values.buffer]),
    wait: (_, { signal }) =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(new GraffitistError('cancelled', 'Cancelled.')))),
    fail: async () => {
      throw new RangeError('too large');
    },
  });
  const client = callClient<Sums>(port1 as ComputePort);
  afterAll(() => {
    stop();
    port1.close();
  });

  it('move buffers both ways', async () => {
    const values = Float64Array.of(1, 2);
    const answer = await client.call('sum', { values }, { transfer: [values.buffer] });
    expect([...answer]).toEqual([1, 2]);
    expect(values.length).toBe(0);
  });

  it('carry errors of either kind, and cancellation', async () => {
    expect(await errorOf(client.call('fail', null))).toMatchObject({ code: 'internal', message: 'too large' });
    const controller = new AbortController();
    const waiting = errorOf(client.call('wait', null, { signal: controller.signal }));
    controller.abort();
    expect((await waiting).code).toBe('cancelled');
    expect((await errorOf(client.call('wait', null, { signal: AbortSignal.abort() }))).code).toBe('cancelled');
    const unclonable = { values: (() => 0) as unknown as Float64Array };
    await expect(client.call('sum', unclonable)).rejects.toThrow();
  });

  it('ENG2 tell what stands behind an error instead of it', async () => {
    const { port1: here, port2: there } = new MessageChannel();
    const lost = new GraffitistError('backend-unavailable', 'The graphics device was lost.');
    const end = serveCalls<Pick<Sums, 'fail'>>(
      there as ComputePort,
      { fail: async () => Promise.reject(new RangeError('unmapped')) },
      async (error) => (error instanceof RangeError ? lost : error),
    );
    const { code, message } = await errorOf(callClient<Pick<Sums, 'fail'>>(here as ComputePort).call('fail', null));
    end();
    here.close();
    expect([code, message]).toEqual([lost.code, lost.message]);
  });

  it('run side by side until one fails, which stops the others', async () => {
    const stopped: string[] = [];
    const work = together<number>([
      async () => 1,
      async () => {
        throw new GraffitistError('data-missing', 'first');
      },
      (signal) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            stopped.push('third');
            reject(new Error('stopped'));
          }),
        ),
    ]);
    expect((await errorOf(work)).message).toBe('first');
    expect(stopped).toEqual(['third']);
  });

  it('one worker serves a GPU, one each core otherwise', () => {
    expect([workersFor('webgpu', 8), workersFor('wasm', 8), workersFor('wasm', 0)]).toEqual([1, 8, 1]);
  });
});
