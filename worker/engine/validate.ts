import { onDevice } from '../compute/onWorkers.ts';
import type { ComputePool } from '../compute/pool.ts';
import type { BatchStream, OpenedData } from '../data/types.ts';
import { GraffitistError } from '../errors.ts';
import { evaluateNetworks } from '../evaluate/evaluate.ts';
import { imageInput, type OpenNetwork, type PreparedNetworks, prepareNetworks } from '../evaluate/network.ts';
import { shapeOfInput } from '../graph/inputShapes.ts';
import type { DataWarning, Evaluation, ImageRule, JobOptions, ValidateRequest } from '../protocol.ts';
import { choose, random } from '../random.ts';
import { placeholderShape } from '../transforms/interface.ts';
import { openNetworks, type StageSource } from './networks.ts';

/** What an evaluation needs of the document, the data and the workers. */
export interface ValidateServices extends StageSource {
  readonly data: OpenedData;
  readonly batches: BatchStream;
  readonly pool: (signal: AbortSignal | undefined) => Promise<ComputePool>;
}

/**
 * Runs one or two networks over the open images.
 * @throws GraffitistError `interface-invalid`, `input-unfed`, `shape-mismatch`, `data-shape`, `data-missing`, `label-invalid`, `cancelled`, whatever stops a run
 */
export async function validate(request: ValidateRequest, services: ValidateServices, job: JobOptions): Promise<Evaluation> {
  const started = performance.now();
  const { data, batches } = services;
  const opened = await openNetworks(request.networks, request.interface, services);
  const shape = exampleShape(opened, request.images, data);
  const prepared = prepareNetworks(opened, shape);
  const images = chosenImages(data.count, request);
  refuseNothingToSay(prepared, data);
  refuseLabels(prepared, data, images);
  const { tally, leftOut, backend } = await onDevice(
    () => services.pool(job.signal),
    async (pool) => ({
      backend: pool.description,
      ...(await evaluateNetworks({
        ...prepared,
        shape,
        total: images.length,
        batches: (size, signal) => batches(data, { rule: request.images, shape, images, size, signal }),
        batchSize: request.batchSize,
        pool,
        job,
      })),
    }),
  );
  return {
    images: tally.images,
    perImage: tally.perImage(),
    rule: request.images,
    leftOut,
    classNames: data.summary.classNames,
    networks: tally.networks(),
    comparison: tally.comparison(),
    warnings: [...prepared.warnings, ...unscored(prepared, data), ...tally.warnings()],
    backend,
    ms: performance.now() - started,
  };
}

/** EVA16: the first so many images, or with a seed a choice of them in their order. */
function chosenImages(count: number, { limit = count, seed }: ValidateRequest): readonly number[] {
  const size = Math.min(limit, count);
  if (seed === undefined || size === count) return Array.from({ length: size }, (_, image) => image);
  return [...choose(count, size, random(seed, 'evaluate')).sort((a, b) => a - b)];
}

/**
 * What an image is to all of the networks, without batch: as they say it; where they leave a size open, as the rule for images says it,
 * else as the data are. @throws GraffitistError `data-shape`
 */
export function exampleShape(networks: readonly OpenNetwork[], rule: ImageRule, { summary }: OpenedData): readonly number[] {
  const given = rule.size === undefined ? summary.shape : [...rule.size, summary.shape?.[2] ?? 3];
  const shapes = networks.map(({ title, model }): readonly number[] => {
    const input = imageInput(model);
    const declared = placeholderShape(model.graph.node(input))?.slice(1);
    const own = model.inputShape.length > 0 ? shapeOfInput(model, input) : declared;
    const shape = own?.map((size, k) => (size > 0 || (given?.length ?? 0) !== own.length ? size : (given?.[k] ?? size))) ?? given;
    if (shape?.every((size) => size > 0)) return shape;
    throw new GraffitistError('data-shape', `${title} does not say of what size its images are.`, {
      about: input,
      remedy: 'Give the size of the images, or the input shape.',
    });
  });
  const [first = [], second = first] = shapes;
  if (first.join() === second.join()) return first;
  throw new GraffitistError('data-shape', `The networks take images of ${first.join('×')} and ${second.join('×')}.`, {
    remedy: 'Compare networks that take the same images.',
  });
}

/** EVA15. @throws GraffitistError `data-missing`, `interface-invalid` where one network has nothing to be measured by */
function refuseNothingToSay({ networks }: PreparedNetworks, { summary }: OpenedData): void {
  const [first] = networks;
  if (networks.length > 1) return;
  if (summary.labels === null) {
    throw new GraffitistError('data-missing', 'The images have no labels, and there is no second network to compare answers with.', {
      remedy: 'Give labels, or another network.',
    });
  }
  if (first?.scored !== null) return;
  throw new GraffitistError('interface-invalid', 'No output has a row of scores per image, so that labels say nothing about it.', {
    remedy: 'Name the output that holds the classes, or give a second network to compare with.',
  });
}

/** EVA9: labels that are known before a run are looked at before it. @throws GraffitistError `label-invalid` */
function refuseLabels({ networks }: PreparedNetworks, data: OpenedData, images: readonly number[]): void {
  const classes = networks[0]?.scored?.classes;
  if (data.summary.labels === null || data.labelsWhenRead || classes === undefined) return;
  for (const image of images) {
    const label = data.labelOf(image);
    if (label === null || (label >= 0 && label < classes)) continue;
    throw new GraffitistError('label-invalid', `The label is ${label}, and the network has ${classes} classes, from 0 on.`, {
      about: data.nameOf(image),
      remedy: 'Give a label offset (−1 where labels count from 1), or other labels.',
    });
  }
}

function unscored({ networks }: PreparedNetworks, { summary }: OpenedData): DataWarning[] {
  if (summary.labels === null || networks[0]?.scored != null) return [];
  return [{ rule: 'EVA4', text: 'No output has a row of scores per image: outputs are compared, labels are not used.', remedy: null }];
}
