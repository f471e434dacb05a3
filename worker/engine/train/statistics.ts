import { share } from '../../compute/images.ts';
import { onWorkers } from '../../compute/onWorkers.ts';
import type { ComputePool } from '../../compute/pool.ts';
import { portableModel } from '../../compute/portableModel.ts';
import { GraffitistError } from '../../errors.ts';
import { imageInput } from '../../evaluate/network.ts';
import { writeNpy } from '../../formats/npy.ts';
import { makeTensor } from '../../formats/tensorValues.ts';
import { edgeText } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import { withValues } from '../../graph/variables.ts';
import { allMoments } from '../../train/channelMoments.ts';
import { fixedBatchNorms } from '../../train/fixedBatchNorms.ts';
import { imageOrder } from '../../train/imageOrder.ts';
import type { VariableValues } from '../../train/types.ts';
import type { PreparedRun } from './prepare.ts';

/** Images that are read at a time. */
const READ = 32;
/** What tensors of images may take on all workers; beyond it they are computed again. */
const BUDGET_BYTES = 2 ** 30;

/** Statistics as they were measured, and on how many images. */
export interface MeasuredStatistics {
  readonly values: VariableValues;
  readonly images: number;
}

/** What measuring needs of a run. */
export type MeasuredRun = Pick<PreparedRun, 'plan' | 'shape' | 'training' | 'request'>;

/**
 * TRN32: mean and variance of everything that the plan's batch norms normalize, over the first training images, batch norm after batch norm:
 * each is measured behind the new statistics of those before it.
 *
 * @param model the network in the state in which it runs
 * @throws GraffitistError `data-missing` where no image can be read; `data-shape`, `cancelled`, what stops a kernel
 */
export async function measureStatistics(
  run: MeasuredRun,
  model: Model,
  start: () => Promise<ComputePool>,
  signal: AbortSignal | undefined,
): Promise<MeasuredStatistics> {
  const images = await readImages(run, signal);
  const input = imageInput(model);
  const { graph, batchNorms } = fixedBatchNorms(model);
  const wanted = new Set(run.plan.statistics);
  const targets = await Promise.all(
    batchNorms
      .filter(({ mean, variance }) => wanted.has(mean) && wanted.has(variance))
      .map(async (norm) => ({ ...norm, shape: (await model.variables.read(norm.mean)).shape })),
  );
  const opened = {
    model: portableModel({ ...model, graph }),
    targets: targets.map(({ normalized, channelsFirst, shape }) => ({
      ...{ tensor: edgeText(normalized), channelsFirst },
      channels: shape.reduce((product, size) => product * size, 1),
    })),
  };
  const measure = async (pool: ComputePool): Promise<VariableValues> => {
    const workers = Array.from({ length: Math.min(pool.workers.length, images.count) }, (_, worker) => worker);
    const found = new Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }>();
    let values: VariableValues = new Map();
    try {
      await pool.ask(
        workers,
        'openStatistics',
        (worker) => ({
          ...opened,
          images: [{ input, file: images.file, ...share(images.count, workers.length, worker) }],
          budgetBytes: Math.floor(BUDGET_BYTES / workers.length),
        }),
        { signal },
      );
      for (const [at, { mean, variance, shape }] of targets.entries()) {
        const before = values;
        const parts = await pool.ask(workers, 'moments', () => ({ at, values: before }), { signal });
        const [first] = parts;
        if (first === undefined) throw new GraffitistError('internal', 'No worker measured.');
        const moments = allMoments({ ...first, values: Float64Array.from(parts.flatMap((part) => [...part.values])) });
        values = new Map([
          [mean, { shape, values: moments.mean }],
          [variance, { shape, values: moments.variance }],
        ]);
        for (const [name, value] of values) found.set(name, value);
      }
    } finally {
      if (!pool.broken) await pool.ask(workers, 'closeStatistics', () => null).catch(() => undefined);
    }
    return found;
  };
  return { values: await onWorkers(start, measure), images: images.count };
}

/** A model with other values of variables. */
export function withVariables(model: Model, variables: VariableValues): Model {
  return withValues(model, new Map([...variables].map(([name, { shape, values }]) => [name, makeTensor('float32', shape, values)])));
}

/** The first images of the run's order, as an array that workers read. */
async function readImages(
  { plan, shape, training, request }: MeasuredRun,
  signal: AbortSignal | undefined,
): Promise<{ readonly file: Blob; readonly count: number }> {
  const { data, batches, images } = training;
  const { seed, statisticsImages } = plan.options;
  const order = imageOrder(seed, images.length)(0, Math.min(statisticsImages, images.length));
  const wanted = Array.from(order, (place) => images[place] as number);
  const rows: Blob[] = [];
  let count = 0;
  for await (const batch of batches(data, { rule: request.images, shape, images: wanted, size: READ, signal })) {
    rows.push(new Blob([batch.values as BlobPart]));
    count += batch.images.length;
  }
  if (count === 0) {
    throw new GraffitistError('data-missing', 'None of the images that statistics are measured on can be read.', {
      about: 'reestimateStatistics',
      remedy: 'Leave out the files that are damaged.',
    });
  }
  const header = writeNpy({ dtype: 'float32', shape: [count, ...shape], bytes: new Uint8Array() });
  return { file: new Blob([header as BlobPart, ...rows]), count };
}
