import { readFileSync } from 'node:fs';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { openGraphBytes } from '../../../worker/graph/graphFile.ts';
import { readVariables } from '../../../worker/graph/variables.ts';
import { trainingOptions } from '../../../worker/train/options.ts';
import { trainingPlan } from '../../../worker/train/plan.ts';
import { regularizationLosses } from '../../../worker/train/regularization.ts';
import type { TrainingStepRequest } from '../../../worker/train/trainingStep.ts';
import type { StepResult, VariableValues } from '../../../worker/train/types.ts';
import { readNpz } from '../../npz.ts';
import { shared } from '../../shared.ts';
import { checkpointOf } from '../calibrate/calibrated.ts';

const EXPECTED = 'cases/cifar_mobilenet/expected';
const META = 'cifar_mnv1_graffitist.ckpt.meta';
const BATCH = 24;
const PIXELS = BATCH * 32 * 32 * 3;

/** How the recorded steps were run: batch norms on the statistics of the batch, or frozen. */
export type StepMode = 'bn_batch' | 'freeze_bn';

/** A recorded step. */
export interface RecordedStep {
  readonly cross_entropy: number;
  readonly total_loss: number;
  readonly threshold_grad: Readonly<Record<string, number>>;
  readonly threshold_new: Readonly<Record<string, number>>;
  readonly weights: Readonly<Record<string, { readonly new_first8: readonly number[]; readonly new_norm: number }>>;
  readonly moving?: Readonly<Record<string, { readonly new_first8: readonly number[]; readonly delta_norm: number }>>;
}

/** The network of the case, ready for its recorded steps: graph, plan, what variables start from, batches and what is expected of each step. */
export async function cifarSteps(mode: StepMode) {
  const { graph, meta } = openGraphBytes(new Uint8Array(readFileSync(shared(EXPECTED, META))), META);
  const model = { graph, meta, variables: await checkpointOf(EXPECTED), inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'] };
  const initial: VariableValues = new Map(
    [...(await readVariables(model))].map(([name, tensor]) => [name, { shape: tensor.shape, values: floats(tensor) }]),
  );
  const { steps, settings } = JSON.parse(readFileSync(shared(EXPECTED, `steps_${mode}.json`), 'utf8')) as {
    readonly settings: { readonly lr_wt: number; readonly lr_th: number };
    readonly steps: readonly RecordedStep[];
  };
  const arrays = readNpz(shared(EXPECTED, `steps_${mode}_grads.npz`));
  const batches = readNpz(shared(EXPECTED, 'batches.npz'));
  const [images, labels] = ['images', 'labels'].map((name) => floats(batches.get(name) as Tensor)) as [Float32Array, Float32Array];
  return {
    ...{ graph, model, initial, steps, settings },
    plan: trainingPlan(model, trainingOptions(), 50_000),
    logits: 'MobilenetV1/Logits/SpatialSqueeze',
    regularization: regularizationLosses(model),
    /** A batch as the network takes it. */
    request: (at: number): Omit<TrainingStepRequest, 'variables'> => ({
      feeds: new Map([
        [
          'input',
          makeTensor(
            'float32',
            [BATCH, 32, 32, 3],
            images.slice(at * PIXELS, (at + 1) * PIXELS).map((value) => value / 127.5 - 1),
          ),
        ],
      ]),
      targets: { kind: 'labels', labels: Int32Array.from(labels.subarray(at * BATCH, (at + 1) * BATCH)) },
      batchNormFrozen: mode === 'freeze_bn',
    }),
    recordedLogits: (at: number): Float32Array => floats(arrays.get(`logits${at + 1}`) as Tensor),
    /** Gradients by variable; of weights, those of both losses. */
    recordedGradients: (at: number): ReadonlyMap<string, Float32Array> => {
      const { weights = {}, threshold_grad: thresholds = {} } = steps[at] ?? {};
      return new Map([
        ...Object.keys(weights).map((name) => [name, floats(arrays.get(`g${at + 1}|${name.replaceAll('/', '|')}`) as Tensor)] as const),
        ...Object.entries(thresholds).map(([name, value]) => [name, Float32Array.of(value)] as const),
      ]);
    },
  };
}

/** Weights follow both losses, thresholds the cross-entropy alone. */
export function totalGradients({ gradients, regularizationGradients }: StepResult): ReadonlyMap<string, Float32Array> {
  const total = (name: string, own: Float32Array): Float32Array => {
    const decay = /threshold$/.test(name) ? undefined : regularizationGradients.get(name);
    return decay === undefined ? own : own.map((value, i) => value + (decay[i] as number));
  };
  return new Map([...gradients].map(([name, own]) => [name, total(name, own)]));
}

function floats(tensor: Tensor): Float32Array {
  return Float32Array.from(tensorNumbers(tensor));
}
