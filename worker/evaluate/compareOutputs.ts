/** What quantization did to the result: the float network's output beside the quantized one's, image by image. */
import { type CalibrationData, feedsOf } from '../calibrate/feeds.ts';
import { share } from '../compute/images.ts';
import type { ComputePool } from '../compute/pool.ts';
import { type PortableModel, portableModel } from '../compute/portableModel.ts';
import { GraffitistError } from '../errors.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import type { Model } from '../graph/model.ts';
import { ancestors } from '../graph/reach.ts';
import { layeredVariables, memoryVariables } from '../graph/variables.ts';
import type { JobOptions, OutputComparison } from '../protocol.ts';
import { withMovingStatistics } from '../quantize/movingStatistics.ts';
import { quantizedOutputs } from '../quantize/quantizedOutputs.ts';

/** How many of the largest outputs are listed. */
const LISTED = 5;

export interface CompareRequest {
  readonly float: Model;
  readonly quantized: { readonly model: Model; readonly thresholds: ReadonlyMap<string, number> };
  readonly data: CalibrationData | readonly CalibrationData[];
  /** The first so many of the images. */
  readonly images: number;
  readonly pool: ComputePool;
  readonly job?: JobOptions;
}

/**
 * Runs both networks on some images and compares their first output: the five largest of each, the largest difference, and the share of
 * images on which both put the same element first.
 * @throws GraffitistError `interface-invalid`, `shape-mismatch`, `cancelled`, whatever stops a run
 */
export async function compareOutputs(request: CompareRequest): Promise<OutputComparison> {
  const { data, job = {} } = request;
  const images = Math.min(request.images, [data].flat()[0]?.npy.shape[0] ?? 0);
  const float = await outputsOf(request.float, images, { ...request, job: part(job, 0, images) });
  const { model, thresholds } = request.quantized;
  // QNT58: what the network's hardware delivers, which the named output may not.
  const delivered = quantizedOutputs(model.graph, model.outputs);
  const outputs = model.outputs.map((name) => delivered.get(name) ?? name);
  const quantized = await outputsOf({ ...withThresholds(model, thresholds), outputs }, images, { ...request, job: part(job, 1, images) });
  if (float.perImage !== quantized.perImage) {
    throw new GraffitistError(
      'shape-mismatch',
      `The float network puts out ${float.perImage} numbers and the quantized one ${quantized.perImage}.`,
    );
  }
  const rows = Array.from({ length: images }, (_, image) => {
    const [a, b] = [float, quantized].map(({ values, perImage }) => values.subarray(image * perImage, (image + 1) * perImage)) as [
      Float32Array,
      Float32Array,
    ];
    return { image, float: largest(a), quantized: largest(b), largestDifference: largestDifference(a, b) };
  });
  return {
    images,
    rows,
    agreement: rows.filter((row) => row.float[0]?.index === row.quantized[0]?.index).length / Math.max(1, images),
    largestDifference: rows.reduce((most, row) => Math.max(most, row.largestDifference), 0),
  };
}

/** A network's first output for the first images, one after another, computed by all workers. */
export async function outputsOf(
  model: Model,
  images: number,
  { pool, data, job = {} }: Pick<CompareRequest, 'pool' | 'data' | 'job'>,
): Promise<{ readonly values: Float32Array; readonly perImage: number }> {
  const [output] = model.outputs;
  if (model.inputs.length === 0 || output === undefined) {
    throw new GraffitistError('interface-invalid', 'A network needs an input and an output to be run.', {
      remedy: 'Name them in the interface.',
    });
  }
  const feeds = feedsOf(model, [data].flat(), ancestors(model.graph, [output]));
  const portable: PortableModel = portableModel({ ...model, graph: withMovingStatistics(model.graph) });
  const workers = Array.from({ length: Math.max(1, Math.min(pool.workers.length, images)) }, (_, worker) => worker);
  const done = new Map<number, number>();
  const onProgress = (worker: number, count: number): void => {
    done.set(worker, count);
    const all = [...done.values()].reduce((sum, value) => sum + value, 0);
    job.onProgress?.({ phase: 'evaluate', done: all, total: images, etaMs: null, layer: null, bytes: null });
  };
  const args = (worker: number) => ({
    model: portable,
    images: feeds.map((feed) => ({ input: feed.input, file: feed.data.source.blob, ...share(images, workers.length, worker) })),
    output,
  });
  const parts = await pool.ask(workers, 'outputs', args, { signal: job.signal, onProgress });
  const values = new Float32Array(parts.reduce((sum, part) => sum + part.values.length, 0));
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { values, perImage: parts[0]?.perImage ?? 0 };
}

/** The model with thresholds as values of their variables. */
export function withThresholds(model: Model, thresholds: ReadonlyMap<string, number>): Model {
  const type = (name: string) => {
    const dtype = model.graph.find(name)?.attr('dtype');
    return dtype?.kind === 'type' && dtype.value === 'float64' ? 'float64' : 'float32';
  };
  const values = memoryVariables(new Map([...thresholds].map(([name, log2]) => [name, makeTensor(type(name), [], [log2])])));
  return { ...model, variables: layeredVariables(values, model.variables) };
}

/** Progress of the first or second of two runs as one job. */
function part(job: JobOptions, run: number, images: number): JobOptions {
  const { onProgress } = job;
  if (onProgress === undefined) return job;
  return { ...job, onProgress: (progress) => onProgress({ ...progress, done: run * images + progress.done, total: 2 * images }) };
}

function largest(values: Float32Array): { readonly index: number; readonly value: number }[] {
  const found: { index: number; value: number }[] = [];
  values.forEach((value, index) => {
    const last = found[LISTED - 1];
    if (last !== undefined && !(value > last.value)) return;
    const at = found.findIndex((other) => value > other.value);
    found.splice(at < 0 ? found.length : at, 0, { index, value });
    found.length = Math.min(found.length, LISTED);
  });
  return found;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  let most = 0;
  for (let k = 0; k < a.length; k++) most = Math.max(most, Math.abs((a[k] as number) - (b[k] as number)));
  return most;
}
