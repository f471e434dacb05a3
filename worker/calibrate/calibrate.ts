/** Calibration as the engine calls it: everything that could stop it is said first, then one sweep, then a report. */

import { onDevice } from '../compute/onWorkers.ts';
import { planSweep } from '../compute/plan.ts';
import type { ComputePool } from '../compute/pool.ts';
import { portableModel } from '../compute/portableModel.ts';
import { GraffitistError } from '../errors.ts';
import { checkExecutable } from '../execute/checkExecutable.ts';
import { Constants } from '../execute/constants.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import type { Graph } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import type { CalibrationReport, JobOptions } from '../protocol.ts';
import { calibrationOrder } from '../quantize/calibrationOrder.ts';
import { withMovingStatistics } from '../quantize/movingStatistics.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { type CalibrationData, feedsOf } from './feeds.ts';
import { sweepProgress } from './progress.ts';
import { type Method, methodOf } from './rules.ts';
import type { QuantizerStatistics } from './statistics.ts';
import { type SweepResult, sweep } from './sweep.ts';
import { calibrationWarnings } from './warnings.ts';

/** What all workers together may keep of the tensors between layers, unless told otherwise: 1 GiB. */
export const DEFAULT_BUDGET_BYTES = 2 ** 30;

/** Names in the list of missing variables. */
const LISTED = 8;

export interface CalibrateOptions {
  /** Called once everything has been checked. */
  readonly pool: () => Promise<ComputePool>;
  readonly job?: JobOptions;
  readonly budgetBytes?: number;
  /** Methods other than the original's, by quantizer name. */
  readonly methods?: ReadonlyMap<string, Method>;
  /** log2 t of thresholds that are not found but given, by variable. */
  readonly fixed?: ReadonlyMap<string, number>;
  /** Only these quantizers; all of them where absent. */
  readonly only?: (quantizer: Quantizer) => boolean;
}

export interface Calibrated {
  /** log2 t by threshold variable, as float32. */
  readonly thresholds: ReadonlyMap<string, number>;
  /** By quantizer name. */
  readonly statistics: ReadonlyMap<string, QuantizerStatistics>;
  readonly calibration: CalibrationReport;
}

/**
 * Finds the threshold of every quantizer of a graph, in the original's order. The model is not changed.
 * @throws GraffitistError before any work: `data-missing`, `data-shape`, `input-unfed`, `variable-missing` (all of them listed),
 *   `op-unsupported`, `option-invalid`; later `cancelled`, `data-not-finite`, `worker-failed`
 */
export async function calibrate(
  quantized: Model,
  data: CalibrationData | readonly CalibrationData[],
  options: CalibrateOptions,
): Promise<Calibrated> {
  const started = performance.now();
  const job = options.job ?? {};
  const { only = () => true } = options;
  const quantizers = inOrder(quantized).filter(only);
  const model = { ...quantized, graph: withMovingStatistics(quantized.graph) };
  const sources = quantizers.map(({ source }) => source);
  const feeds = feedsOf(model, [data].flat(), neededFor(model.graph, sources));
  const inputs = feeds.map(({ input }) => input);
  const constants = new Constants(model.graph, model.variables, new Set(inputs));
  checkGraph(model, quantizers, constants, inputs);
  const plan = planSweep(model.graph, quantizers, inputs, (node) => constants.has(node));

  const images = feeds[0]?.data.npy.shape[0] ?? 0;
  const total = quantizers.length;
  const progress = sweepProgress(job, quantizers, images, model.shapes);
  progress({ phase: 'load', stage: 0, images: 0, bytes: 0 });
  const { result, pool } = await onDevice(options.pool, async (pool) => ({
    pool,
    result: await sweep({
      pool,
      model: portableModel(model),
      plan,
      feeds: feeds.map(({ input, data: { source } }) => ({ input, file: source.blob })),
      images,
      budgetBytes: options.budgetBytes ?? DEFAULT_BUDGET_BYTES,
      methodOf: ({ quantizer }) => options.methods?.get(quantizer.name) ?? methodOf(quantizer),
      fixed: options.fixed ?? new Map(),
      signal: job.signal,
      onProgress: ({ searching, ...at }) => progress({ phase: searching ? 'search' : 'calibrate', ...at }),
    }),
  }));
  progress({ phase: 'calibrate', stage: total, images: 0, bytes: result.work.peakBytes });
  return {
    thresholds: result.log2,
    statistics: new Map(result.stages.map(({ quantizer, statistics }) => [quantizer, statistics])),
    calibration: reportOf(result, pool, images, total, performance.now() - started),
  };
}

function reportOf(result: SweepResult, pool: ComputePool, images: number, quantizers: number, ms: number): CalibrationReport {
  const { searchMs, work, inexact, stages } = result;
  return {
    images,
    quantizers,
    backend: pool.description,
    ms,
    searchMs,
    recomputed: work.recomputed,
    peakBytes: work.peakBytes,
    inexact,
    warnings: calibrationWarnings(stages, work),
  };
}

/** Quantizers in the order in which the original finds their thresholds. */
function inOrder({ graph }: Model): readonly Quantizer[] {
  const byNode = new Map(readQuantizers(graph).map((quantizer) => [quantizer.node, quantizer]));
  const quantizers = calibrationOrder(graph).flatMap((node) => byNode.get(node) ?? []);
  const [first] = quantizers;
  if (first === undefined) {
    throw new GraffitistError('data-missing', 'There is no quantizer in this graph to calibrate.', { remedy: 'Add the step quantize.' });
  }
  const frozen = quantizers.find(({ constantLog2 }) => constantLog2 !== undefined);
  if (frozen !== undefined) {
    throw new GraffitistError('option-invalid', `The threshold of '${frozen.name}' is a constant of the graph and cannot be calibrated.`, {
      about: frozen.name,
      remedy: 'Calibrate the graph that quantize made, before it is frozen.',
    });
  }
  return quantizers;
}

/** Everything that could stop an evaluation of the quantizers' sources. */
function checkGraph({ graph }: Model, quantizers: readonly Quantizer[], constants: Constants, inputs: readonly string[]): void {
  // Thresholds have values as soon as they are found.
  for (const { threshold } of quantizers) constants.assign(threshold, makeTensor('float32', [], [0]));
  const sources = quantizers.map(({ source }) => source);
  const missing = constants.missing(neededFor(graph, sources));
  if (missing.length > 0) {
    const named = missing.slice(0, LISTED).join(', ');
    const more = missing.length > LISTED ? ` and ${missing.length - LISTED} more` : '';
    throw new GraffitistError(
      'variable-missing',
      `${missing.length === 1 ? 'A variable has' : `${missing.length} variables have`} no value: ${named}${more}.`,
      {
        ...(missing[0] === undefined ? {} : { about: missing[0] }),
        remedy: 'Add the checkpoint that holds them.',
      },
    );
  }
  checkExecutable(graph, constants, new Set(inputs), sources);
}

/** Nodes that `names` read, directly or through others. */
function neededFor(graph: Graph, names: readonly string[]): ReadonlySet<string> {
  const found = new Set(names);
  for (const name of found) for (const { node } of graph.find(name)?.edges ?? []) found.add(node);
  return found;
}
