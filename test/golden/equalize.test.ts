import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ComputePool } from '../../worker/compute/pool.ts';
import { withThresholds } from '../../worker/evaluate/compareOutputs.ts';
import type { Backend } from '../../worker/execute/backend.ts';
import { createBackend } from '../../worker/execute/createBackend.ts';
import { runGraph } from '../../worker/execute/execute.ts';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../worker/formats/tensorValues.ts';
import { openGraphBytes } from '../../worker/graph/graphFile.ts';
import type { Model } from '../../worker/graph/model.ts';
import { readVariables } from '../../worker/graph/variables.ts';
import { parseExpression } from '../../worker/transforms/expression.ts';
import { applyStep } from '../../worker/transforms/pipeline.ts';
import { transformNamed } from '../../worker/transforms/registry.ts';
import { readNpz } from '../npz.ts';
import { describeShared, shared } from '../shared.ts';
import { spawnThread } from '../unit/compute/spawn.ts';
import { calibrateOn, checkpointOf } from './calibrate/calibrated.ts';

const CIFAR = 'cases/cifar_mobilenet';
const OUTPUT = 'MobilenetV1/Predictions/Softmax';
const RECIPE_1 = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];
const INT4 = 'weight_bits=-4, first_layer=MobilenetV1/MobilenetV1/Conv2d_0/Conv2D, last_layer=MobilenetV1/Logits/Conv2d_1c_1x1/Conv2D';
const IMAGES = 500;

/** What the transforms make of a file of the CIFAR network. */
async function transformed(file: string, steps: readonly string[]): Promise<Model> {
  const { graph, meta } = openGraphBytes(new Uint8Array(readFileSync(shared(CIFAR, file))), file);
  const variables = await checkpointOf(CIFAR);
  let model: Model = { graph, meta, variables, inputs: ['input'], outputs: [OUTPUT], inputShape: [32, 32, 3], shapes: new Map() };
  for (const text of steps) {
    const step = parseExpression(text);
    const values = transformNamed(step.transform).needsVariables ? await readVariables(model) : new Map<string, Tensor>();
    model = applyStep(model, step, { files: new Map(), variables: values }).model;
  }
  return model;
}

describeShared('equalized layers and corrected biases of the MobileNet on CIFAR-10', () => {
  let backend: Backend;
  let pool: ComputePool;
  let images: Float32Array;
  let labels: ArrayLike<number>;
  beforeAll(async () => {
    backend = await createBackend('wasm');
    pool = await ComputePool.start({ spawn: spawnThread, backend: 'wasm', workers: 2 });
    const set = readNpz(shared(CIFAR, 'test_10000.npz'));
    images = Float32Array.from(tensorNumbers(set.get('images') as Tensor).subarray(0, IMAGES * 3072), (value) => value / 127.5 - 1);
    labels = tensorNumbers(set.get('labels') as Tensor);
  });
  afterAll(() => {
    backend.dispose();
    pool.dispose();
  });

  async function probabilities(model: Model, count: number, feeds: ReadonlyMap<string, Tensor> = new Map()): Promise<Float32Array> {
    const x = makeTensor('float32', [count, 32, 32, 3], images.slice(0, count * 3072));
    const run = { variables: model.variables, feeds: new Map([['input', x], ...feeds]), fetches: [OUTPUT], backend };
    return Float32Array.from(tensorNumbers((await runGraph(model.graph, run)).get(OUTPUT) as Tensor));
  }

  /** Percent of the first images that are right. */
  async function accuracy(model: Model): Promise<number> {
    const rows = await probabilities(model, IMAGES);
    const right = Array.from({ length: IMAGES }, (_, i) => {
      const row = rows.subarray(10 * i, 10 * i + 10);
      return row.indexOf(Math.max(...row)) === labels[i];
    });
    return (100 * right.filter(Boolean).length) / IMAGES;
  }

  async function quantized(...steps: readonly string[]): Promise<number> {
    const model = await transformed('cifar_mnv1_eval.pb', [...RECIPE_1, ...steps]);
    const { thresholds } = await calibrateOn(model, [CIFAR, 'calibration_set.npy'], { pool: async () => pool });
    return accuracy(withThresholds(model, thresholds));
  }

  it('EQU1, COR1: static INT8 is as good as float, INT4 weights within 6 points; without them both are lost', async () => {
    const float = await accuracy(await transformed('cifar_mnv1_eval.pb', RECIPE_1));
    expect(float).toBeGreaterThan(78);
    expect(await quantized('quantize')).toBeLessThan(float - 35);
    expect(await quantized('correct_biases', 'quantize')).toBeLessThan(float - 15);
    expect(await quantized('equalize_layers', 'quantize')).toBeGreaterThan(float - 1.5);
    expect(await quantized('equalize_layers', 'correct_biases', 'quantize')).toBeGreaterThan(float - 1.5);
    expect(await quantized(`quantize(${INT4})`)).toBeLessThan(20);
    expect(await quantized('equalize_layers', `correct_biases(${INT4})`, `quantize(${INT4})`)).toBeGreaterThan(float - 6);
  });

  describe.each([
    ['frozen', 1],
    ['of the batch', 0],
  ] as const)('EQU1 in the graph folded for training, batch norms %s', (_, freeze) => {
    it('the same probabilities', async () => {
      const steps = ['fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers'];
      const feeds = new Map([['freeze_bn', makeTensor('bool', [], [freeze])]]);
      const plain = await transformed('cifar_mnv1.ckpt.meta', steps);
      const equalized = await transformed('cifar_mnv1.ckpt.meta', [...steps, 'equalize_layers']);
      expect(equalized.graph.nodes.filter(({ op }) => op === 'Relu6')).toEqual([]);
      expect(plain.graph.nodes.filter(({ op }) => op === 'Relu6').length).toBe(7);
      const [before, after] = [await probabilities(plain, 16, feeds), await probabilities(equalized, 16, feeds)];
      after.forEach((value, i) => {
        expect(Math.abs(value - (before[i] ?? 0))).toBeLessThan(1e-4);
      });
    });
  });
});
