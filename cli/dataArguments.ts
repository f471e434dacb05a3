import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { GraffitistError } from '../worker/errors.ts';
import type { DataRequest, ImageRule, LabelRule, SourceFile } from '../worker/protocol.ts';
import { readSource } from './files.ts';

export interface DataArguments {
  readonly data?: readonly string[];
  readonly labels?: string;
  readonly label_offset?: string;
  readonly images?: string;
  readonly image_size?: string;
}

export async function dataRequest({ data, labels, label_offset: offset }: DataArguments): Promise<DataRequest> {
  if (data === undefined) {
    throw new GraffitistError('option-invalid', 'The argument --data is required.', {
      about: '--data',
      remedy: 'Name files or folders of images.',
    });
  }
  const files = (await Promise.all(data.map((given) => filesOf(given)))).flat();
  const rule: LabelRule =
    labels === undefined || labels === 'auto'
      ? { kind: 'auto' }
      : labels === 'none'
        ? { kind: 'none' }
        : labels === 'folders'
          ? { kind: 'folders' }
          : { kind: 'wnid', order: 'imagenet' };
  return { files, labels: rule, ...(offset === undefined ? {} : { labelOffset: Number(offset) }) };
}

/** Paths begin with the name of the folder that was given, as where a folder is dropped on the page. */
async function filesOf(given: string): Promise<SourceFile[]> {
  const there = path.resolve(given);
  if (!(await stat(given).catch(() => null))?.isDirectory())
    return [{ ...(await readSource(given, 'Data file')), path: path.basename(there) }];
  const entries = (await readdir(there, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  return Promise.all(
    entries.map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return { ...(await readSource(file, 'Data file')), path: path.join(path.basename(there), path.relative(there, file)) };
    }),
  );
}

export function imageRule({ images, image_size: size }: DataArguments, suggested: ImageRule): ImageRule {
  const rule = images === undefined ? suggested : ({ name: images } as ImageRule);
  return size === undefined ? rule : { ...rule, size: [Number(size), Number(size)] };
}
