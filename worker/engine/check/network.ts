import type { ComputePool } from '../../compute/pool.ts';
import type { Alternative } from '../../data/checks/alternatives.ts';
import { rescaled, type Scaling } from '../../data/checks/scaling.ts';
import { withThresholds } from '../../evaluate/compareOutputs.ts';
import { imageInput, type OpenNetwork, prepareNetworks } from '../../evaluate/network.ts';
import type { Model } from '../../graph/model.ts';
import type { JobOptions } from '../../protocol.ts';
import { runAll } from './runAll.ts';
import { firstOf, type Sample } from './sample.ts';

/** The network at hand with some images, and in which ways they can be read. */
export interface NetworkAndImages {
  readonly network: OpenNetwork;
  readonly sample: Sample;
  /** How they are read by the rule at hand; null: they are no pictures, and there is no other way. */
  readonly now: Scaling | null;
  readonly alternatives: readonly Alternative[];
  readonly pool: ComputePool;
  readonly job: JobOptions;
}

/** What answers, and how. Null where no output has a row of scores per image. */
export function scoredOutput({ network, sample }: Pick<NetworkAndImages, 'network' | 'sample'>): {
  readonly model: Model;
  readonly classes: number;
  readonly loss: 'probabilities' | 'logits';
} | null {
  const [prepared] = prepareNetworks([network], sample.shape).networks;
  const output = prepared?.outputs[0];
  if (prepared?.scored == null || output === undefined) return null;
  return { model: runnable(network, sample.shape, output), classes: prepared.scored.classes, loss: prepared.scored.loss };
}

/** The network with its thresholds and this one output. */
export function runnable({ model, thresholds }: OpenNetwork, shape: readonly number[], output: string): Model {
  const input = imageInput(model);
  const ready = withThresholds(model, thresholds);
  return { ...ready, inputs: [input], outputs: [output], inputShape: shape, inputShapes: new Map() };
}

/** A model's rows for the first `count` images, read by the rule at hand and by some alternatives. */
export async function runReadings(
  model: Model,
  { sample, now, pool, job }: NetworkAndImages,
  alternatives: readonly Alternative[],
  count: number,
): Promise<readonly [Float32Array, ...Float32Array[]]> {
  const { values, shape } = firstOf(sample, count);
  const others = now === null ? [] : alternatives.map(({ scaling }) => rescaled(values, now, scaling));
  return (await runAll(model, [values, ...others], shape, { pool, job })) as readonly [Float32Array, ...Float32Array[]];
}

export function imageBytes({ shape }: Sample): number {
  return shape.reduce((product, side) => product * side, 4);
}
