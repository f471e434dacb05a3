import type { Alternative } from '../../data/checks/alternatives.ts';
import { multiplications } from '../../evaluate/check/cost.ts';
import { StatisticsDistance } from '../../evaluate/check/distance.ts';
import { imageInput } from '../../evaluate/network.ts';
import { firstBatchNorm } from './firstBatchNorm.ts';
import { affordable } from './limits.ts';
import { imageBytes, type NetworkAndImages, runnable, runReadings } from './network.ts';

/** What the first batch norm says of the images. */
export interface StatisticsVerdict {
  readonly batchNorm: string;
  readonly better: Alternative | null;
  /** The images are not like those of training, whichever way they are read. */
  readonly far: boolean;
}

/** CHK5: a mean square of normalised shift and log ratio of variances that no set of pictures reaches when it is read as in training. */
const FAR = 4;

/** CHK5: holds the images against what the first batch norm kept of training. Null where there is none, or it costs too much. */
export async function byStatistics(given: NetworkAndImages): Promise<StatisticsVerdict | null> {
  const { network, sample, alternatives } = given;
  const input = imageInput(network.model);
  const found = await firstBatchNorm(network.model, input, sample.shape);
  if (found === null) return null;
  const model = runnable({ ...network, model: found.moments }, sample.shape, found.output);
  const cost = multiplications(model, input, sample.shape, found.output.replace(/:\d+$/, ''));
  const count = affordable(sample.names.length, 1 + alternatives.length, cost, imageBytes(sample));
  if (count === 0) return null;
  const channels = found.statistics.mean.length;
  const [now, ...others] = (await runReadings(model, given, alternatives, count)).map((rows) => {
    const moments = { channels, mean: columns(rows, channels, 0), square: columns(rows, channels, channels) };
    return new StatisticsDistance(moments, found.statistics);
  });
  if (now === undefined) return null;
  const at = (kind: Alternative['kind']) =>
    alternatives.flatMap((alternative, k) =>
      alternative.kind === kind ? [{ alternative, distance: others[k] as StatisticsDistance }] : [],
    );
  const [range] = at('range').sort((a, b) => a.distance.total - b.distance.total);
  const [swap] = at('channels');
  const better =
    range?.distance.isClearlyNearer(now, 'range') === true
      ? range.alternative
      : swap?.distance.isClearlyNearer(now, 'channels') === true
        ? swap.alternative
        : null;
  return { batchNorm: found.name, better, far: now.total > FAR };
}

/** Some columns of rows of twice as many. */
function columns(rows: Float32Array, channels: number, from: number): Float64Array {
  const result = new Float64Array(rows.length / 2);
  for (let i = 0; i < result.length; i++) {
    const row = Math.floor(i / channels);
    result[i] = rows[row * 2 * channels + from + (i % channels)] as number;
  }
  return result;
}
