import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ComputePool } from '../../worker/compute/pool.ts';
import { withThresholds } from '../../worker/evaluate/compareOutputs.ts';
import { readNpy } from '../../worker/formats/npy.ts';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { tensorNumbers } from '../../worker/formats/tensorValues.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import type { Model } from '../../worker/graph/model.ts';
import { validateGraph } from '../../worker/graph/validate.ts';
import { readQuantizers } from '../../worker/quantize/readQuantizers.ts';
import { settledModel } from '../../worker/transforms/pipeline.ts';
import { readNpz } from '../npz.ts';
import { describeShared, hasShared, shared } from '../shared.ts';
import { spawnHere } from '../unit/compute/spawn.ts';
import { calibrateOn, checkpointOf, differingThresholds, recordedThresholds } from './calibrate/calibrated.ts';
import { DEPARTURES } from './departures.ts';
import { recordedFeeds, refusalOf, valuesOf, withoutChecks } from './everyCase.ts';
import { relativeDifference, sampleInput, variablesOf } from './floatRun.ts';
import { expectSameGraph, thresholdsInOrder } from './quantizedGraphs.ts';
import { type CaseResult, caseFile, microCases, readArguments, readGraph, runMicroCase } from './runCase.ts';

const names = hasShared ? microCases() : [];
const departures = Object.entries(DEPARTURES);
const refused = departures.flatMap(([name, departure]) => (departure.kind === 'refused' ? [{ name, ...departure }] : []));
const mended = departures.flatMap(([name, departure]) => (departure.kind === 'mended' ? [{ name, ...departure }] : []));
const alike = [
  ...names.filter((name) => DEPARTURES[name] === undefined).map((name) => ({ name, as: name })),
  ...departures.flatMap(([name, departure]) => (departure.kind === 'same-graph' ? [{ name, as: departure.as }] : [])),
];
const folderOf = (name: string) => `cases/micro/${name}`;
const isFrozenFirst = (name: string) => caseFile(folderOf(name)).args.includes('freeze_graph');

/** A case before thresholds are found, with the weights that freezing reads. */
async function rewritten(name: string): Promise<CaseResult> {
  if (!isFrozenFirst(name)) return runMicroCase(name);
  const source = await variablesOf(folderOf(name));
  return runMicroCase(
    name,
    new Map(await Promise.all([...source.entries.keys()].map(async (key) => [key, await source.read(key)] as const))),
  );
}

/** What comes out once thresholds are known: the graph that is written, and thresholds after left shifts. */
function finished({ results, model }: CaseResult, thresholds: ReadonlyMap<string, number>) {
  const done = results.at(-1)?.finish?.(model, thresholds);
  return done === undefined ? { model, thresholds } : { model: settledModel(done.model), thresholds: done.thresholds };
}

/** To the last bit, except behind layers in float, whose sums depend on their order: there few values may lie on the other side of an edge. */
function expectSameCodes(key: string, actual: readonly number[] | undefined, expected: readonly number[], exact: boolean): void {
  expect(expected.length, key).toBeGreaterThan(0);
  expect(actual?.length, key).toBe(expected.length);
  const differing = expected.filter((value, k) => value !== actual?.[k]).length;
  expect([key, differing <= (exact ? 0 : expected.length / 1000)]).toEqual([key, true]);
}

describeShared('every micro case that the original completes', () => {
  let pool: ComputePool;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnHere, backend: 'wasm', workers: 1 });
  });
  afterAll(() => pool.dispose());

  it('every case is accounted for', () => {
    expect(names.length).toBeGreaterThanOrEqual(187);
    expect(departures.map(([name]) => name).filter((name) => !names.includes(name))).toEqual([]);
    // Where the original fails, hangs or loses its output, the table says what is done instead.
    expect(names.filter((name) => caseFile(folderOf(name)).original !== 'ok' && DEPARTURES[name] === undefined)).toEqual([]);
  });

  it('every recorded network is read by a test that goes by its folder', () => {
    for (const network of readdirSync(shared('cases/nets'))) {
      const files = readdirSync(shared('cases/nets', network));
      const { recipes } = JSON.parse(readFileSync(shared('cases/nets', network, 'cases.json'), 'utf8')) as { recipes: object };
      const recorded = files.filter((file) => file.endsWith('.pb.gz')).map((file) => file.replace(/\.pb\.gz$/, ''));
      expect(recorded.sort()).toEqual(Object.keys(recipes).sort());
      // recipe1.test.ts, quantizeNets.test.ts and calibrate/networks.test.ts take these.
      const calibrated = files.filter((file) => file.startsWith('cal_'));
      expect(calibrated.filter((folder) => !/^cal_recipe(1|[23][ac]?_int[48](_frozen)?)$/.test(folder))).toEqual([]);
    }
  });

  it.each(alike)('$name: graph, order, counts, thresholds and numbers', async ({ name, as }) => {
    const folder = folderOf(as);
    const { calibration_order = [], node_counts } = caseFile(folder);
    const result = await rewritten(name);
    const weights = await checkpointOf(folderOf(name));
    const file = shared(folder, 'expected_thresholds.json');
    const recorded = existsSync(file) ? recordedThresholds(folder, 'expected_thresholds.json') : {};
    expect(thresholdsInOrder(result.model.graph).filter(() => calibration_order.length > 0)).toEqual(calibration_order);

    let found: ReadonlyMap<string, number> = new Map();
    if (Object.keys(recorded).length > 0) {
      const calibrated = await calibrateOn({ ...result.model, variables: weights }, ['cases/micro', 'calibration_set.npy'], {
        pool: async () => pool,
      });
      if (calibration_order.length > 0) expect([...calibrated.thresholds.keys()]).toEqual(calibration_order);
      found = calibrated.thresholds;
    }
    const { model, thresholds } = finished(result, found);
    expect(differingThresholds(thresholds, recorded)).toEqual([]);

    const written = finished(result, new Map(Object.entries(recorded)));
    const expected = readGraph(folder, 'expected.pb');
    expectSameGraph(
      expected,
      model.graph.nodes.some(({ name: node }) => node.endsWith('/pc_threshold')) ? written.model.graph : model.graph,
    );
    expect(readQuantizers(written.model.graph)).toEqual(readQuantizers(expected));
    // The original runs a transform that is listed twice once.
    const stages = result.nodeCounts.filter(([stage], i) => result.nodeCounts.findIndex(([other]) => other === stage) === i);
    const counts = stages.map(([stage, nodes]) => [stage, stage === 'quantize' ? model.graph.nodes.length : nodes]);
    expect(counts).toEqual(node_counts.slice(0, -1));
    const exact = result.results.at(-1)?.skipped.length === 0;
    await expectSameRun(name, { ...written.model, variables: weights }, new Map(Object.entries(recorded)), exact);
  });
});

