import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { Graph } from '../../../worker/graph/graph.ts';
import { openGraphBytes } from '../../../worker/graph/graphFile.ts';
import { readVariables } from '../../../worker/graph/variables.ts';
import { trainingOptions } from '../../../worker/train/options.ts';
import { trainingPlan } from '../../../worker/train/plan.ts';
import { regularizationLosses } from '../../../worker/train/regularization.ts';
import { startOfTraining, type TrainingState } from '../../../worker/train/state.ts';
import { afterStep } from '../../../worker/train/trainer.ts';
import { TrainingStep } from '../../../worker/train/trainingStep.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, shared } from '../../shared.ts';
import { checkpointOf } from '../calibrate/calibrated.ts';
import { wideThresholds } from './recordedSteps.ts';

const EXPECTED = 'cases/cifar_mobilenet/expected';
const META = 'cifar_mnv1_graffitist.ckpt.meta';
const BATCH = 24;
const PIXELS = BATCH * 32 * 32 * 3;

interface RecordedSteps {
  readonly settings: { readonly lr_th: number; readonly lr_wt: number };
  readonly steps: readonly {
    readonly cross_entropy: number;
    readonly total_loss: number;
    readonly threshold_new: Readonly<Record<string, number>>;
    readonly weights: Readonly<Record<string, { readonly new_first8: readonly number[] }>>;
  }[];
}

describeShared('three training steps of the MobileNet on CIFAR-10, gradients and updates', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createBackend('wasm');
  });
  afterAll(() => backend.dispose());

  /** The states after each step, and the losses. */
  async function threeSteps() {
    const { graph, meta } = openGraphBytes(new Uint8Array(readFileSync(shared(EXPECTED, META))), META);
    const variables = await checkpointOf(EXPECTED);
    const model = { graph, meta, variables, inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'] };
    const plan = trainingPlan(model, trainingOptions(), 50_000);
    const values = [...(await readVariables(model))].map(
      ([name, tensor]) => [name, { shape: tensor.shape, values: Float32Array.from(tensorNumbers(tensor)) }] as const,
    );
    const batches = readNpz(shared(EXPECTED, 'batches.npz'));
    const [images, labels] = ['images', 'labels'].map((name) => tensorNumbers(batches.get(name) as Tensor));
    const step = new TrainingStep({
      ...{ model, backend, logits: 'MobilenetV1/Logits/SpatialSqueeze', given: values.map(([name]) => name) },
      ...{ trained: [...plan.weights, ...plan.thresholds], regularization: regularizationLosses(model) },
    });
    const request = (at: number) => ({
      feeds: new Map([['input', makeTensor('float32', [BATCH, 32, 32, 3], pixelsOf(at))]]),
      targets: { kind: 'labels', labels: Int32Array.from(labels?.subarray(at * BATCH, (at + 1) * BATCH) ?? []) } as const,
      batchNormFrozen: true,
    });
    const pixelsOf = (at: number) =>
      Float32Array.from(images?.subarray(at * PIXELS, (at + 1) * PIXELS) ?? [], (value) => value / 127.5 - 1);
    const states: TrainingState[] = [];
    const losses: { readonly loss: number; readonly regularization: number }[] = [];
    try {
      let state = startOfTraining(plan, new Map(values));
      for (let at = 0; at < 3; at++) {
        const result = await step.run({ ...request(at), variables: state.variables, frozen: state.freezing.frozen });
        losses.push(result);
        state = afterStep(plan, state, result);
        states.push(state);
      }
      const again = { ...request(0), variables: state.variables };
      const [trained, held] = [await step.run(again), await step.run({ ...again, frozen: plan.thresholds.slice(0, 20) })];
      return { states, losses, wide: wideThresholds(graph), trained, held, thresholds: plan.thresholds };
    } finally {
      step.dispose();
    }
  }

  it('TRN2, TRN4, TRN5 losses, thresholds and weights after each step, batch norms frozen', async () => {
    const recorded = JSON.parse(readFileSync(shared(EXPECTED, 'steps_freeze_bn.json'), 'utf8')) as RecordedSteps;
    const { states, losses, wide, trained, held, thresholds } = await threeSteps();
    expect(states.length).toBe(recorded.steps.length);
    for (const [at, expected] of recorded.steps.entries()) {
      const found = (name: string) => states[at]?.variables.get(name)?.values ?? new Float32Array(0);
      const { loss = 0, regularization = 0 } = losses[at] ?? {};
      expect(Math.abs(loss / expected.cross_entropy - 1)).toBeLessThan(1e-5);
      expect(Math.abs((loss + regularization) / expected.total_loss - 1)).toBeLessThan(1e-5);
      for (const [name, value] of Object.entries(expected.threshold_new)) {
        // As shares of a step. Gradients of 16-bit thresholds hang on the last bits of sums.
        const off = Math.abs((found(name)[0] ?? Number.NaN) - value) / recorded.settings.lr_th;
        expect([name, off < (wide.has(name) ? 1e-3 : 1e-4)]).toEqual([name, true]);
      }
      for (const [name, { new_first8: first }] of Object.entries(expected.weights)) {
        first.forEach((value, i) => {
          const off = Math.abs((found(name)[i] ?? Number.NaN) - value);
          expect(off).toBeLessThanOrEqual(recorded.settings.lr_wt * 1e-3 + Math.abs(value) * 2 ** -23);
        });
      }
    }
    // TRN5: freezing thresholds in the middle of a run takes their gradients and changes nothing else.
    expect(held.loss).toBe(trained.loss);
    thresholds.forEach((name, i) => {
      expect([name, held.gradients.get(name)?.[0]]).toEqual([name, i < 20 ? 0 : trained.gradients.get(name)?.[0]]);
    });
  });

  it('TRN4 the regularization losses are those of the collection, of quantized weights where those are quantized themselves', () => {
    const { graph, meta } = openGraphBytes(new Uint8Array(readFileSync(shared(EXPECTED, META))), META);
    const losses = regularizationLosses({ graph, meta });
    expect(losses.length).toBe(9);
    const read = (loss: string) => graph.input(graph.node(`${loss}/L2Loss`), 0).op;
    expect(losses.map(read).filter((op) => op === 'LinearQuant').length).toBe(1);
    const gone = new Graph(
      graph.nodes.filter(({ name }) => name !== losses[0]),
      graph.envelope,
    );
    expect(regularizationLosses({ graph: gone, meta })).toEqual(losses.slice(1));
    expect(regularizationLosses({ graph, meta: null })).toEqual([]);
  });
});
