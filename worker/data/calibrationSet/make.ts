import { GraffitistError } from '../../errors.ts';
import { writeNpy } from '../../formats/npy.ts';
import { sha256 } from '../../formats/sha256.ts';
import type { CalibrationSet, CalibrationSetRequest, DataWarning, ImageRule, JobOptions, LeftOut, SourceFile } from '../../protocol.ts';
import { counted } from '../counted.ts';
import type { BatchStream, OpenedData } from '../types.ts';
import { choice } from './choice.ts';
import { type CalibrationList, printList, spelledRule } from './list.ts';

/** Where images, their hashes and their labels come from. */
export interface SetSource {
  readonly data: OpenedData;
  readonly batches: BatchStream;
  hashes(images: readonly number[], signal?: AbortSignal): Promise<readonly string[]>;
  /** Of all images, −1 where there is none. */
  labels(signal?: AbortSignal): Promise<Int32Array>;
}

/** What was read of an image. */
interface Row {
  readonly name: string;
  readonly label: number;
  readonly values: Float32Array;
}

export const ARRAY_NAME = 'calibration_set.npy';
const LIST_NAME = 'calibration_set.json';
const DEFAULT_SIZE = 50;
/** Images that were left out are named up to so many. */
const LISTED = 20;

/**
 * CSET1 … CSET6: chooses images and makes array and list of them. The same data, rule and seed give the same bytes everywhere.
 * @throws GraffitistError `option-invalid`, `label-missing`, `data-missing`, `data-shape`, `cancelled`
 */
export async function makeCalibrationSet(
  request: CalibrationSetRequest,
  shape: readonly number[],
  source: SetSource,
  job: JobOptions,
): Promise<CalibrationSet> {
  const { data } = source;
  const size = checkedNumber(request.size ?? DEFAULT_SIZE, 1, 'size');
  const seed = request.first === true ? null : checkedNumber(request.seed ?? 0, 0, 'seed');
  const balanced = request.balanced === true;
  const images = spelledRule(request.images, shape);
  const choose = choice({ count: data.count, size, seed, classOf: balanced ? await classes(source, job) : null });
  const reading = new Reading(request.images, shape, source, size, job);
  for (let wanted = choose.wanted(); wanted.length > 0; wanted = choose.wanted()) choose.read(await reading.read(wanted));
  const chosen = choose.chosen();
  if (chosen.length === 0) {
    const [first] = reading.leftOut;
    throw new GraffitistError('data-missing', `None of the images could be read.${first === undefined ? '' : ` ${first.error.cause}`}`, {
      about: first?.name ?? data.summary.title,
      ...(first?.error.remedy === undefined ? {} : { remedy: first.error.remedy }),
    });
  }
  return written({ source: data.summary.title, images, shape: [...shape], seed, size, balanced }, chosen, reading, source, job);
}

/** Reads images and keeps them. */
export class Reading {
  readonly leftOut: LeftOut[] = [];
  readonly #rows = new Map<number, Row>();
  readonly #rule: ImageRule;
  readonly #shape: readonly number[];
  readonly #source: SetSource;
  readonly #total: number;
  readonly #job: JobOptions;

  constructor(rule: ImageRule, shape: readonly number[], source: SetSource, total: number, job: JobOptions) {
    this.#rule = rule;
    this.#shape = shape;
    this.#source = source;
    this.#total = total;
    this.#job = job;
  }

  /** @returns those that could be read, in their order */
  async read(images: readonly number[]): Promise<readonly number[]> {
    const options = { rule: this.#rule, shape: this.#shape, images, size: Math.min(images.length, 16), signal: this.#job.signal };
    const read: number[] = [];
    const length = this.#shape.reduce((product, side) => product * side, 1);
    for await (const batch of this.#source.batches(this.#source.data, options)) {
      this.leftOut.push(...batch.leftOut);
      for (const [at, image] of batch.images.entries()) {
        const values = batch.values.subarray(at * length, (at + 1) * length);
        this.#rows.set(image, { name: batch.names[at] ?? '', label: batch.labels[at] ?? -1, values });
        read.push(image);
      }
      const done = Math.min(this.#rows.size, this.#total);
      this.#job.onProgress?.({ phase: 'load', done, total: this.#total, etaMs: null, layer: batch.names.at(-1) ?? null, bytes: null });
    }
    return read;
  }

  row(image: number): Row {
    const row = this.#rows.get(image);
    if (row === undefined) throw new GraffitistError('internal', `Image ${image} was not read.`);
    return row;
  }
}

/** Array and list of images that were read. @throws GraffitistError what `hashes` throws */
export async function written(
  made: Omit<CalibrationList, 'format' | 'version' | 'chosen' | 'array'>,
  chosen: readonly number[],
  reading: Reading,
  source: SetSource,
  { signal }: JobOptions,
): Promise<CalibrationSet> {
  const { shape } = made;
  const rows = chosen.map((image) => reading.row(image));
  const header = writeNpy({ dtype: 'float32', shape: [rows.length, ...shape], bytes: new Uint8Array() });
  const array: SourceFile = { name: ARRAY_NAME, blob: new Blob([header as BlobPart, ...rows.map(({ values }) => values as BlobPart)]) };
  const hashes = await source.hashes(chosen, signal);
  const list: CalibrationList = {
    format: 'graffitist-calibration-set',
    version: 1,
    ...made,
    chosen: rows.map(({ name, label }, at) => ({ name, label: label < 0 ? null : label, sha256: hashes[at] ?? '' })),
    array: { name: ARRAY_NAME, sha256: await sha256(array.blob) },
  };
  return {
    array,
    list: { name: LIST_NAME, blob: new Blob([printList(list)]) },
    count: rows.length,
    shape,
    leftOut: { count: reading.leftOut.length, first: reading.leftOut.slice(0, LISTED) },
    warnings: warningsOf(list, reading.leftOut),
  };
}

function warningsOf({ chosen, size }: CalibrationList, leftOut: readonly LeftOut[]): DataWarning[] {
  const warnings: DataWarning[] = [];
  if (leftOut.length > 0) {
    const names = leftOut.slice(0, 3).map(({ name }) => name);
    const text = `${counted(leftOut.length, 'image')} could not be read and made way for others: ${names.join(', ')}${leftOut.length > 3 ? ' …' : ''}.`;
    warnings.push({ rule: 'CSET3', text, remedy: null });
  }
  if (chosen.length < size) {
    const text = `The set holds ${counted(chosen.length, 'image')}, all that there are, instead of ${size}.`;
    warnings.push({ rule: 'CSET1', text, remedy: 'Give more images, or ask for fewer.' });
  }
  return warnings;
}

/** The class of every image. @throws GraffitistError `label-missing` */
async function classes({ data, labels }: SetSource, { signal }: JobOptions): Promise<(image: number) => number> {
  if (data.summary.labels === null) {
    throw new GraffitistError('label-missing', 'The images have no labels, so that classes cannot be balanced.', {
      about: 'balanced',
      remedy: 'Give labels, or leave it out.',
    });
  }
  const found = await labels(signal);
  return (image) => found[image] ?? -1;
}

function checkedNumber(value: number, least: number, about: string): number {
  if (Number.isInteger(value) && value >= least && value < 2 ** 31) return value;
  throw new GraffitistError('option-invalid', `${value} is no ${about} of a calibration set.`, {
    about,
    remedy: `Give a whole number from ${least} on.`,
  });
}
