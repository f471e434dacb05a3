import { describe, expect, it } from 'vitest';
import { withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { withMovingStatistics } from '../../../worker/quantize/movingStatistics.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, shared } from '../../shared.ts';
import { quantizedModel, recordedThresholds } from '../calibrate/calibrated.ts';
import { variablesOf } from '../floatRun.ts';
import { caseFile, readArguments } from '../runCase.ts';
import { trainedCases } from './trainedCases.ts';

const FROZEN = makeTensor('bool', [], [1]);
const UNFROZEN = makeTensor('bool', [], [0]);

async function outputOf(name: string, backendName: 'wasm' | 'reference', freeze: Tensor | null): Promise<Float32Array> {
  const folder = `cases/micro/${name}`;
  const { args } = caseFile(folder);
  const model = await quantizedModel(folder, args, await variablesOf(folder));
  const thresholds = new Map(Object.entries(recordedThresholds(folder, 'expected_thresholds.json')));
  const { inputs, outputs } = readArguments(args);
  const images = readNpz(shared(folder, 'expected_io.npz')).get('x0') as Tensor;
  const feeds = new Map([[inputs[0] ?? '', images], ...(freeze === null ? [] : [['freeze_bn', freeze] as const])]);
  const backend = await createBackend(backendName);
  try {
    const graph = freeze === null ? withMovingStatistics(model.graph) : model.graph;
    const { variables } = withThresholds(model, thresholds);
    const results = await runGraph(graph, { variables, feeds, fetches: [outputs[0] ?? ''], backend });
    return Float32Array.from(tensorNumbers(results.get(outputs[0] ?? '') as Tensor));
  } finally {
    backend.dispose();
  }
}

function recordedOutput(name: string, run: string): ArrayLike<number> {
  return tensorNumbers(readNpz(shared('cases/micro', name, 'expected_grads.npz')).get(`${run}|y`) as Tensor);
}

describeShared('training graphs executed as the original executes them', () => {
  it('are all there', () => expect(trainedCases.length).toBeGreaterThanOrEqual(4));

  describe.each(['wasm', 'reference'] as const)('on %s', (backend) => {
    it.each(trainedCases)('CAL12 with frozen batch norms to the last bit, statistics computed or left out: %s', async (name) => {
      const expected = Float32Array.from(recordedOutput(name, 'bn1_th0'));
      expect(await outputOf(name, backend, FROZEN)).toEqual(expected);
      expect(await outputOf(name, backend, null)).toEqual(expected);
    });

    it.each(trainedCases)('FBN12 on the statistics of the batch: %s', async (name) => {
      const expected = Float32Array.from(recordedOutput(name, 'bn0_th0'));
      const found = await outputOf(name, backend, UNFROZEN);
      // The statistics are sums of floats: in the last bit they depend on the order of the sum, and a code beside an edge on them.
      const largest = expected.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
      const worst = found.reduce((most, value, k) => Math.max(most, Math.abs(value - (expected[k] ?? 0))), 0);
      // One code of the 16-bit sum, whose threshold is less than twice the largest value.
      expect(worst).toBeLessThanOrEqual(largest * 2 ** -14);
      expect(found.filter((value, k) => value !== expected[k]).length).toBeLessThanOrEqual(found.length / 20);
    });
  });
});
