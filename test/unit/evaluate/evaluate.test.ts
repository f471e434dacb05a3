import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../../worker/compute/pool.ts';
import { withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import { type EvaluateRequest, evaluateNetworks } from '../../../worker/evaluate/evaluate.ts';
import { type OpenNetwork, prepareNetworks } from '../../../worker/evaluate/network.ts';
import { classesOf, outputKind } from '../../../worker/evaluate/outputKind.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { Model } from '../../../worker/graph/model.ts';
import type { JobProgress } from '../../../worker/protocol.ts';
import { quantizedOutputs } from '../../../worker/quantize/quantizedOutputs.ts';
import { thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import { branchedNet, quantized, RunningNet } from '../compute/nets.ts';
import { spawnHere } from '../compute/spawn.ts';
import { type MemoryImages, memoryBatches, valuesOf } from './memoryStream.ts';

const FLOAT = { kind: 'type', value: 'float32' } as const;
const INT = { kind: 'type', value: 'int32' } as const;
const CLASSES = 8;

function constant(net: RunningNet, name: string, values: readonly number[]): string {
  const value = { kind: 'tensor', value: makeTensor('int32', [values.length], values) } as const;
  return net.node(name, 'Const', [], { dtype: INT, value });
}

/** Probabilities of eight classes per image, and the image that they come from. `batch`: the Reshape's first dimension. */
function classifier(batch = -1): Model {
  const net = new RunningNet(3);
  const x = net.relu('net/a', net.conv('net/a', 'input', 3, CLASSES, 3));
  const mean = net.node('net/mean', 'Mean', [x, constant(net, 'net/axes', [1, 2])], { T: FLOAT, keep_dims: { kind: 'bool', value: true } });
  const rows = net.node('net/rows', 'Reshape', [mean, constant(net, 'net/size', [batch, CLASSES])], { T: FLOAT, Tshape: INT });
  return net.model(net.node('net/Softmax', 'Softmax', [rows]), x);
}

function quantizedClassifier(): OpenNetwork {
  const model = quantized(classifier(), { activation_bits: -3, relu_bits: 3, weight_bits: -3 });
  return { title: 'int3', model, thresholds: new Map(thresholdVariables(model.graph).map(({ name }) => [name, 0])) };
}

const open = (title: string, model: Model): OpenNetwork => ({ title, model, thresholds: new Map() });
const IMAGES: MemoryImages = { count: 23, shape: [8, 8, 3], classes: CLASSES };

describe('networks over images', () => {
  let one: ComputePool;
  let three: ComputePool;
  beforeAll(async () => {
    one = await ComputePool.start({ spawn: spawnHere, backend: 'reference', workers: 1 });
    three = await ComputePool.start({ spawn: spawnHere, backend: 'reference', workers: 3 });
  });
  afterAll(() => {
    one.dispose();
    three.dispose();
  });

  const evaluate = (
    networks: readonly OpenNetwork[],
    pool: ComputePool,
    more: Partial<EvaluateRequest & { readonly set: MemoryImages }> = {},
  ) => {
    const set = more.set ?? IMAGES;
    const batches = (size: number, signal: AbortSignal) => memoryBatches(set, { size, signal });
    return evaluateNetworks({
      ...prepareNetworks(networks, set.shape),
      shape: set.shape,
      total: set.count,
      batches,
      batchSize: 4,
      pool,
      ...more,
    });
  };

  it('EVA1 gives the same numbers with one worker and with three, batch by batch or at once', async () => {
    const networks = [open('float', classifier()), quantizedClassifier()];
    const results = [await evaluate(networks, one), await evaluate(networks, three), await evaluate(networks, three, { batchSize: 64 })];
    const [first] = results.map(({ tally }) => ({ networks: tally.networks(), comparison: tally.comparison() }));
    for (const { tally } of results) expect({ networks: tally.networks(), comparison: tally.comparison() }).toEqual(first);
    expect(first?.comparison?.changed.length).toBeGreaterThan(0);
    expect(first?.comparison?.outputs.map(({ output }) => output)).toEqual(['net/Softmax', 'net/a/Relu']);
  });

  it('EVA3, EVA8 agrees with running both graphs image by image, the quantized one at what it delivers', async () => {
    const float = classifier();
    const int = quantizedClassifier();
    const { tally } = await evaluate([open('float', float), int], three);
    const backend = await createBackend('reference');
    const delivered = quantizedOutputs(int.model.graph, int.model.outputs);
    expect([...delivered.keys()]).toEqual(['net/a/Relu']);
    const run = async (model: Model, fetch: string, image: number) => {
      const feeds = new Map([['input', makeTensor('float32', [1, ...IMAGES.shape], valuesOf(IMAGES, image))]]);
      const { graph, variables } = model;
      const found = (await runGraph(graph, { variables, feeds, fetches: [fetch], backend })).get(fetch);
      return found === undefined ? [] : Array.from(tensorNumbers(found));
    };
    const coded = withThresholds(int.model, int.thresholds);
    let [hits, noise, signal] = [[0, 0], 0, 0];
    const changed: number[] = [];
    for (let image = 0; image < IMAGES.count; image++) {
      const answers = [await run(float, 'net/Softmax', image), await run(coded, 'net/Softmax', image)].map((row) =>
        row.indexOf(Math.max(...row)),
      );
      hits = hits.map((count, k) => count + Number(answers[k] === image % CLASSES));
      if (answers[0] !== answers[1]) changed.push(image);
      const x = await run(float, 'net/a/Relu', image);
      const y = await run(coded, delivered.get('net/a/Relu') ?? '', image);
      x.forEach((value, k) => {
        signal += value * value;
        noise += (value - (y[k] ?? 0)) ** 2;
      });
    }
    expect(tally.networks().map(({ top1 }) => top1?.hits)).toEqual(hits);
    expect(tally.comparison()?.changed.map(({ image }) => image)).toEqual(changed);
    expect(tally.comparison()?.outputs[1]?.sqnrDb).toBeCloseTo(10 * Math.log10(signal / noise), 9);
    expect(tally.networks()[0]?.scored).toEqual({ output: 'net/Softmax', classes: CLASSES, loss: 'probabilities' });
  });

  it('EVA1 a graph that was exported for one image is run image by image', async () => {
    const [many, single] = [await evaluate([open('a', classifier())], one), await evaluate([open('a', classifier(1))], one)];
    expect(single.tally.networks()).toEqual(many.tally.networks());
  });

  it('EVA4 outputs that are no row of scores are compared, not scored', async () => {
    const { tally } = await evaluate([open('a', branchedNet(1)), open('b', branchedNet(2))], three);
    const comparison = tally.comparison();
    expect(tally.networks().map(({ scored, top1 }) => [scored, top1])).toEqual([
      [null, null],
      [null, null],
    ]);
    expect(comparison).toMatchObject({ agreement: null, top1: null, changed: [] });
    expect(comparison?.outputs[0]?.sqnrDb).toBeLessThan(40);
    expect((await evaluate([open('a', branchedNet()), open('b', branchedNet())], one)).tally.comparison()?.outputs).toEqual([
      { output: 'net/logits/BiasAdd', sqnrDb: Infinity, cosine: 1, largestDifference: 0 },
    ]);
  });

  it('counts images that could not be read, also where all of a batch are missing, and tells progress', async () => {
    const broken = new Set([0, 4, 5, 6, 7, 22]);
    const seen: JobProgress[] = [];
    const job = { onProgress: (progress: JobProgress) => seen.push(progress) };
    const { tally, leftOut } = await evaluate([open('a', classifier())], three, { set: { ...IMAGES, broken }, job });
    expect(tally.images).toBe(17);
    expect(leftOut).toMatchObject({ count: 6, first: [{ name: 'image 0' }, { name: 'image 4' }, {}, {}, {}, { name: 'image 22' }] });
    expect(seen.at(-1)).toMatchObject({ phase: 'evaluate', done: 23, total: 23, etaMs: 0 });
  });

  it('EVA9 a label beyond the classes is an error that names the image', async () => {
    const work = evaluate([open('a', classifier())], three, { set: { ...IMAGES, classes: 10 } });
    await expect(work).rejects.toMatchObject({ code: 'label-invalid', about: 'image 8', message: expect.stringContaining('8') });
  });

  it('can be cancelled, and the workers go on to the next evaluation', async () => {
    const stop = new AbortController();
    const job = { signal: stop.signal, onProgress: () => stop.abort() };
    await expect(evaluate([open('a', classifier())], three, { job })).rejects.toMatchObject({ code: 'cancelled' });
    expect((await evaluate([open('a', classifier())], three)).tally.images).toBe(23);
  });

  it('a worker that dies ends the evaluation with an error, not with fewer images', async () => {
    const died: ((cause: string) => void)[] = [];
    const spawn = () => ({ ...spawnHere(), onFailure: (listener: (cause: string) => void) => void died.push(listener) });
    const pool = await ComputePool.start({ spawn, backend: 'reference', workers: 2 });
    const job = { onProgress: () => died[1]?.('out of memory') };
    await expect(evaluate([open('a', classifier())], pool, { job })).rejects.toMatchObject({ code: 'worker-failed' });
    expect(pool.broken).toBe(true);
    pool.dispose();
  });

  it('a set that fails ends the evaluation with its error', async () => {
    const batches = async function* () {
      yield* [];
      throw new Error('the archive is gone');
    };
    await expect(evaluate([open('a', classifier())], three, { batches })).rejects.toThrow('the archive is gone');
  });

  it('refuses networks that put out something else, and inputs that images do not feed', () => {
    const wide = new RunningNet(3);
    const logits = wide.node('net/mean', 'Mean', [wide.conv('net/a', 'input', 3, 5), constant(wide, 'net/axes', [1, 2])], {
      T: FLOAT,
      keep_dims: { kind: 'bool', value: false },
    });
    expect(() =>
      prepareNetworks([open('a', { ...classifier(), outputs: ['net/Softmax'] }), open('b', wide.model(logits))], IMAGES.shape),
    ).toThrowError(expect.objectContaining({ code: 'shape-mismatch' }));
    expect(() => prepareNetworks([open('a', { ...classifier(), inputs: [] })], IMAGES.shape)).toThrowError(
      expect.objectContaining({ code: 'interface-invalid' }),
    );
    const two = new RunningNet(3);
    two.node('mask', 'Placeholder', [], { dtype: FLOAT, shape: { kind: 'shape', value: [-1, 8, 8, 3] } });
    const product = two.node('net/product', 'Mul', ['input', 'mask']);
    const model = { ...two.model(two.conv('net/a', product, 3, 4)), inputs: ['input', 'mask'] };
    expect(() => prepareNetworks([open('a', model)], IMAGES.shape)).toThrowError(
      expect.objectContaining({ code: 'input-unfed', about: 'mask' }),
    );
  });
});

describe('what an output is', () => {
  const kind = (nodes: readonly { readonly name: string; readonly op: string; readonly inputs: readonly string[] }[]): string => {
    const net = new RunningNet();
    for (const { name, op, inputs } of nodes) net.node(name, op, inputs);
    return outputKind(net.model().graph, nodes.at(-1)?.name ?? '');
  };

  it('EVA5 a softmax counts as probabilities behind whatever only hands it on, and written out', () => {
    expect(
      kind([
        { name: 's', op: 'Softmax', inputs: ['input'] },
        { name: 'i', op: 'Identity', inputs: ['s'] },
        { name: 'r', op: 'Reshape', inputs: ['i', 'input'] },
      ]),
    ).toBe('probabilities');
    const exp = { name: 'e', op: 'Exp', inputs: ['input'] };
    const sum = { name: 's', op: 'Sum', inputs: ['e', 'input'] };
    expect(kind([exp, sum, { name: 'p', op: 'RealDiv', inputs: ['e', 's'] }])).toBe('probabilities');
    expect(kind([exp, { name: 's', op: 'Sum', inputs: ['input', 'input'] }, { name: 'p', op: 'RealDiv', inputs: ['e', 's'] }])).toBe(
      'logits',
    );
    expect(kind([{ name: 'b', op: 'BiasAdd', inputs: ['input', 'input'] }])).toBe('logits');
    expect(kind([{ name: 's', op: 'LogSoftmax', inputs: ['input'] }])).toBe('logits');
  });

  it('EVA4 scores are [N, classes], with dimensions of 1 between', () => {
    expect([[2, 10], [2, 1, 1, 10], [2, 10, 1], [2, 1], [2], [2, 4, 4, 10]].map(classesOf)).toEqual([10, 10, null, null, null, null]);
    expect(classesOf(null)).toBeNull();
  });
});
