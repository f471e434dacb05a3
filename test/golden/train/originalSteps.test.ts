import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { startOfTraining, type TrainingState } from '../../../worker/train/state.ts';
import { afterStep } from '../../../worker/train/trainer.ts';
import { TrainingStep } from '../../../worker/train/trainingStep.ts';
import type { StepResult } from '../../../worker/train/types.ts';
import { describeShared } from '../../shared.ts';
import { cifarSteps, type RecordedStep, totalGradients } from './cifarSteps.ts';
import { withGivenRoots } from './givenRoots.ts';
import { originalArithmetic, type ThresholdSum } from './originalArithmetic.ts';
import { farGradients, wideThresholds } from './recordedSteps.ts';

/** On statistics of the batch, how far thresholds may be off that are not within 1e-4 of themselves: shares of the largest threshold gradient. */
const SHARES = { wide: 1e-8, narrow: 2e-9 };

/**
 * What is undecided about a threshold's gradient while batch norms take statistics. Of 16-bit ones, sums of what rounding took away, a share. Of
 * an 8-bit one what is lost where each term of its sum is rounded to float32, while our sum is that of float64: more than 1e-4 of it only where
 * the sum nearly cancels, as one does in the third step.
 */
const undecided =
  (wide: ReadonlySet<string>, sums: readonly ThresholdSum[]) =>
  (name: string, gradient: number, largest: number): number => {
    if (wide.has(name)) return largest * SHARES.wide;
    const near = (value: number, share: number): boolean => Math.abs(value - gradient) <= Math.abs(gradient) * share;
    const sum = sums.find((one) => near(one.gradient, 1e-6) && near(one.exact, 1e-4));
    return Math.min(sum?.rounding ?? 0, largest * SHARES.narrow);
  };

type Case = Awaited<ReturnType<typeof cifarSteps>>;

/** Losses, and the logits to the last bit. */
function expectOutputs({ loss, regularization, logits }: StepResult, recorded: RecordedStep, recordedLogits: Float32Array): void {
  expect(logits).toEqual(recordedLogits);
  expect(Math.abs(loss / recorded.cross_entropy - 1)).toBeLessThan(1e-5);
  expect(Math.abs((loss + regularization) / recorded.total_loss - 1)).toBeLessThan(1e-5);
}

/** Variables after a step: moving statistics to the last bit, thresholds and weights within a share of what a step can move them by. */
function expectUpdates({ variables }: TrainingState, recorded: RecordedStep, { settings }: Case): void {
  const values = (name: string): Float32Array => variables.get(name)?.values ?? new Float32Array(0);
  for (const [name, { new_first8: first }] of Object.entries(recorded.moving ?? {})) {
    expect([name, ...values(name).subarray(0, 8)]).toEqual([name, ...first.map(Math.fround)]);
  }
  for (const [name, value] of Object.entries(recorded.threshold_new)) {
    expect([name, Math.abs((values(name)[0] ?? Number.NaN) - value) < settings.lr_th * 1e-4]).toEqual([name, true]);
  }
  for (const [name, { new_first8: first, new_norm: norm }] of Object.entries(recorded.weights)) {
    const far = first.filter(
      (value, i) => Math.abs((values(name)[i] ?? Number.NaN) - value) > settings.lr_wt * 1e-3 + Math.abs(value) * 2 ** -23,
    );
    expect([name, far]).toEqual([name, []]);
    expect(Math.abs(Math.hypot(...values(name)) / norm - 1)).toBeLessThan(1e-6);
  }
}

describeShared('three steps of the MobileNet on CIFAR-10, in the arithmetic of the machine that they were recorded on', () => {
  let own: Backend;
  beforeAll(async () => {
    own = await createBackend('wasm');
  });
  afterAll(() => own.dispose());

  it.each(['freeze_bn', 'bn_batch'] as const)(
    'GRD5, GRD7, TRN2, TRN4, TRN13 %s: on from our own gradients, and from the recorded ones',
    async (mode) => {
      const cifar = await cifarSteps(mode);
      const { graph, plan, steps, initial, logits, regularization, model } = cifar;
      const given = withGivenRoots(graph);
      const sums: ThresholdSum[] = [];
      const step = new TrainingStep({
        ...{
          model: { graph: given.graph, variables: model.variables },
          backend: originalArithmetic(own, (sum) => sums.push(sum)),
          logits,
          regularization,
        },
        ...{ trained: [...plan.weights, ...plan.thresholds], given: given.with(initial).keys() },
      });
      const wide = wideThresholds(graph);
      const run = (at: number, state: TrainingState) => {
        sums.length = 0;
        return step.run({ ...cifar.request(at), variables: given.with(state.variables) });
      };
      let [ours, theirs] = [startOfTraining(plan, initial), startOfTraining(plan, initial)];
      try {
        for (const [at, recorded] of steps.entries()) {
          const gradients = cifar.recordedGradients(at);
          const expectAll = (result: StepResult): void => {
            expectOutputs(result, recorded, cifar.recordedLogits(at));
            expect(farGradients(totalGradients(result), [...gradients], mode === 'bn_batch' ? undecided(wide, sums) : undefined)).toEqual(
              [],
            );
          };
          const result = await run(at, ours);
          expectAll(result);
          // The last step once more from where the recorded gradients lead; batch statistics are the same either way.
          if (at === steps.length - 1) expectAll(await run(at, theirs));
          theirs = afterStep(plan, theirs, { ...result, gradients, regularizationGradients: new Map() });
          expectUpdates(theirs, recorded, cifar);
          ours = afterStep(plan, ours, result);
          expectUpdates(ours, recorded, cifar);
        }
      } finally {
        step.dispose();
      }
    },
  );
});
