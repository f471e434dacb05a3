import { errorInfo, GraffitistError } from '../../errors.ts';
import type { DataRequest, DataWarning, LabelRule, LeftOut } from '../../protocol.ts';
import { counted } from '../counted.ts';
import { blobOf } from '../sources/gather.ts';
import type { Source } from '../sources/source.ts';
import { csvLabels } from './csvLabels.ts';
import { folderLabels } from './folders.ts';
import type { NetworkFacts } from './network.ts';
import { autoOffset, checkRange, type FoundLabels } from './offset.ts';
import { type RecordLabels, sampleRecords } from './recordLabels.ts';
import { classOfWnid, type WnidOrder, wnidIn, wnidsInOrder } from './wnid.ts';

/** What each image is called by its class, or nothing. */
export interface Labelling {
  /** The rule that `auto` came to; null: no labels. */
  readonly rule: LabelRule | null;
  readonly offset: number;
  /** By image, offset added; −1 for those that are left out because they have none. Null where records tell, or nothing does. */
  readonly labels: Int32Array | null;
  readonly records: RecordLabels | null;
  /** How many different labels there are; null where only reading tells. */
  readonly classes: number | null;
  readonly classNames: readonly string[];
  readonly leftOut: readonly LeftOut[];
  readonly warnings: readonly DataWarning[];
}

/** Labels before the offset, and what there is to say of them. */
interface Raw {
  readonly found: FoundLabels;
  readonly labels: readonly (number | null)[];
  readonly classNames: readonly string[];
  readonly warnings: readonly DataWarning[];
  /** Why an image without label has none. */
  readonly missing: string;
}

const NONE: Labelling = { rule: null, offset: 0, labels: null, records: null, classes: null, classNames: [], leftOut: [], warnings: [] };

/** LBL1: labels by the rule that was asked for. @throws GraffitistError `label-missing`, `label-invalid`, `csv-malformed`, `file-missing` */
export async function labelImages(source: Source, request: Omit<DataRequest, 'files'>, network: NetworkFacts): Promise<Labelling> {
  const rule = request.labels ?? { kind: 'auto' };
  const chosen = rule.kind === 'auto' ? automatic(source, network) : rule;
  if (chosen.kind === 'none') return { ...NONE, warnings: tablesBeside(source) };
  if (source.labelsWhenRead && (chosen.kind === 'carried' || chosen.kind === 'wnid'))
    return recordLabelling(source, chosen, request, network);
  const raw = await rawLabels(source, chosen, network);
  const offset = typeof request.labelOffset === 'number' ? request.labelOffset : autoOffset(raw.found, network.outputs);
  checkRange(raw.found, offset, network.outputs);
  return finish(source, chosen, raw, offset);
}

/** LBL2: what the data carries, else class folders, else WNIDs in file names, else nothing. */
function automatic(source: Source, network: NetworkFacts): Exclude<LabelRule, { readonly kind: 'auto' }> {
  if (source.labels !== null || source.labelsWhenRead) return { kind: 'carried' };
  const paths = Array.from({ length: source.count }, (_, image) => source.pathOf(image));
  const wnid = { kind: 'wnid', order: network.name === 'darknet19' ? 'darknet' : 'imagenet' } as const;
  const wnids = paths.filter((path) => classOfWnid(wnidIn(path) ?? '', 'imagenet') !== null).length;
  const isImageNet = wnids > source.count / 2;
  const { folders, labels } = folderLabels(paths);
  const most = labels.reduce<number>((high, label) => Math.max(high, label ?? 0), 0);
  const fits = folders > 1 && (network.outputs === null || folders <= network.outputs || most < network.outputs);
  // Folders of a choice of ImageNet's classes are numbered among the thousand where the network has those.
  if (isImageNet && (!fits || network.outputs === null || network.outputs === 1000 || network.outputs === 1001)) return wnid;
  return fits ? { kind: 'folders' } : { kind: 'none' };
}

