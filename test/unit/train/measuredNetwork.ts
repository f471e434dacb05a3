import { ComputePool } from '../../../worker/compute/pool.ts';
import type { Batch, BatchOptions, OpenedData } from '../../../worker/data/types.ts';
import { type MeasuredRun, measureStatistics, withVariables } from '../../../worker/engine/train/statistics.ts';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { Runner } from '../../../worker/execute/execute.ts';
import { Session } from '../../../worker/execute/session.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { openGraph } from '../../../worker/graph/graphFile.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { trainingOptions } from '../../../worker/train/options.ts';
import { trainingPlan } from '../../../worker/train/plan.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';
import { runTransforms } from '../../../worker/transforms/pipeline.ts';
import { spawnHere } from '../compute/spawn.ts';

/** Networks whose statistics TensorFlow measured (test/interop/statisticsAgainstTensorflow.py), to be measured here. */
export interface RecordedStatistics {
  /** A frozen graph, and float32 images of `shape`, batch first; base64. */
  readonly graph: string;
  readonly shape: readonly number[];
  readonly images: string;
  /** By batch norm, in float64. */
  readonly statistics: Readonly<Record<string, { readonly mean: readonly number[]; readonly variance: readonly number[] }>>;
  /** What the network gives with them. */
  readonly output: readonly number[];
}

const bytes = (text: string): Uint8Array => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** The ways in which the recorded network is read, and how many batch norms are found in it. */
export const FOLDED = [
  ['as they stand', ['thaw_graph'], 5],
  ['folded as the original does, two staying', ['thaw_graph', 'fix_input_shape', 'fold_batch_norms(remaining=keep)'], 5],
  ['all folded, through a bias and as a layer of its own', ['thaw_graph', 'fix_input_shape', 'fold_batch_norms(remaining=fold)'], 5],
] as const;

export function recordedNetwork(recorded: RecordedStatistics) {
  const [count = 0, ...shape] = recorded.shape;
  const images = new Float32Array(bytes(recorded.images).buffer);
  const SIZE = images.length / count;

  /** The recorded network behind some transforms. */
  function network(...transforms: string[]): Model {
    const opened: Model = {
      ...{ graph: openGraph(bytes(recorded.graph), 'recorded.pb'), variables: noVariables, shapes: new Map() },
      ...{ inputs: ['input'], outputs: ['output'], inputShape: shape },
    };
    const steps = transforms.map((text, at) => ({ id: `${at}`, ...parseExpression(text), bypassed: false }));
    return [...runTransforms(opened, steps)].at(-1)?.model ?? opened;
  }

  /** A run over the recorded images. */
  function measuredRun(model: Model, statisticsImages = count): MeasuredRun {
    const mode = readQuantizers(model.graph).length > 0 ? 'weights' : 'float';
    const plan = trainingPlan(model, trainingOptions({ mode, reestimateStatistics: true, statisticsImages }), count);
    async function* batches(_data: OpenedData, { images: wanted = [], size }: BatchOptions): AsyncIterable<Batch> {
      for (let at = 0; at < wanted.length; at += size) {
        const chosen = wanted.slice(at, at + size);
        const values = Float32Array.from(chosen.flatMap((image) => [...images.subarray(image * SIZE, (image + 1) * SIZE)]));
        yield { images: chosen, names: chosen.map(String), labels: new Int32Array(chosen.length).fill(-1), values, shape, leftOut: [] };
      }
    }
    const training = { data: { count } as OpenedData, batches, images: Uint32Array.from({ length: count }, (_, image) => image) };
    const request: MeasuredRun['request'] = {
      ...{ preset: 'published', options: {}, images: { name: 'none' }, validation: { kind: 'held-out', images: 1 } },
    };
    return { plan, shape, training, request };
  }

  async function measured(model: Model, { workers = 1, spawn = spawnHere, images: most = count } = {}) {
    const pool = await ComputePool.start({ spawn, backend: 'wasm', workers });
    try {
      return await measureStatistics(measuredRun(model, most), model, async () => pool, undefined);
    } finally {
      pool.dispose();
    }
  }

  async function outputsOf(model: Model, tensors: readonly string[]): Promise<readonly ArrayLike<number>[]> {
    const backend = await createBackend('reference');
    const session = new Session(model.graph, { variables: model.variables, backend, feeds: ['input'] });
    const found = await new Runner(session, tensors).run(new Map([['input', makeTensor('float32', recorded.shape, images)]]));
    session.dispose();
    return tensors.map((name) => tensorNumbers(found.get(name) ?? makeTensor('float32', [0], [])));
  }

  return { count, shape, network, measured, outputsOf };
}

/** Largest difference beside the largest number. */
export function distance(ours: ArrayLike<number>, theirs: readonly number[]): number {
  const largest = theirs.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return theirs.reduce((most, value, at) => Math.max(most, Math.abs((ours[at] ?? Number.NaN) - value)), 0) / largest;
}

/** How far statistics measured here, and the output with them, are from the recorded ones. */
export async function againstRecord(recorded: RecordedStatistics, transforms: readonly string[]) {
  const { network, measured, outputsOf } = recordedNetwork(recorded);
  const model = network(...transforms);
  const { values, images: used } = await measured(model);
  const [output = []] = await outputsOf(withVariables(model, values), ['output']);
  const distances = Object.entries(recorded.statistics).flatMap(([scope, { mean, variance }]) => [
    distance(values.get(`${scope}/moving_mean`)?.values ?? [], mean),
    distance(values.get(`${scope}/moving_variance`)?.values ?? [], variance),
  ]);
  return { used, measuredNorms: values.size / 2, statistics: Math.max(...distances), output: distance(output, recorded.output) };
}
