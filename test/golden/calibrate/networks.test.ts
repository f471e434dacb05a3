import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../../worker/compute/pool.ts';
import { withThresholds } from '../../../worker/evaluate/compareOutputs.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, shared } from '../../shared.ts';
import { spawnThread } from '../../unit/compute/spawn.ts';
import { relativeDifference } from '../floatRun.ts';
import { caseFile } from '../runCase.ts';
import { calibrateOn, checkpointOf, differingThresholds, quantizedModel, recordedThresholds } from './calibrated.ts';

const RECIPE_2 = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];
const SMALL = ['small_mobilenet_v2', 'small_resnet_v1'];
const IMAGENET = 'cases/imagenet_mobilenet';
const CIFAR = 'cases/cifar_mobilenet';

function recipe2(graph: string, output: string, shape: string, quantize: string): string[] {
  return ['--in_graph', graph, '--inputs', 'input', '--outputs', output, '--input_shape', shape, '--transforms', ...RECIPE_2, quantize];
}

describeShared('networks calibrated as the original does', () => {
  let pool: ComputePool;
  beforeAll(async () => {
    pool = await ComputePool.start({ spawn: spawnThread, backend: 'wasm', workers: 2 });
  });
  afterAll(() => pool.dispose());

  it.each(
    SMALL.flatMap((network) =>
      ['cal_recipe2_int8', 'cal_recipe2_int8_frozen', 'cal_recipe3a_int8', 'cal_recipe3a_int4'].map((run) => [network, run] as const),
    ),
  )('CAL1 … CAL6: %s, %s', async (network, run) => {
    const folder = `cases/nets/${network}`;
    const { args, calibration_order } = caseFile(`${folder}/${run}`);
    const { thresholds, calibration } = await calibrateOn(await quantizedModel(folder, args), [folder, 'calibration_set.npy'], {
      pool: async () => pool,
    });
    expect(differingThresholds(thresholds, recordedThresholds(folder, run, 'expected_thresholds.json'))).toEqual([]);
    expect([...thresholds.keys()]).toEqual(calibration_order);
    expect(calibration).toMatchObject({ recomputed: 0, inexact: [], warnings: [] });
  });

  it.each([
    ['static_int8', 'quantize'],
    [
      'static_int4',
      'quantize(weight_bits=-4, first_layer=MobilenetV1/MobilenetV1/Conv2d_0/Conv2D, last_layer=MobilenetV1/Logits/Conv2d_1c_1x1/Conv2D)',
    ],
  ])('CAL1 … CAL6: the MobileNet on CIFAR-10, %s', async (run, quantize) => {
    const args = recipe2('cifar_mnv1_eval.pb', 'MobilenetV1/Predictions/Softmax', '32,32,3', quantize);
    const { thresholds } = await calibrateOn(await quantizedModel(CIFAR, args), [CIFAR, 'calibration_set.npy'], { pool: async () => pool });
    const recorded = recordedThresholds(CIFAR, 'expected/thresholds.json') as unknown as Record<string, Record<string, number>>;
    expect(differingThresholds(thresholds, recorded[run] ?? {})).toEqual([]);
  });

  it.each([
    [IMAGENET, 'fused_bn.pb'],
    ['models/mobilenet_v1_0.25_128', 'frozen_graph.pb'],
  ])('CAL1 … CAL6: the real MobileNet, %s/%s', async (folder, file) => {
    const args = recipe2(file, 'MobilenetV1/Predictions/Softmax', '128,128,3', 'quantize');
    const model = await quantizedModel(folder, args, noVariables);
    const { thresholds, calibration } = await calibrateOn(model, [IMAGENET, 'calibration_set.npy'], { pool: async () => pool });
    const { thresholds_log2 } = recordedThresholds(IMAGENET, 'expected_thresholds.json') as unknown as {
      readonly thresholds_log2: Record<string, number>;
    };
    expect(differingThresholds(thresholds, thresholds_log2)).toEqual([]);
    expect(calibration).toMatchObject({ images: 50, quantizers: 115, recomputed: 0, warnings: [] });
  });
});

describeShared('quantized small networks with the original thresholds', () => {
  const runs = SMALL.flatMap((network) =>
    ['2_int8', '2_int8_frozen', '3a_int8', '3a_int4', '3c_int8', '3c_int4'].map((run) => [network, `cal_recipe${run}`] as const),
  );

  describe.each(['wasm', 'reference'] as const)('on %s', (name) => {
    it.each(runs)('give every recorded quantizer output, code for code: %s, %s', async (network, run) => {
      const folder = `cases/nets/${network}`;
      const backend = await createBackend(name);
      try {
        const weights = run.startsWith('cal_recipe3c') ? await checkpointOf(`${folder}/${run}/inputs`) : undefined;
        const model = await quantizedModel(folder, caseFile(`${folder}/${run}`).args, weights);
        const thresholds = new Map(Object.entries(recordedThresholds(folder, run, 'expected_thresholds.json')));
        const recorded = readNpz(shared(folder, run, 'expected_io.npz'));
        const quantizers = [...recorded.keys()].filter((key) => key.startsWith('lq|'));
        expect(quantizers.length).toBeGreaterThan(80);
        const nodes = quantizers.map((key) => key.slice(3).replaceAll('|', '/'));
        const first = images(recorded.get('x'), 1);
        const results = await runGraph(model.graph, {
          variables: withThresholds(model, thresholds).variables,
          feeds: new Map([['input', first]]),
          fetches: [...nodes, ...model.outputs],
          backend,
        });
        const differing = nodes.filter((node, k) => !sameNumbers(results.get(node), recorded.get(quantizers[k] ?? '')));
        expect(differing).toEqual([]);
        const [found, expected] = [results.get(model.outputs[0] ?? ''), images(recorded.get('out'), 1)].map((tensor) => [
          ...tensorNumbers(tensor as Tensor),
        ]) as [number[], number[]];
        // Behind the last quantizer stands a Softmax in float.
        expect(relativeDifference(expected, found)).toBeLessThan(1e-5);
      } finally {
        backend.dispose();
      }
    });
  });
});

/** The first images of a batch. */
function images(batch: Tensor | undefined, count: number): Tensor {
  if (batch === undefined) throw new Error('no images were recorded');
  const shape = [count, ...batch.shape.slice(1)];
  return { ...batch, shape, bytes: batch.bytes.subarray(0, (batch.bytes.length / (batch.shape[0] ?? 1)) * count) };
}

function sameNumbers(a: Tensor | undefined, b: Tensor | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  const [x, y] = [tensorNumbers(a), tensorNumbers(b)];
  return x.length === y.length && x.every((value, k) => value === y[k]);
}