/** The network as it was and as it is written, on the recorded input. */
async function expectSameRun(name: string, model: Model, log2: ReadonlyMap<string, number>, exact: boolean): Promise<void> {
  const file = shared(folderOf(name), 'expected_io.npz');
  if (!existsSync(file)) return;
  const recorded = readNpz(file);
  const keys = (prefix: string) => [...recorded.keys()].filter((key) => key.startsWith(prefix));
  const node = (key: string) => key.slice(key.indexOf('|') + 1).replaceAll('|', '/');
  const numbers = (key: string) => [...tensorNumbers(recorded.get(key) as Tensor)];
  const { inGraph } = readArguments(caseFile(folderOf(name)).args);
  const opened = readGraph(folderOf(name), inGraph);
  await expectClose(keys('in|'), (wanted) => valuesOf(opened, model.variables, recordedFeeds(recorded, opened), wanted));
  const { variables } = withThresholds(model, log2);
  const run = (wanted: readonly string[]) => valuesOf(model.graph, variables, recordedFeeds(recorded, model.graph), wanted);
  await expectClose(keys('out|'), run);
  const quantizers = keys('lq|');
  const codes = quantizers.length === 0 ? [] : await run(quantizers.map(node));
  quantizers.forEach((key, k) => {
    expectSameCodes(key, codes[k], numbers(key), exact);
  });

  async function expectClose(wanted: readonly string[], values: (names: readonly string[]) => Promise<readonly (readonly number[])[]>) {
    const found = wanted.length === 0 ? [] : await values(wanted.map(node));
    wanted.forEach((key, k) => {
      expect([key, relativeDifference(numbers(key), found[k] ?? []) < 1e-5]).toEqual([key, true]);
    });
  }
}

/** Root mean square of a − b as a share of that of a. */
function noise(a: readonly number[], b: readonly number[]): number {
  expect(b.length).toBe(a.length);
  const power = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(power(a.map((value, k) => value - (b[k] ?? Number.NaN))) / power(a));
}

/** The first images of the calibration set. */
function someImages(count = 4): Tensor {
  const all = readNpy(new Uint8Array(readFileSync(shared('cases/micro/calibration_set.npy'))), 'calibration_set.npy');
  const [images = 1, ...rest] = all.shape;
  return { ...all, shape: [count, ...rest], bytes: all.bytes.subarray(0, (all.bytes.length / images) * count) };
}

describeShared('every micro case that ends otherwise than with the original', () => {
  let pool: ComputePool;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnHere, backend: 'wasm', workers: 1 });
  });
  afterAll(() => pool.dispose());

  it.each(refused)('$name: refused, $code', async ({ name, code, text }) => {
    const error = await refusalOf(name);
    expect(error?.code).toBe(code);
    expect(`${error?.cause} ${error?.about}`).toMatch(text);
  });

  it.each(mended)('$rule $name: outputs kept, the same function', async ({ name, quantizers }) => {
    const folder = folderOf(name);
    const { inGraph, inputs, outputs, inputShape } = readArguments(caseFile(folder).args);
    const { model } = runMicroCase(name);
    validateGraph(model.graph);
    expect(readQuantizers(model.graph)).toHaveLength(quantizers ?? 0);
    const variables = await variablesOf(folder);
    const feeds = new Map(inputs.map((input) => [input, quantizers === undefined ? sampleInput(inputShape) : someImages()] as const));
    const opened: Graph = withoutChecks(readGraph(folder, inGraph));
    const before = await valuesOf(opened, variables, feeds, outputs);
    if (quantizers === undefined) {
      const after = await valuesOf(model.graph, variables, feeds, outputs);
      outputs.forEach((_, k) => {
        expect(relativeDifference(before[k] ?? [], after[k] ?? [])).toBeLessThan(1e-6);
      });
    } else if (inputs.length === 1) {
      const source = { ...model, variables };
      const { thresholds } = await calibrateOn(source, ['cases/micro', 'calibration_set.npy'], { pool: async () => pool });
      const after = await valuesOf(model.graph, withThresholds(source, thresholds).variables, feeds, outputs);
      outputs.forEach((_, k) => {
        expect(noise(before[k] ?? [], after[k] ?? [])).toBeLessThan(0.05);
      });
    }
  });
});
