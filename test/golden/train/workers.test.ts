import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ComputePool } from '../../../worker/compute/pool.ts';
import { Steps } from '../../../worker/engine/train/steps.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { openGraphBytes } from '../../../worker/graph/graphFile.ts';
import { readVariables } from '../../../worker/graph/variables.ts';
import { trainingOptions } from '../../../worker/train/options.ts';
import { trainingPlan } from '../../../worker/train/plan.ts';
import { startOfTraining } from '../../../worker/train/state.ts';
import { afterStep } from '../../../worker/train/trainer.ts';
import { variablesHash } from '../../../worker/train/variablesHash.ts';
import { readNpz } from '../../npz.ts';
import { describeShared, shared } from '../../shared.ts';
import { spawnThread } from '../../unit/compute/spawn.ts';
import { checkpointOf } from '../calibrate/calibrated.ts';

const EXPECTED = 'cases/cifar_mobilenet/expected';
const META = 'cifar_mnv1_graffitist.ckpt.meta';
const BATCH = 24;
const PIXELS = BATCH * 32 * 32 * 3;

/** Two steps of the network on so many workers: the losses, and a hash of all variables after each. */
async function twoSteps(workers: number) {
  const { graph, meta } = openGraphBytes(new Uint8Array(readFileSync(shared(EXPECTED, META))), META);
  const variables = await checkpointOf(EXPECTED);
  const model = {
    ...{ graph, meta, variables, inputs: ['input'], outputs: ['MobilenetV1/Predictions/Softmax'] },
    ...{ inputShape: [32, 32, 3], shapes: new Map() },
  };
  const plan = trainingPlan(model, trainingOptions(), 50_000);
  const start = [...(await readVariables(model))].map(
    ([name, tensor]) => [name, { shape: tensor.shape, values: Float32Array.from(tensorNumbers(tensor)) }] as const,
  );
  const batches = readNpz(shared(EXPECTED, 'batches.npz'));
  const [images, labels] = ['images', 'labels'].map((name) => tensorNumbers(batches.get(name) as Tensor));
  const pool = await ComputePool.start({ spawn: spawnThread, backend: 'wasm', workers });
  const float = { title: 'float', model, thresholds: new Map() };
  const run = {
    ...{ float, input: 'input', shape: [32, 32, 3], plan, parts: 4, classes: 10 },
    logits: 'MobilenetV1/Logits/SpatialSqueeze',
  };
  const steps = new Steps(run, model, async () => pool);
  try {
    let state = startOfTraining(plan, new Map(start));
    const found: { readonly loss: number; readonly variables: string }[] = [];
    for (const at of [0, 1]) {
      const values = Float32Array.from(images?.subarray(at * PIXELS, (at + 1) * PIXELS) ?? [], (value) => value / 127.5 - 1);
      const batch = {
        shape: [32, 32, 3],
        ...{ values, labels: Int32Array.from(labels?.subarray(at * BATCH, (at + 1) * BATCH) ?? []), leftOut: [] },
        images: Array.from({ length: BATCH }, (_, image) => image),
        names: Array.from({ length: BATCH }, (_, image) => `${image}`),
      };
      const request = { images: new Uint32Array(BATCH), variables: state.variables, batchNormFrozen: true, frozen: [] };
      const result = await steps.step(request, batch, undefined);
      state = afterStep(plan, state, result);
      found.push({ loss: result.loss, variables: await variablesHash(state.variables) });
    }
    return found;
  } finally {
    pool.dispose();
  }
}

describeShared('steps of the MobileNet on CIFAR-10 in parts', () => {
  it('TRN23 the same to the last bit on one, two and four workers, and the loss is the recorded one', async () => {
    const recorded = JSON.parse(readFileSync(shared(EXPECTED, 'steps_freeze_bn.json'), 'utf8')) as {
      readonly steps: readonly { readonly cross_entropy: number }[];
    };
    const one = await twoSteps(1);
    expect(Math.abs((one[0]?.loss ?? 0) / (recorded.steps[0]?.cross_entropy ?? 1) - 1)).toBeLessThan(1e-5);
    expect(await twoSteps(2)).toEqual(one);
    expect(await twoSteps(4)).toEqual(one);
  }, 240_000);
});
