import { GraffitistError } from '../../errors.ts';
import type { DataWarning, LabelRule } from '../../protocol.ts';
import { counted } from '../counted.ts';
import { blobOf, type DataFile } from '../sources/gather.ts';
import type { Source } from '../sources/source.ts';
import { csvLabels } from './csvLabels.ts';
import { folderLabels } from './folders.ts';
import { type NetworkFacts, wnidOrderOf } from './network.ts';
import { autoOffset, type FoundLabels } from './offset.ts';
import { otherCount } from './warnings.ts';
import { classOfWnid, type WnidOrder, wnidIn, wnidsInOrder } from './wnid.ts';

/** Labels before the offset, and what there is to say of them. */
export interface RawLabels {
  readonly found: FoundLabels;
  readonly labels: readonly (number | null)[];
  readonly classNames: readonly string[];
  readonly warnings: readonly DataWarning[];
  /** Why an image without label has none. */
  readonly missing: string;
}

/** Labels of all images by a rule. @throws GraffitistError `label-missing`, `label-invalid`, `csv-malformed`, `file-missing` */
export async function rawLabels(
  source: Source,
  rule: Exclude<LabelRule, { readonly kind: 'auto' } | { readonly kind: 'none' }>,
  network: NetworkFacts,
): Promise<RawLabels> {
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

function carried(source: Source, rule: LabelRule): RawLabels {
  if (source.labels === null) {
    throw new GraffitistError('label-missing', 'The data holds no labels.', {
      about: source.title,
      remedy: 'Take labels from folders, file names or a table.',
    });
  }
  const labels = Array.from(source.labels);
  return { found: { rule, range: rangeOf(labels), of: null }, labels, classNames: source.classNames, warnings: [], missing: '' };
}

function folders(paths: readonly string[], rule: LabelRule, network: NetworkFacts): RawLabels {
  const { labels, classNames, folders: count } = folderLabels(paths);
  if (count === 0) {
    throw new GraffitistError('label-missing', 'The pictures lie in no folders of classes.', {
      about: 'labels',
      remedy: 'Put the pictures of each class into a folder of its own.',
    });
  }
  const found = { rule, range: rangeOf(labels), of: count };
  const warnings = autoOffset(found, network.outputs) === 0 ? otherCount('class folder', classNames.length, network) : [];
  return { found, labels, classNames, warnings, missing: 'It lies in no folder of a class.' };
}

function wnids(paths: readonly string[], rule: Extract<LabelRule, { kind: 'wnid' }>): RawLabels {
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
): Promise<RawLabels> {
  const file = tableNamed(source, rule.file);
  if (file === undefined) {
    throw new GraffitistError('file-missing', `The table '${rule.file}' is not among the files.`, {
      about: rule.file,
      remedy: 'Open it together with the images.',
    });
  }
  const order = wnidOrderOf(network);
  const { labels, classNames, strangers, imagenet } = csvLabels({
    text: await (await blobOf(file)).text(),
    fileName: file.path,
    paths,
    order,
    folders: folderLabels(paths).classNames,
  });
  const warnings = [...otherCount('class name', classNames.length, network)];
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

/** By its path, the end of it, or its name alone. */
function tableNamed({ texts }: Source, wanted: string): DataFile | undefined {
  const path = wanted.replaceAll('\\', '/');
  const name = path.slice(path.lastIndexOf('/') + 1);
  return (
    texts.find((file) => file.path === path) ??
    texts.find((file) => file.path.endsWith(`/${path}`)) ??
    texts.find((file) => file.path === name || file.path.endsWith(`/${name}`))
  );
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
