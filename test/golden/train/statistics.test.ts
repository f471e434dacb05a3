import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { openGraphBytes } from '../../../worker/graph/graphFile.ts';
import { movedStatistics, movingUpdates } from '../../../worker/train/movingStatistics.ts';
import { trainingOptions } from '../../../worker/train/options.ts';
import { trainingPlan } from '../../../worker/train/plan.ts';
import { scheduleOf } from '../../../worker/train/schedule.ts';
import type { VariableValues } from '../../../worker/train/types.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, shared } from '../../shared.ts';
import { checkpointOf } from '../calibrate/calibrated.ts';

const EXPECTED = 'cases/cifar_mobilenet/expected';

interface FirstStep {
  readonly cross_entropy: number;
  readonly total_loss: number;
  readonly moving?: Readonly<Record<string, { readonly new_first8: readonly number[]; readonly delta_norm: number }>>;
}

function json<T>(...path: string[]): T {
  return JSON.parse(readFileSync(shared(EXPECTED, ...path), 'utf8')) as T;
}

function trainingGraph() {
  const file = 'cifar_mnv1_graffitist.ckpt.meta';
  return openGraphBytes(new Uint8Array(readFileSync(shared(EXPECTED, file))), file);
}

async function valuesOf(names: Iterable<string>): Promise<VariableValues> {
  const checkpoint = await checkpointOf(EXPECTED);
  const values = new Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>();
  for (const name of names) {
    const tensor = await checkpoint.read(name);
    values.set(name, { shape: tensor.shape, values: Float32Array.from(tensorNumbers(tensor)) });
  }
  return values;
}

describeShared('what a step of the MobileNet on CIFAR-10 does beside its gradients', () => {
  it('TRN13 moving statistics follow those of the batch', async () => {
    const { graph } = trainingGraph();
    const updates = movingUpdates(graph);
    const [first] = json<{ steps: readonly FirstStep[] }>('steps_bn_batch.json').steps;
    expect(updates.map(({ variable }) => variable).sort()).toEqual(Object.keys(first?.moving ?? {}).sort());

    const norms = [...new Set(updates.map(({ batchNorm }) => batchNorm))];
    // Three batches of 24, in [−1, 1].
    const images = readNpz(shared(EXPECTED, 'batches.npz')).get('images') as Tensor;
    const size = 24 * 32 * 32 * 3;
    const batch = Float32Array.from(tensorNumbers(images).subarray(0, size), (value) =>
      images.dtype === 'uint8' ? value / 127.5 - 1 : value,
    );
    const backend = await createBackend('wasm');
    try {
      const results = await runGraph(graph, {
        variables: await checkpointOf(EXPECTED),
        feeds: new Map([
          ['input', makeTensor('float32', [24, 32, 32, 3], batch)],
          ['freeze_bn', makeTensor('bool', [], [0])],
        ]),
        fetches: norms.flatMap((name) => [`${name}:1`, `${name}:2`]),
        backend,
      });
      const found = (name: string) => Float32Array.from(tensorNumbers(results.get(name) as Tensor));
      const statistics = new Map(norms.map((name) => [name, { mean: found(`${name}:1`), variance: found(`${name}:2`) }]));
      const before = await valuesOf(updates.map(({ variable }) => variable));
      const after = movedStatistics(before, updates, statistics);
      for (const [name, { new_first8: expected, delta_norm: norm }] of Object.entries(first?.moving ?? {})) {
        const moved = after.get(name)?.values ?? [];
        // To float32 rounding as long as every code is TensorFlow's; behind the first sum of floats that falls to the other side of an edge,
        // the statistics themselves differ, more with every layer.
        const share = /Conv2d_[0-3](_|\/)/.test(name) ? 0 : 2e-2;
        expected.forEach((value, i) => {
          expect(Math.abs((moved[i] ?? Number.NaN) - value)).toBeLessThanOrEqual(Math.abs(value) * 2 ** -23 + norm * share);
        });
      }
    } finally {
      backend.dispose();
    }
  });

  it('TRN14 weights and thresholds are those that the original trained', () => {
    const { graph, meta } = trainingGraph();
    const model = { graph, meta, inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'] };
    const { steps, thresholds_initial: thresholds } = json<{
      steps: readonly { readonly weights: Readonly<Record<string, unknown>> }[];
      thresholds_initial: Readonly<Record<string, number>>;
    }>('steps_bn_batch.json');
    const plan = trainingPlan(model, trainingOptions(), 4000);
    expect([...plan.weights].sort()).toEqual(Object.keys(steps[0]?.weights ?? {}).sort());
    expect(plan.thresholds).toEqual(Object.keys(thresholds));
    expect(trainingPlan(model, trainingOptions({ mode: 'weights' }), 4000).thresholds).toEqual([]);
    expect(trainingPlan(model, trainingOptions({ mode: 'thresholds' }), 4000).weights).toEqual([]);
  });

  it('TRN3, TRN5 the recorded run: validated at the start and the end, thresholds within the reach of their rates, none frozen yet', () => {
    const log = json<{
      readonly steps: number;
      readonly bs: number;
      readonly val: readonly (readonly [number, number])[];
      readonly frozen: readonly unknown[];
      readonly thresholds_before: Readonly<Record<string, number>>;
      readonly history: readonly (readonly [number, Readonly<Record<string, number>>])[];
    }>('tqt_int8', 'log.json');
    const schedule = scheduleOf(trainingOptions({ steps: log.steps, batchSize: log.bs }), 50_000);
    const validated = Array.from({ length: log.steps + 1 }, (_, step) => step).filter((step) => schedule.validatesAfter(step));
    expect(validated).toEqual(log.val.map(([step]) => step));
    expect(log.steps <= schedule.freezing.start && log.frozen.length === 0).toBe(true);
    let [from, before] = [0, log.thresholds_before];
    for (const [step, thresholds] of log.history) {
      let reach = 0;
      // A step of Adam is at most rate · (1 − β₁) / √(1 − β₂) (Kingma and Ba, section 2.1).
      for (let at = from; at < step; at++) reach += (schedule.thresholdRate(at) * 0.1) / Math.sqrt(0.001);
      for (const [name, value] of Object.entries(thresholds)) expect(Math.abs(value - (before[name] ?? Number.NaN))).toBeLessThan(reach);
      [from, before] = [step, thresholds];
    }
    expect(log.history.length).toBe(6);
  });
});
