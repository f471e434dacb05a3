import { onDevice } from '../compute/onWorkers.ts';
import { GraffitistError } from '../errors.ts';
import { prepareNetworks } from '../evaluate/network.ts';
import { shapeOfInput } from '../graph/inputShapes.ts';
import type { Model } from '../graph/model.ts';
import { ancestors } from '../graph/reach.ts';
import { inferShapes } from '../ops/inferShapes.ts';
import type { CalibrationReport } from '../protocol.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { type Calibrated, type CalibrateOptions, calibrate } from './calibrate.ts';
import { type CalibrationData, feedsOf } from './feeds.ts';
import { isWeightQuantizer } from './rules.ts';
import { searchedModel } from './searchedModel.ts';
import { searchThresholds } from './weightSearch.ts';

/** SRCH3: images that kernels take at a time, one where the graph was exported for one. */
const CHUNK = 5;

/**
 * SRCH1 … SRCH5: thresholds of weights as the rules find them, then searched by the network's answers, then all others calibrated behind those.
 * @param float the network whose answers are right. Errors as `calibrate`; `input-unfed` for networks of several inputs
 */
export async function calibrateSearched(
  float: Model,
  quantized: Model,
  data: readonly CalibrationData[],
  options: CalibrateOptions,
): Promise<Calibrated> {
  const { job = {} } = options;
  const weights = await calibrate(quantized, data, { ...options, only: ({ name }) => isWeightQuantizer(name) });
  const { model, thresholds } = searchedModel(quantized, weights.thresholds);
  const [feed] = feedsOf(quantized, data, ancestors(quantized.graph, quantized.outputs));
  if (feed === undefined) throw new GraffitistError('data-missing', 'There are no images to search thresholds with.');
  const shape = shapeOfInput(quantized, feed.input);
  const { networks } = prepareNetworks(
    [
      { title: 'float', model: float, thresholds: new Map() },
      { title: 'quantized', model, thresholds: weights.thresholds },
    ],
    shape.map((size, k) => (size > 0 ? size : (feed.data.npy.shape[k + 1] ?? size))),
  );
  const [teacher, searched] = networks;
  if (teacher === undefined || searched === undefined) throw new GraffitistError('internal', 'Two networks were to be compared.');
  const started = performance.now();
  const found = await onDevice(options.pool, (pool) =>
    searchThresholds({
      float: teacher,
      quantized: searched,
      images: { file: feed.data.source.blob, count: feed.data.npy.shape[0] ?? 0, perCall: takesSeveral(model, feed) ? CHUNK : 1 },
      thresholds,
      pool,
      job,
    }),
  );
  const { moved, before, after, rounds, tried } = found;
  const search: CalibrationReport['search'] = { before, after, rounds, tried, moved: moved.size, of: thresholds.length };
  const ms = performance.now() - started;
  const fixed = new Map([...weights.thresholds, ...moved]);
  const result = await calibrate(quantized, data, { ...options, fixed });
  const statistics = new Map(result.statistics);
  for (const { name, threshold } of readQuantizers(quantized.graph)) {
    const [own, byRule] = [statistics.get(name), weights.statistics.get(name)];
    if (own === undefined || byRule === undefined) continue;
    // What was fixed counts as the largest value for the sweep.
    statistics.set(name, { ...own, method: moved.has(threshold) ? 'searched' : byRule.method });
  }
  return { ...result, statistics, calibration: { ...result.calibration, search, ms: result.calibration.ms + weights.calibration.ms + ms } };
}

/** A graph that was exported for one image holds shapes such as [1, 1001] and takes no more at a time. */
function takesSeveral({ graph }: Model, { input, data }: { readonly input: string; readonly data: CalibrationData }): boolean {
  try {
    inferShapes(graph, new Map([[input, [2, ...data.npy.shape.slice(1)]]]));
    return true;
  } catch (error) {
    if (error instanceof GraffitistError && error.code === 'shape-mismatch') return false;
    throw error;
  }
}
