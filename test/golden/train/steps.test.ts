import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Backend } from '../../../worker/execute/backend.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { openGraphBytes } from '../../../worker/graph/graphFile.ts';
import { readVariables } from '../../../worker/graph/variables.ts';
import { type MeasuredStep, TrainingStep } from '../../../worker/train/trainingStep.ts';
import type { VariableValues } from '../../../worker/train/types.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, shared } from '../../shared.ts';
import { fileOf } from '../calibrate/calibrated.ts';
import { farGradients, wideThresholds } from './recordedSteps.ts';

const FOLDER = 'cases/cifar_mobilenet/expected';
const NAME = 'cifar_mnv1_graffitist.ckpt';
const BATCH = 24;

/** What of a recorded step is looked at here. */
interface RecordedStep {
  readonly cross_entropy: number;
  readonly total_loss: number;
  readonly threshold_grad: Readonly<Record<string, number>>;
  readonly weights: Readonly<Record<string, unknown>>;
}

const recordedStep = (mode: string): RecordedStep =>
  (JSON.parse(readFileSync(shared(FOLDER, `steps_${mode}.json`), 'utf8')) as { readonly steps: readonly [RecordedStep] }).steps[0];

/** The first recorded step on a backend: what it gives, and the gradients as TensorFlow has them (weights with regularization). */
async function firstStep(mode: 'bn_batch' | 'freeze_bn', backend: Backend) {
  const file = `${NAME}.meta`;
  const { graph, meta } = openGraphBytes(new Uint8Array(readFileSync(shared(FOLDER, file))), file);
  const variables = await openCheckpoint(['index', 'data-00000-of-00001'].map((end) => fileOf(FOLDER, `${NAME}.${end}`)));
  if (variables === undefined) throw new Error('no checkpoint');
  const recorded = recordedStep(mode);
  const losses = meta?.collections.get('regularization_losses');
  const values: VariableValues = new Map(
    [...(await readVariables({ graph, variables }))].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, values: Float32Array.from(tensorNumbers(tensor)) },
    ]),
  );
  const batches = readNpz(shared(FOLDER, 'batches.npz'));
  const [images, labels] = ['images', 'labels'].map((name) => tensorNumbers(batches.get(name) as Tensor)) as unknown as [
    ArrayLike<number>,
    ArrayLike<number>,
  ];
  const pixels = Float32Array.from({ length: BATCH * 32 * 32 * 3 }, (_, i) => (images[i] as number) / 127.5 - 1);
  const step = new TrainingStep({
    ...{ model: { graph, variables }, backend, logits: 'MobilenetV1/Logits/SpatialSqueeze', given: values.keys() },
    trained: [...Object.keys(recorded.weights), ...Object.keys(recorded.threshold_grad)],
    regularization: losses?.kind === 'nodes' ? losses.values.map((tensor) => tensor.replace(/:0$/, '')) : [],
  });
  try {
    const result = await step.run({
      feeds: new Map([['input', makeTensor('float32', [BATCH, 32, 32, 3], pixels)]]),
      targets: { kind: 'labels', labels: Int32Array.from({ length: BATCH }, (_, i) => labels[i] as number) },
      ...{ variables: values, batchNormFrozen: mode === 'freeze_bn' },
    });
    return { result, recorded, wide: wideThresholds(graph) };
  } finally {
    step.dispose();
  }
}

/** Recorded gradients by variable: of weights from the .npz, of thresholds from the .json. */
function recordedGradients(mode: string, recorded: RecordedStep): readonly (readonly [string, ArrayLike<number>])[] {
  const arrays = readNpz(shared(FOLDER, `steps_${mode}_grads.npz`));
  const weights = Object.keys(recorded.weights).map(
    (name) => [name, tensorNumbers(arrays.get(`g1|${name.replaceAll('/', '|')}`) as Tensor)] as const,
  );
  return [...weights, ...Object.entries(recorded.threshold_grad).map(([name, value]) => [name, [value]] as const)];
}

/** Weights follow both losses, thresholds the cross-entropy alone. */
function totalGradients({ gradients, regularizationGradients }: MeasuredStep): ReadonlyMap<string, ArrayLike<number>> {
  const total = (name: string, own: Float32Array): Float32Array => {
    const decay = /threshold$/.test(name) ? undefined : regularizationGradients.get(name);
    return decay === undefined ? own : own.map((value, i) => value + (decay[i] as number));
  };
  return new Map([...gradients].map(([name, own]) => [name, total(name, own)]));
}

describeShared('the first training step of the MobileNet on CIFAR-10', () => {
  describe.each(['wasm', 'reference'] as const)('on %s', (name) => {
    let backend: Backend;
    beforeAll(async () => {
      backend = await createBackend(name);
    });
    afterAll(() => backend.dispose());

    it('GRD7 with frozen batch norms: logits to the last bit, losses, every gradient', async () => {
      const { result, recorded, wide } = await firstStep('freeze_bn', backend);
      const logits = readNpz(shared(FOLDER, 'steps_freeze_bn_grads.npz')).get('logits1') as Tensor;
      expect(result.logits).toEqual(Float32Array.from(tensorNumbers(logits)));
      expect(Math.abs(result.loss / recorded.cross_entropy - 1)).toBeLessThan(1e-5);
      expect(Math.abs((result.loss + result.regularization) / recorded.total_loss - 1)).toBeLessThan(1e-5);
      expect(farGradients(totalGradients(result), recordedGradients('freeze_bn', recorded), wide, true)).toEqual([]);
      expect(result.batchStatistics.size).toBe(0);
      expect(backend.memory()).toBe(0);
    });
  });
});
