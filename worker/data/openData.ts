import { GraffitistError } from '../errors.ts';
import type { DataRequest, DataSummary, ImageRule, LeftOut, Preprocessing } from '../protocol.ts';
import type { DataSet } from './dataSet.ts';
import { IMAGE_RULES } from './imageRules.ts';
import type { Labelling } from './labels/labelling.ts';
import { labelImages } from './labels/labels.ts';
import type { NetworkFacts } from './labels/network.ts';
import { arraySource } from './sources/arraySource.ts';
import { cifarSource } from './sources/cifarSource.ts';
import { type Gathered, gather } from './sources/gather.ts';
import { pictureSource } from './sources/pictureSource.ts';
import { recordSource } from './sources/recordSource.ts';
import type { Source } from './sources/source.ts';

/** So many of the files that were left out are named. */
const NAMED = 200;

/**
 * DAT1: opens the images among the files: pictures, else TFRecord shards, else CIFAR's batches, else arrays. Nothing is decoded yet.
 * @throws GraffitistError `data-missing` where no images are among them; what the sources throw
 */
export async function openSource(request: Pick<DataRequest, 'files'>, job: OpenJob = {}): Promise<Source> {
  const gathered = await gather(request.files, job.signal);
  if (gathered.pictures.length > 0) return leavingOut(pictureSource(gathered), gathered, ['records', 'batches', 'arrays']);
  if (gathered.records.length > 0) return leavingOut(await recordSource(gathered, job), gathered, ['batches', 'arrays']);
  if (gathered.batches.length > 0) return leavingOut(await cifarSource(gathered), gathered, ['arrays']);
  if (gathered.arrays.length > 0) return arraySource(gathered);
  throw noImages(request.files, gathered.leftOut);
}

/** A damaged file says what is wrong with it; else that there are no images, and what is there instead. */
function noImages(files: DataRequest['files'], [first]: readonly LeftOut[]): GraffitistError {
  const remedy = first?.error.remedy ?? 'Give JPEG or PNG files, TFRecords, or arrays (.npy, .npz).';
  if (first !== undefined && first.error.code !== 'file-unsupported')
    return new GraffitistError(first.error.code, first.error.cause, { about: first.name, remedy });
  const cause = first === undefined ? 'There are no images among the files.' : `There are no images among the files. ${first.error.cause}`;
  return new GraffitistError('data-missing', cause, { about: first?.name ?? files[0]?.name ?? 'data', remedy });
}

export interface OpenJob {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number, name: string) => void) | undefined;
}

/** Labels, counts and suggestions for a source. @throws GraffitistError `label-missing`, `label-invalid`, `csv-malformed`, `data-missing` */
export async function labelSource(source: Source, request: Omit<DataRequest, 'files'>, network: NetworkFacts): Promise<DataSet> {
  const labelling = await labelImages(source, request, network);
  const kept = keptImages(source, labelling);
  if (kept.length === 0)
    throw new GraffitistError('data-missing', 'No image has a label.', { about: source.title, remedy: 'Open the images without labels.' });
  const at = (image: number): number => kept[image] ?? -1;
  return {
    summary: summaryOf(source, labelling, kept.length, network),
    count: kept.length,
    nameOf: (image) => source.pathOf(at(image)),
    labelOf: (image) => labelling.labels?.[at(image)] ?? null,
    labelsWhenRead: labelling.records !== null,
    stored: (images) => source.stored(images.map(at)),
    recordLabels: labelling.records,
  };
}

/** Images that have a label, where any has one. */
function keptImages(source: Source, { labels, leftOut }: Labelling): Int32Array {
  const all = Int32Array.from({ length: source.count }, (_, image) => image);
  return labels === null || leftOut.length === 0 ? all : all.filter((image) => (labels[image] ?? -1) >= 0);
}

function summaryOf(source: Source, labelling: Labelling, count: number, network: NetworkFacts): DataSummary {
  const { rule, offset, classes, classNames } = labelling;
  const leftOut = [...source.leftOut, ...labelling.leftOut];
  return {
    title: source.title,
    kind: source.kind,
    count,
    bytes: source.bytes,
    labels: rule === null ? null : { rule, offset, classes },
    classNames,
    leftOut: { count: leftOut.length, first: leftOut.slice(0, NAMED) },
    shape: source.shape,
    images: suggestedRule(source, network),
    warnings: [...source.warnings, ...labelling.warnings],
  };
}

/**
 * PRP7: pictures are read as the recognised network's preset says, else as x / 127.5 − 1. Bytes that have the network's size were cropped
 * before, so only their range is brought in; other numbers are fed as they are.
 */
export function suggestedRule({ shape, dtype }: Pick<Source, 'shape' | 'dtype'>, { preprocessing, shape: input }: NetworkFacts): ImageRule {
  if (dtype !== null && dtype !== 'uint8') return { name: 'none' };
  if (shape === null || (input !== null && input.join() !== shape.join() && (shape[0] ?? 0) > (input[0] ?? 0)))
    return { name: preprocessing ?? 'signed' };
  if (preprocessing === 'darknet') return { name: 'unit' };
  if (preprocessing === null || preprocessing === 'inception') return { name: 'signed' };
  return croppedRule(preprocessing);
}

/** What a preset does to a picture once it is cropped and resized. */
function croppedRule(name: Preprocessing): ImageRule {
  const { channels, divisor, mean, scale } = IMAGE_RULES[name].steps;
  return { name: 'custom', crop: { kind: 'none' }, channels, divisor, mean, scale };
}

/** Files of a kind that was not taken are named. */
function leavingOut(source: Source, gathered: Gathered, kinds: readonly ('records' | 'batches' | 'arrays')[]): Source {
  const error = { code: 'file-unsupported', cause: 'A set holds images of one kind.', remedy: 'Open it by itself.' } as const;
  const more = kinds.flatMap((kind) => gathered[kind].map(({ path }): LeftOut => ({ name: path, error })));
  return more.length === 0 ? source : { ...source, leftOut: [...source.leftOut, ...more] };
}
