/** Calibration as the engine calls it: everything that could stop it is said first, then one sweep, then a report. */

import { planSweep } from '../compute/plan.ts';
import type { ComputePool } from '../compute/pool.ts';
import { portableModel } from '../compute/portableModel.ts';
import { GraffitistError } from '../errors.ts';
import { checkExecutable } from '../execute/checkExecutable.ts';
import { Constants } from '../execute/constants.ts';
import type { NamedBlob } from '../formats/checkpointFiles.ts';
import type { NpyFile } from '../formats/npy.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import type { Graph } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import type { CalibrationReport, JobOptions } from '../protocol.ts';
import { calibrationOrder } from '../quantize/calibrationOrder.ts';
import { withMovingStatistics } from '../quantize/movingStatistics.ts';
import type { Quantizer } from '../quantize/quantizer.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { sweepProgress } from './progress.ts';
import { type Method, methodOf } from './rules.ts';
import type { QuantizerStatistics } from './statistics.ts';
import { type SweepResult, sweep } from './sweep.ts';
import { calibrationWarnings } from './warnings.ts';

/** What all workers together may keep of the tensors between layers, unless told otherwise: 1 GiB. */
export const DEFAULT_BUDGET_BYTES = 2 ** 30;

/** Names in the list of missing variables. */
const LISTED = 8;

/** Images, one per row, as float32, float64 or uint8. */
export interface CalibrationData {
  readonly source: NamedBlob;
  readonly npy: Pick<NpyFile, 'shape'>;
}

export interface CalibrateOptions {
  /** Called once everything has been checked. */
  readonly pool: () => Promise<ComputePool>;
  readonly job?: JobOptions;
  readonly budgetBytes?: number;
  /** Methods other than the original's, by quantizer name. */
  readonly methods?: ReadonlyMap<string, Method>;
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
export async function calibrate(quantized: Model, data: CalibrationData, options: CalibrateOptions): Promise<Calibrated> {
  const started = performance.now();
  const job = options.job ?? {};
  const quantizers = inOrder(quantized);
  const model = { ...quantized, graph: withMovingStatistics(quantized.graph) };
  const input = checkData(model, data);
  const constants = new Constants(model.graph, model.variables, new Set([input]));
  checkInputs(model, quantizers, input);
  checkGraph(model, quantizers, constants, input);
  const plan = planSweep(model.graph, quantizers, [input], (node) => constants.has(node));

  const images = data.npy.shape[0] ?? 0;
  const total = quantizers.length;
  const progress = sweepProgress(job, quantizers, images, model.shapes);
  progress({ phase: 'load', stage: 0, images: 0, bytes: 0 });
  const pool = await options.pool();
  const result = await sweep({
    pool,
    model: portableModel(model),
    plan,
    images: { input, file: data.source.blob, count: images },
    budgetBytes: options.budgetBytes ?? DEFAULT_BUDGET_BYTES,
    methodOf: ({ quantizer }) => options.methods?.get(quantizer.name) ?? methodOf(quantizer),
    signal: job.signal,
    onProgress: ({ searching, ...at }) => progress({ phase: searching ? 'search' : 'calibrate', ...at }),
  });
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

/** CAL10: the images feed the last listed input, as the original does; their shape must be the network's. */
function checkData({ inputs, inputShape, graph }: Model, { source, npy }: CalibrationData): string {
  const input = inputs.at(-1);
  if (input === undefined || !graph.has(input)) {
    throw new GraffitistError('interface-invalid', 'No input is listed that images could be fed to.', { remedy: 'Name the input.' });
  }
  const [images = 0, ...shape] = npy.shape;
  if (npy.shape.length === 0 || images === 0) {
    throw new GraffitistError('data-missing', 'There are no images in this file.', {
      about: source.name,
      remedy: 'Give an array of shape [N, height, width, channels].',
    });
  }
  const fits = shape.length === inputShape.length && inputShape.every((size, k) => size < 0 || size === shape[k]);
  if (!fits) {
    throw new GraffitistError('data-shape', `The images are ${text(shape)} and the network takes ${text(inputShape)}.`, {
      about: source.name,
      remedy:
        text(npy.shape) === text(inputShape)
          ? 'A single image needs a first dimension of 1.'
          : 'Give images of that shape, or another input shape.',
    });
  }
  return input;
}

/** CAL10: other inputs are fed nothing; the original waits forever then. */
function checkInputs({ graph, inputs }: Model, quantizers: readonly Quantizer[], fed: string): void {
  const needed = neededFor(
    graph,
    quantizers.map(({ source }) => source),
  );
  const unfed = inputs.find((name) => name !== fed && needed.has(name) && graph.find(name)?.op === 'Placeholder');
  if (unfed === undefined) return;
  throw new GraffitistError('input-unfed', `Calibration images feed the last listed input, '${fed}'; '${unfed}' is given no data.`, {
    about: unfed,
    remedy: 'Put a constant in its place, or set calibrate_quant_layers=False and bring thresholds in a checkpoint.',
  });
}

function text(shape: readonly number[]): string {
  return shape.length === 0 ? 'single numbers' : shape.map((size) => (size < 0 ? '?' : size)).join('×');
}

/** Everything that could stop an evaluation of the quantizers' sources. */
function checkGraph({ graph }: Model, quantizers: readonly Quantizer[], constants: Constants, input: string): void {
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
  checkExecutable(graph, constants, new Set([input]), sources);
}

/** Nodes that `names` read, directly or through others. */
function neededFor(graph: Graph, names: readonly string[]): ReadonlySet<string> {
  const found = new Set(names);
  for (const name of found) for (const { node } of graph.find(name)?.edges ?? []) found.add(node);
  return found;
}
