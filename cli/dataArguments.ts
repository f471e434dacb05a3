import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import { parseImageRule, parseSize } from '../worker/data/imageRuleText.ts';
import { GraffitistError } from '../worker/errors.ts';
import type { DataRequest, ImageRule, LabelRule, SourceFile } from '../worker/protocol.ts';
import { readSource } from './files.ts';

/** The arguments that say which images, which labels, and how a picture becomes an input. */
export interface DataArguments {
  readonly data?: readonly string[];
  readonly labels?: string;
  readonly label_offset?: string;
  readonly images?: string;
  readonly image_size?: string;
}

/** Adds them to a command, with the names of the original's scripts beside ours. */
export function withDataArguments(command: Command): Command {
  return command
    .option('--data_dir, --data <paths...>', 'files or folders of images, .zip, TFRecord shards, .npz, .npy, CIFAR batches')
    .option('--labels <rule>', 'auto, none, carried, folders, wnid, darknet, or a table (.csv, .txt)', 'auto')
    .option('--label_offset <number>', 'added to every label, or auto', 'auto')
    .option(
      '--preprocessing, --images <rule>',
      "how a picture becomes an input: a name (inception, vgg, darknet …) or crop=0.875,divisor=127.5,mean=1,scale=1,channels=bgr (default: the network's own)",
    )
    .option('--image_size <pixels>', 'height and width of the input, where the graph does not say it');
}

/** The files and the rule for labels. @throws GraffitistError `option-invalid`, `file-missing` */
export async function dataRequest({ data, labels = 'auto', label_offset: offset = 'auto' }: DataArguments): Promise<DataRequest> {
  if (data === undefined) {
    throw new GraffitistError('option-invalid', 'The argument --data is required.', {
      about: '--data',
      remedy: 'Name files or folders of images.',
    });
  }
  const files: SourceFile[] = [];
  for (const given of data) files.push(...(await filesOf(given)));
  const rule = labelRule(labels);
  if (rule.kind === 'csv') files.push({ ...(await readSource(labels, 'Table of labels')), path: rule.file });
  return { files, labels: rule, labelOffset: labelOffset(offset) };
}

/** The rule that is asked for, else the one that the opened data suggest. @throws GraffitistError `option-invalid` */
export function imageRule({ images, image_size: size }: DataArguments, suggested: ImageRule): ImageRule {
  const rule = images === undefined ? suggested : parseImageRule(images);
  return size === undefined ? rule : { ...rule, size: parseSize(size) };
}

function labelRule(text: string): LabelRule {
  switch (text) {
    case 'auto':
    case 'none':
    case 'carried':
    case 'folders':
      return { kind: text };
    case 'wnid':
      return { kind: 'wnid', order: 'imagenet' };
    case 'darknet':
      return { kind: 'wnid', order: 'darknet' };
    default:
      return { kind: 'csv', file: path.basename(text) };
  }
}

function labelOffset(text: string): number | 'auto' {
  if (text === 'auto') return text;
  if (/^[-+]?\d+$/.test(text)) return Number(text);
  throw new GraffitistError('option-invalid', `'${text}' is no label offset.`, {
    about: '--label_offset',
    remedy: 'Write auto or a whole number, −1 where labels count from 1.',
  });
}

/** Files opened at a time: a folder may hold many. */
const AT_ONCE = 256;

/** A file, or all in a folder; paths begin with the name of what was given, as where it is dropped on the page. */
async function filesOf(given: string): Promise<SourceFile[]> {
  const there = path.resolve(given);
  const base = path.basename(there);
  if (!(await stat(given).catch(() => null))?.isDirectory()) return [{ ...(await readSource(given, 'Data file')), path: base }];
  const found = (await filesIn(there)).sort();
  const files: SourceFile[] = [];
  for (let at = 0; at < found.length; at += AT_ONCE) {
    const some = found.slice(at, at + AT_ONCE).map(async (file): Promise<SourceFile> => {
      const inside = path.relative(there, file).split(path.sep).join('/');
      return { ...(await readSource(file, 'Data file')), path: `${base}/${inside}` };
    });
    files.push(...(await Promise.all(some)));
  }
  return files;
}

/** Plain files below a folder, those that links lead to included; no folder is entered through a link, which might lead back. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const isFile = async (entry: (typeof entries)[number]): Promise<boolean> =>
    entry.isFile() ||
    (entry.isSymbolicLink() && (await stat(path.join(entry.parentPath, entry.name)).catch(() => null))?.isFile() === true);
  const kept: string[] = [];
  for (const entry of entries) if (await isFile(entry)) kept.push(path.join(entry.parentPath, entry.name));
  return kept;
}
