import type { ComputePool } from '../../compute/pool.ts';
import { GraffitistError } from '../../errors.ts';
import { evaluateNetworks } from '../../evaluate/evaluate.ts';
import { type OpenNetwork, prepareNetworks } from '../../evaluate/network.ts';
import { rate } from '../../evaluate/rate.ts';
import type { Model } from '../../graph/model.ts';
import type { Rate } from '../../protocol.ts';
import type { VariableValues } from '../../train/types.ts';
import type { PreparedRun } from './prepare.ts';
import { withVariables } from './statistics.ts';

/** TRN25: how many of the validation images the float network gets right; all, where its own answers are what is right. */
export async function floatScore(run: PreparedRun, pool: ComputePool, signal: AbortSignal | undefined): Promise<Rate> {
  const { length } = run.validation.images;
  return run.score === 'agreement' ? rate(length, length) : score([run.float], run, pool, signal);
}

/** TRN25: how many of the validation images the trained network gets right, or answers as the float network does; batch norms frozen. */
export function trainedScore(
  run: PreparedRun,
  trained: Model,
  variables: VariableValues,
  pool: ComputePool,
  signal: AbortSignal | undefined,
): Promise<Rate> {
  const network: OpenNetwork = { title: 'trained', model: withVariables(trained, variables), thresholds: new Map() };
  return score(run.score === 'agreement' ? [run.float, network] : [network], run, pool, signal);
}

async function score(
  networks: readonly OpenNetwork[],
  { validation, request, shape }: PreparedRun,
  pool: ComputePool,
  signal: AbortSignal | undefined,
): Promise<Rate> {
  const { data, batches, images } = validation;
  const { tally } = await evaluateNetworks({
    ...prepareNetworks(networks, shape),
    shape,
    total: images.length,
    batches: (size, stop) => batches(data, { rule: request.images, shape, images: [...images], size, signal: stop }),
    pool,
    job: signal === undefined ? {} : { signal },
  });
  const found = networks.length === 2 ? tally.comparison()?.agreement : tally.networks()[0]?.top1;
  if (found != null) return found;
  throw new GraffitistError('data-missing', 'None of the validation images has a label that can be read.', {
    remedy: 'Give labels, or other images to validate on.',
  });
}
