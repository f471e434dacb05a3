import { afterAll, beforeAll, expect, it } from 'vitest';
import { ComputePool } from '../../worker/compute/pool.ts';
import { withThresholds } from '../../worker/evaluate/compareOutputs.ts';
import { createBackend } from '../../worker/execute/createBackend.ts';
import { runGraph } from '../../worker/execute/execute.ts';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../worker/formats/tensorValues.ts';
import { diffGraphs } from '../../worker/graph/diff.ts';
import type { Model } from '../../worker/graph/model.ts';
import { readNpz } from '../npz.ts';
import { describeShared, shared } from '../shared.ts';
import { spawnHere } from '../unit/compute/spawn.ts';
import { calibrateOn, quantizedModel } from './calibrate/calibrated.ts';
import { caseFile, readGraph, runMicroCase } from './runCase.ts';

/** Values of some nodes for an input, in float64. */
async function valuesOf(model: Model, feeds: ReadonlyMap<string, Tensor>, names: readonly string[]): Promise<readonly number[][]> {
  const backend = await createBackend('reference');
  try {
    const results = await runGraph(model.graph, { variables: model.variables, feeds, fetches: names, backend });
    return names.map((name) => [...tensorNumbers(results.get(name) ?? makeTensor('float32', [0], []))]);
  } finally {
    backend.dispose();
  }
}

function furthest(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, k) => Math.max(most, Math.abs(value - (b[k] ?? Number.NaN))), 0);
}

describeShared('where Graffitist goes wrong without a word', () => {
  let pool: ComputePool;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnHere, backend: 'wasm', workers: 1 });
  });
  afterAll(() => pool.dispose());

  it('QNT51 concat_relu_linear: only the two signs differ', () => {
    const name = 'concat_relu_linear__q8';
    const differences = diffGraphs(readGraph('cases/micro', name, 'expected.pb'), runMicroCase(name).model.graph);
    expect(differences.map(({ node }) => node)).toEqual([
      'net/mix/b0/Relu_act_quant/is_signed',
      'net/mix/concat_concat_rescale_1_concat_rescale_quant/is_signed',
    ]);
  });

  it('QNT51 concat_relu_linear: no value is clipped by its sign', async () => {
    const name = 'concat_relu_linear__q8';
    const folder = `cases/micro/${name}`;
    const model = await quantizedModel(folder, caseFile(folder).args);
    const { thresholds } = await calibrateOn(model, ['cases/micro', 'calibration_set.npy'], { pool: async () => pool });
    const recorded = readNpz(shared(folder, 'expected_io.npz'));
    const numbers = (key: string) => [...tensorNumbers(recorded.get(key) ?? makeTensor('float32', [0], []))];
    const feeds = new Map([['input', recorded.get('x0') ?? makeTensor('float32', [0], [])]]);
    const branch = 'net/mix/concat_concat_rescale_1';
    const names = ['net/c2/BiasAdd', branch, `${branch}_concat_rescale_quant/LinearQuant`];
    const [out = [], before = [], after = []] = await valuesOf(withThresholds(model, thresholds), feeds, names);

    const float = numbers('in|net|c2|BiasAdd');
    expect(furthest(float, out)).toBeLessThan(furthest(float, numbers('out|net|c2|BiasAdd')) / 8);
    const lost = (values: readonly number[]) => before.filter((value, k) => value < -0.1 && values[k] === 0).length;
    expect(lost(numbers(`lq|${branch.replaceAll('/', '|')}_concat_rescale_quant|LinearQuant`))).toBeGreaterThan(100);
    expect(lost(after)).toBe(0);
  });
});