async function rawLabels(
  source: Source,
  rule: Exclude<LabelRule, { readonly kind: 'auto' } | { readonly kind: 'none' }>,
  network: NetworkFacts,
): Promise<Raw> {
  const paths = Array.from({ length: source.count }, (_, image) => source.pathOf(image));
  switch (rule.kind) {
    case 'carried':
      return carried(source, rule);
    case 'folders':
      return folders(paths, rule, network);
    case 'wnid':
      return wnids(paths, rule);
    case 'csv':
      return table(source, paths, rule, network);
  }
}

function carried(source: Source, rule: LabelRule): Raw {
  if (source.labels === null) {
    throw new GraffitistError('label-missing', 'The data holds no labels.', {
      about: source.title,
      remedy: 'Take labels from folders, file names or a table.',
    });
  }
  const labels = Array.from(source.labels);
  return { found: { rule, range: rangeOf(labels), of: null }, labels, classNames: source.classNames, warnings: [], missing: '' };
}

function folders(paths: readonly string[], rule: LabelRule, network: NetworkFacts): Raw {
  const { labels, classNames, folders: count } = folderLabels(paths);
  if (count === 0) {
    throw new GraffitistError('label-missing', 'The pictures lie in no folders of classes.', {
      about: 'labels',
      remedy: 'Put the pictures of each class into a folder of its own.',
    });
  }
  const found = { rule, range: rangeOf(labels), of: count };
  const { outputs } = network;
  const warnings: DataWarning[] = [];
  if (outputs !== null && count !== outputs && autoOffset(found, outputs) === 0 && classNames.length > 0) {
    warnings.push({
      rule: 'LBL3',
      text: `There are ${count} class folders and the network has ${outputs} classes: folder k in sorted order is taken as class k.`,
      remedy: 'Add folders for the missing classes, or name the folders by their numbers.',
    });
  }
  return { found, labels, classNames, warnings, missing: 'It lies in no folder of a class.' };
}

function wnids(paths: readonly string[], rule: Extract<LabelRule, { kind: 'wnid' }>): Raw {
  const labels = paths.map((path) => classOfWnid(wnidIn(path) ?? '', rule.order));
  if (labels.every((label) => label === null)) {
    throw new GraffitistError('label-missing', 'No file or folder is named after a class of ImageNet (n01440764).', {
      about: 'labels',
      remedy: 'Take labels from folders or from a table.',
    });
  }
  const classNames = namesByWnid(paths, labels, rule.order);
  return {
    found: { rule, range: rangeOf(labels), of: 1000 },
    labels,
    classNames,
    warnings: [],
    missing: 'Its name has no WNID of the thousand classes.',
  };
}

