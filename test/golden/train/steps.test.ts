import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { TrainingStep } from '../../../worker/train/trainingStep.ts';
import { describeShared } from '../../shared.ts';
import { cifarSteps, type StepMode, totalGradients } from './cifarSteps.ts';
import { withGivenRoots } from './givenRoots.ts';
import { distance, farGradients, wideThresholds } from './recordedSteps.ts';

/** The first recorded step on a backend; with `roots`, on γ's factors as the recording machine took them. */
async function firstStep(mode: StepMode, backend: Backend, roots: boolean) {
  const { graph, model, plan, initial, logits, regularization, request, ...cifar } = await cifarSteps(mode);
  const given = roots ? withGivenRoots(graph) : { graph, with: (variables: typeof initial) => variables };
  const variables = given.with(initial);
  const step = new TrainingStep({
    ...{ model: { graph: given.graph, variables: model.variables }, backend, logits, regularization, given: variables.keys() },
    trained: [...plan.weights, ...plan.thresholds],
  });
  try {
    const result = await step.run({ ...request(0), variables });
    const [recorded] = cifar.steps;
    if (recorded === undefined) throw new Error('no recorded step');
    return { result, recorded, gradients: cifar.recordedGradients(0), logits: cifar.recordedLogits(0), wide: wideThresholds(graph) };
  } finally {
    step.dispose();
  }
}

describeShared('the first training step of the MobileNet on CIFAR-10', () => {
  describe.each(['wasm', 'reference'] as const)('on %s', (name) => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await createBackend(name);
    });
    afterAll(() => backend.dispose());

    it('GRD7 with frozen batch norms: logits to the last bit, losses, every gradient', async () => {
      const { result, recorded, gradients, logits } = await firstStep('freeze_bn', backend, true);
      expect(result.logits).toEqual(logits);
      expect(Math.abs(result.loss / recorded.cross_entropy - 1)).toBeLessThan(1e-5);
      expect(Math.abs((result.loss + result.regularization) / recorded.total_loss - 1)).toBeLessThan(1e-5);
      expect(farGradients(totalGradients(result), [...gradients])).toEqual([]);
      expect(result.batchStatistics.size).toBe(0);
      expect(backend.memory()).toBe(0);
    });
  });

  describe('in our own arithmetic', () => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await createBackend('wasm');
    });
    afterAll(() => backend.dispose());

    it('GRD7 frozen batch norms: the last bit of a bias is seen in gradients of 16-bit thresholds alone', async () => {
      const { result, gradients, logits, wide } = await firstStep('freeze_bn', backend, false);
      expect(result.logits).toEqual(logits);
      const ours = totalGradients(result);
      const far = [...gradients].filter(([name, theirs]) => distance(ours.get(name) ?? [], theirs) > (wide.has(name) ? 3e-4 : 1e-4));
      expect(far).toEqual([]);
    });

    it('GRD5 statistics of the batch: another last bit of a sum moves one code in front of an edge, and with it the loss by a few hundredths', async () => {
      const { result, recorded, logits } = await firstStep('bn_batch', backend, false);
      // TensorFlow itself, on a processor whose square root is exact, ends 2.2 % beside the recorded loss, with 52 of 240 other logits.
      expect(Math.abs(result.loss / recorded.cross_entropy - 1)).toBeLessThan(0.04);
      expect(result.logits.filter((value, i) => value !== logits[i]).length).toBeLessThan(logits.length / 3);
    });
  });
});
