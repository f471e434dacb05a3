import { GraffitistError } from '../../errors.ts';
import { counted } from '../counted.ts';
import { malformed, parseTable } from './csv.ts';
import { FileIndex } from './fileIndex.ts';
import { classOfDevkitNumber, classOfWnid, type WnidOrder } from './wnid.ts';

const FILE = /^(file|file_?name|files?_?path|image|image_?id|image_?name|path|id|name|x)$/i;
const LABEL = /^(label|labels|class|classes|class_?id|class_?name|category|target|truth|prediction_?string|wnid|synset|y)$/i;

/** What a table of labels says, image by image. */
export interface CsvLabels {
  /** By image; null: it has no row. */
  readonly labels: readonly (number | null)[];
  /** Names of classes by label, where the table has names. */
  readonly classNames: readonly string[];
  /** Rows for which there is no file, the first of them by name. */
  readonly strangers: { readonly count: number; readonly first: readonly string[] };
  /** They stand for ImageNet's thousand classes. */
  readonly imagenet: boolean;
}

export interface CsvRequest {
  readonly text: string;
  readonly fileName: string;
  /** Paths of the images, sorted. */
  readonly paths: readonly string[];
  readonly order: WnidOrder;
  /** Names of the classes in whose folders the images lie, sorted; empty where they lie in none. */
  readonly folders: readonly string[];
}

/**
 * LBL5: a table `file,label`, or one label per line in the order of sorted names.
 * @throws GraffitistError `csv-malformed`, `label-missing` where the lines are not as many as the images
 */
export function csvLabels(request: CsvRequest): CsvLabels {
  const rows = parseTable(request.text, request.fileName);
  if (rows.length === 0) throw malformed(request.fileName, 'it is empty');
  if (rows.every((row) => row.length === 1)) return oneLabelPerLine(rows, request);
  const index = new FileIndex(request.paths);
  const [header = []] = rows;
  const columns = columnsOf(header);
  const named = index.find(header[columns.file] ?? '') === null && isHeader(header);
  const cells = new Array<string | undefined>(request.paths.length).fill(undefined);
  const strangers: string[] = [];
  for (const row of named ? rows.slice(1) : rows) {
    const image = index.find(row[columns.file] ?? '');
    if (image === null) strangers.push(row[columns.file] ?? '');
    else cells[image] = once(cells[image], row[columns.label] ?? '', request, image);
  }
  if (strangers.length === rows.length - (named ? 1 : 0)) {
    throw new GraffitistError('label-missing', `No line of '${request.fileName}' names one of the images.`, {
      about: request.fileName,
      remedy: `Its first column must hold file names like '${request.paths[0] ?? ''}'.`,
    });
  }
  return { ...classesOf(cells, request), strangers: { count: strangers.length, first: strangers.slice(0, 5) } };
}

/** @throws GraffitistError `csv-malformed` where an image has two labels */
function once(before: string | undefined, label: string, { fileName, paths }: CsvRequest, image: number): string {
  if (before === undefined || before === label) return label;
  throw malformed(fileName, `'${paths[image]}' has the labels '${before}' and '${label}'`);
}

/** ImageNet's ground truth file counts in the order of the challenge's own kit. */
function oneLabelPerLine(rows: readonly (readonly string[])[], request: CsvRequest): CsvLabels {
  const cells = rows.map(([cell = '']) => cell);
  const lines = cells.length === request.paths.length + 1 && LABEL.test(cells[0] ?? '') ? cells.slice(1) : cells;
  if (lines.length !== request.paths.length) {
    throw new GraffitistError(
      'label-missing',
      `The data has ${counted(request.paths.length, 'image')} and ${counted(lines.length, 'label')}.`,
      {
        about: request.fileName,
        remedy: 'A file with one label per line must have as many lines as there are images, in the order of their names.',
      },
    );
  }
  if (/ground_truth/i.test(request.fileName)) {
    const labels = lines.map((line) => classOfDevkitNumber(Number(line), request.order));
    return { labels, classNames: [], strangers: { count: 0, first: [] }, imagenet: true };
  }
  return { ...classesOf(lines, request), strangers: { count: 0, first: [] } };
}

/** Which columns hold file and label: by their names, else the first two. */
function columnsOf(header: readonly string[]): { readonly file: number; readonly label: number } {
  const file = Math.max(
    0,
    header.findIndex((name) => FILE.test(name)),
  );
  const label = header.findIndex((name, column) => column !== file && LABEL.test(name));
  return { file, label: label >= 0 ? label : file === 0 ? 1 : 0 };
}

function isHeader(row: readonly string[]): boolean {
  return row.some((cell) => FILE.test(cell) || LABEL.test(cell)) || !row.some((cell) => /\d/.test(cell));
}

/** Numbers as they are; WNIDs by their order; any other text by its place among the folders, if it names those, else among the sorted names. */
function classesOf(
  cells: readonly (string | undefined)[],
  { order, fileName, folders }: CsvRequest,
): Pick<CsvLabels, 'labels' | 'classNames' | 'imagenet'> {
  const given = cells.filter((cell): cell is string => cell !== undefined && cell !== '');
  if (given.every((cell) => /^[+-]?\d+(\.0*)?$/.test(cell))) {
    return {
      labels: cells.map((cell) => (cell === undefined || cell === '' ? null : Math.trunc(Number(cell)))),
      classNames: [],
      imagenet: false,
    };
  }
  // ImageNet's table from Kaggle: a WNID, then the corners of a box, perhaps several times.
  const wnids = cells.map((cell) => /^n\d{8}(?=\s|$)/.exec(cell ?? '')?.[0] ?? null);
  const known = wnids.map((wnid) => (wnid === null ? null : classOfWnid(wnid, order)));
  if (given.length > 0 && known.filter((label) => label !== null).length === given.length)
    return { labels: known, classNames: [], imagenet: true };
  if (given.every((cell) => Number.isNaN(Number(cell)))) {
    const classNames = given.every((cell) => folders.includes(cell)) ? folders : [...new Set(given)].sort();
    const places = new Map(classNames.map((name, index) => [name, index]));
    return { labels: cells.map((cell) => places.get(cell ?? '') ?? null), classNames, imagenet: false };
  }
  const odd = given.find((cell) => !/^[+-]?\d+(\.0*)?$/.test(cell)) ?? '';
  throw new GraffitistError('label-invalid', `Some labels are numbers and some are not ('${odd}').`, {
    about: fileName,
    remedy: 'Write all labels in one way.',
  });
}