async function table(
  source: Source,
  paths: readonly string[],
  rule: Extract<LabelRule, { kind: 'csv' }>,
  network: NetworkFacts,
): Promise<Raw> {
  const wanted = rule.file.replaceAll('\\', '/');
  const file =
    source.texts.find(({ path }) => path === wanted) ??
    source.texts.find(({ path }) => path.endsWith(`/${wanted}`) || path === wanted.replace(/^.*\//, ''));
  if (file === undefined) {
    throw new GraffitistError('file-missing', `The table '${rule.file}' is not among the files.`, {
      about: rule.file,
      remedy: 'Open it together with the images.',
    });
  }
  const order: WnidOrder = network.name === 'darknet19' ? 'darknet' : 'imagenet';
  const { labels, classNames, strangers, imagenet } = csvLabels({
    text: await (await blobOf(file)).text(),
    fileName: file.path,
    paths,
    order,
  });
  const warnings: DataWarning[] = [];
  if (strangers.count > 0) {
    warnings.push({
      rule: 'LBL5',
      text: `'${rule.file}' has ${counted(strangers.count, 'line')} for which there is no image: ${strangers.first.join(', ')}${strangers.count > strangers.first.length ? ' …' : ''}.`,
      remedy: null,
    });
  }
  return {
    found: { rule, range: rangeOf(labels), of: imagenet ? 1000 : null },
    labels,
    classNames,
    warnings,
    missing: `'${rule.file}' has no line for it.`,
  };
}

function finish(source: Source, rule: LabelRule, { labels, classNames, warnings, missing }: Raw, offset: number): Labelling {
  const leftOut = labels.flatMap((label, image): LeftOut[] =>
    label === null ? [{ name: source.pathOf(image), error: errorInfo(new GraffitistError('label-missing', missing)) }] : [],
  );
  if (leftOut.length > 0) {
    warnings = [
      ...warnings,
      {
        rule: 'LBL8',
        text: `${leftOut.length.toLocaleString('en-US')} of ${labels.length.toLocaleString('en-US')} images have no label and are left out: ${leftOut
          .slice(0, 3)
          .map(({ name }) => name)
          .join(', ')}${leftOut.length > 3 ? ' …' : ''}.`,
        remedy: 'Label them, or open the images without labels.',
      },
    ];
  }
  return {
    rule,
    offset,
    labels: Int32Array.from(labels, (label) => (label === null ? -1 : label + offset)),
    records: null,
    classes: new Set(labels.filter((label) => label !== null)).size,
    classNames: shifted(classNames, offset),
    leftOut,
    warnings,
  };
}

/** Labels of records are known when they are read; some are looked at now. */
async function recordLabelling(
  source: Source,
  rule: Extract<LabelRule, { kind: 'carried' | 'wnid' }>,
  request: Omit<DataRequest, 'files'>,
  network: NetworkFacts,
): Promise<Labelling> {
  const sample = await sampleRecords(source);
  const found = sample.found(rule);
  if (found.range === null) {
    if (request.labels !== undefined && request.labels.kind !== 'auto')
      throw new GraffitistError('label-missing', 'The records hold no labels (image/class/label).', {
        about: source.title,
        remedy: 'Open them without labels.',
      });
    return NONE;
  }
  const offset = typeof request.labelOffset === 'number' ? request.labelOffset : autoOffset(found, network.outputs);
  checkRange(found, offset, network.outputs);
  const records: RecordLabels = { by: rule.kind === 'wnid' ? rule.order : 'number', offset, classes: network.outputs };
  return {
    ...NONE,
    rule,
    offset,
    records,
    classNames: found.of === 1000 && rule.kind === 'wnid' ? shifted(wnidsInOrder(rule.order), offset) : [],
  };
}

/** Where a table that may hold labels lies beside images that have none, that is said. */
function tablesBeside({ texts }: Source): DataWarning[] {
  const [first] = texts.filter(({ path }) => /\.(csv|tsv)$|label|ground_?truth|synset|(^|\/)val\.txt$/i.test(path));
  if (first === undefined) return [];
  return [{ rule: 'LBL2', text: `The images have no labels; '${first.path}' may hold them.`, remedy: 'Choose it as the table of labels.' }];
}

function rangeOf(labels: readonly (number | null)[]): FoundLabels['range'] {
  let range: readonly [number, number] | null = null;
  for (const label of labels) {
    if (label === null) continue;
    range = range === null ? [label, label] : [Math.min(range[0], label), Math.max(range[1], label)];
  }
  return range;
}

/** `n01440764 tench` where the file's name goes on so. */
function namesByWnid(paths: readonly string[], labels: readonly (number | null)[], order: WnidOrder): string[] {
  const names = wnidsInOrder(order);
  paths.forEach((path, image) => {
    const label = labels[image] ?? null;
    const words = /n\d{8}[_ -]([^/.]*[a-z][^/.]*)/i.exec(path)?.[1];
    if (label !== null && words !== undefined && (names[label] ?? '').length === 9)
      names[label] = `${names[label]} ${words.replaceAll('_', ' ')}`;
  });
  return names;
}

/** Names by label with the offset added: what stands before them is the background. */
function shifted(names: readonly string[], offset: number): readonly string[] {
  if (names.length === 0 || offset === 0) return names;
  return offset > 0 ? [...new Array<string>(offset).fill('background'), ...names] : names.slice(-offset);
}
