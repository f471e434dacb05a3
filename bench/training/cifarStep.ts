import { readFileSync } from 'node:fs';
import { readNpz } from '../../test/npz.ts';
import { shared } from '../../test/shared.ts';
import { openCheckpoint } from '../../worker/formats/checkpoint.ts';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../worker/formats/tensorValues.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { openGraphBytes } from '../../worker/graph/graphFile.ts';
import type { VariableSource } from '../../worker/graph/model.ts';
import { readVariables } from '../../worker/graph/variables.ts';
import type { VariableValues } from '../../worker/train/types.ts';

const FOLDER = 'cases/cifar_mobilenet/expected';
const NAME = 'cifar_mnv1_graffitist.ckpt';
export const LOGITS = 'MobilenetV1/Logits/SpatialSqueeze';

/** The calibrated training graph of the MobileNet on CIFAR-10 with its first batch. */
export interface CifarStep {
  readonly graph: Graph;
  readonly variables: VariableSource;
  readonly values: VariableValues;
  readonly trained: readonly string[];
  readonly images: Tensor;
  readonly labels: Int32Array;
}

export async function cifarStep(batch: number): Promise<CifarStep> {
  const blob = (end: string) => ({ name: `${NAME}.${end}`, blob: new Blob([readFileSync(shared(FOLDER, `${NAME}.${end}`))]) });
  const { graph } = openGraphBytes(new Uint8Array(readFileSync(shared(FOLDER, `${NAME}.meta`))), `${NAME}.meta`);
  const variables = await openCheckpoint(['index', 'data-00000-of-00001'].map(blob));
  if (variables === undefined) throw new Error('no checkpoint');
  const values: VariableValues = new Map(
    [...(await readVariables({ graph, variables }))].map(([name, tensor]) => [
      name,
      { shape: tensor.shape, values: Float32Array.from(tensorNumbers(tensor)) },
    ]),
  );
  const batches = readNpz(shared(FOLDER, 'batches.npz'));
  const numbers = (name: string): ArrayLike<number> => tensorNumbers(batches.get(name) as Tensor);
  const [pixels, labels] = [numbers('images'), numbers('labels')];
  const images = Float32Array.from({ length: batch * 32 * 32 * 3 }, (_, i) => (pixels[i] as number) / 127.5 - 1);
  return {
    ...{ graph, variables, values },
    trained: [...values.keys()].filter((name) => !/moving_/.test(name)),
    images: makeTensor('float32', [batch, 32, 32, 3], images),
    labels: Int32Array.from({ length: batch }, (_, i) => labels[i] as number),
  };
}
