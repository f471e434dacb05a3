import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { TrainingStep, type TrainingStepRequest } from '../../../worker/train/trainingStep.ts';
import type { VariableValues } from '../../../worker/train/types.ts';
import { apply, constant, float, graphOf, int, placeholder, same, variable } from '../execute/graphs.ts';
import { floats } from '../ops/conformance/data.ts';

/** Convolution, relu, mean, dense: `between` stands in front of the dense layer. */
const network = (between: string) =>
  graphOf(
    placeholder('x', [-1, 6, 6, 2]),
    variable('filter', [3, 3, 2, 4]),
    variable('weights', [4, 3]),
    apply('filter/read', 'Identity', ['filter']),
    apply('weights/read', 'Identity', ['weights']),
    apply('conv', 'Conv2D', ['x', 'filter/read'], same),
    apply('relu', 'Relu', ['conv']),
    constant('axes', int([2], [1, 2])),
    apply('mean', 'Mean', ['relu', 'axes']),
    apply('between', between, ['mean']),
    apply('logits', 'MatMul', ['between', 'weights/read']),
    apply('decay', 'L2Loss', ['weights/read']),
  );

const filter = Float32Array.from({ length: 72 }, (_, i) => Math.sin(i));
const weights = Float32Array.from({ length: 12 }, (_, i) => Math.cos(3 * i));
const variables: VariableValues = new Map([
  ['filter', { shape: [3, 3, 2, 4], values: filter }],
  ['weights', { shape: [4, 3], values: weights }],
]);
const images = floats([4, 6, 6, 2], 77);
const part = (first: number, count: number) =>
  float([count, 6, 6, 2], Array.from(new Float32Array(images.bytes.slice().buffer)).slice(first * 72, (first + count) * 72));

describe('a training step', () => {
  let backend: Backend;
  beforeAll(async () => {
    backend = await createBackend('wasm');
  });
  afterAll(() => backend.dispose());

  const stepOf = (between: string, trained = ['filter', 'weights']): TrainingStep =>
    new TrainingStep({
      ...{ model: { graph: network(between), variables: noVariables }, backend, logits: 'logits', trained },
      ...{ given: variables.keys(), regularization: ['decay'] },
    });
  const request = (first: number, count: number, more: Partial<TrainingStepRequest> = {}): TrainingStepRequest => ({
    feeds: new Map([['x', part(first, count)]]),
    targets: { kind: 'labels', labels: Int32Array.of(0, 2, 1, 2).slice(first, first + count) },
    ...{ variables, batchNormFrozen: true, ...more },
  });

  it('GRD6 gives the same numbers twice, GRD3 and leaves nothing behind', async () => {
    const step = stepOf('Identity');
    const results = [await step.run(request(0, 4)), await step.run(request(0, 4))];
    expect(results[1]).toEqual(results[0]);
    step.dispose();
    expect(backend.memory()).toBe(0);
  });

  it('GRD7 keeps regularization apart', async () => {
    const step = stepOf('Identity');
    const { regularization, regularizationGradients, gradients } = await step.run(request(0, 4));
    step.dispose();
    expect(regularization).toBeCloseTo(
      weights.reduce((sum, w) => sum + (w * w) / 2, 0),
      5,
    );
    expect([...regularizationGradients]).toEqual([['weights', weights]]);
    expect([...gradients.keys()].toSorted()).toEqual(['filter', 'weights']);
  });

  it('GRD8 parts of a batch add up to the whole, classes are distributions', async () => {
    const step = stepOf('Identity');
    const whole = await step.run(request(0, 4));
    const parts = [await step.run(request(0, 1, { images: 4 })), await step.run(request(1, 3, { images: 4 }))];
    const rows = Float32Array.of(1, 0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 1);
    const soft = await step.run(request(0, 4, { targets: { kind: 'distributions', rows } }));
    step.dispose();
    expect(soft).toEqual(whole);
    expect(parts.reduce((sum, { loss }) => sum + loss, 0)).toBeCloseTo(whole.loss, 6);
    const added = parts.map(({ gradients }) => gradients.get('filter') ?? new Float32Array());
    whole.gradients.get('filter')?.forEach((value, i) => {
      expect(added.reduce((sum, gradient) => sum + (gradient[i] ?? Number.NaN), 0)).toBeCloseTo(value, 6);
    });
  });

  it('GRD2 refuses what it cannot train through, and nothing else', async () => {
    const refused = { code: 'op-not-differentiable', about: 'between' };
    await expect(stepOf('Round').run(request(0, 4))).rejects.toMatchObject(refused);
    await expect(stepOf('PreventGradient').run(request(0, 4))).rejects.toMatchObject(refused);
    const [behind, stopped] = [stepOf('Round', ['weights']), stepOf('StopGradient')];
    expect([...(await behind.run(request(0, 4))).gradients.keys()]).toEqual(['weights']);
    expect([...(await stopped.run(request(0, 4))).gradients.keys()]).toEqual(['weights']);
    behind.dispose();
    stopped.dispose();
  });

  it('ends where it is cancelled, and refuses targets that do not fit', async () => {
    const step = stepOf('Identity');
    await expect(step.run(request(0, 4, { signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'cancelled' });
    await expect(step.run({ ...request(0, 4), feeds: new Map([['x', part(0, 2)]]) })).rejects.toMatchObject({ code: 'data-shape' });
    step.dispose();
    expect(backend.memory()).toBe(0);
  });
});
