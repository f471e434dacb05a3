import { packedFile } from '../../formats/zipMember.ts';
import type { DataWarning } from '../../protocol.ts';
import { counted } from '../counted.ts';
import type { DataFile, Gathered } from './gather.ts';
import type { Source, StoredImages } from './source.ts';

/** Folders that say which part of a data set is in them; that on which networks are judged comes first. */
const PARTS = ['val', 'valid', 'validation', 'eval', 'test', 'testing', 'train', 'training'];

/** DAT3: pictures in files. Of `train`, `val` and `test` side by side the one for judging is taken. */
export function pictureSource(gathered: Gathered): Source {
  const root = commonFolder(gathered.pictures.map(({ path }) => path));
  const { pictures, folder, warnings } = choosePart(gathered.pictures, root);
  const paths = pictures.map(({ path }) => path.slice(folder.length));
  return {
    kind: 'files',
    title: titleOf(gathered, folder, paths),
    count: pictures.length,
    bytes: pictures.reduce((sum, { bytes }) => sum + bytes, 0),
    shape: null,
    dtype: null,
    pathOf: (image) => paths[image] ?? '',
    stored: (images) => images.map((image) => storedFile(pictures[image])),
    labels: null,
    labelsWhenRead: false,
    classNames: [],
    texts: gathered.texts,
    leftOut: gathered.leftOut,
    warnings,
  };
}

function storedFile(file: DataFile | undefined): StoredImages {
  if (file === undefined) throw new RangeError('There is no such image.');
  return file.content instanceof Blob ? { kind: 'file', blob: file.content } : { kind: 'packed', file: packedFile(file.content) };
}

/** The folder that all paths begin with, with its slash, or nothing. */
export function commonFolder(paths: readonly string[]): string {
  const [first = ''] = paths;
  let length = first.lastIndexOf('/') + 1;
  for (const path of paths) {
    while (length > 0 && !path.startsWith(first.slice(0, length))) length = first.lastIndexOf('/', length - 2) + 1;
  }
  return first.slice(0, length);
}

/** The outermost folder of a path; empty for a file in none. */
export function firstFolder(path: string): string {
  return path.slice(0, Math.max(0, path.indexOf('/')));
}

interface Part {
  readonly pictures: readonly DataFile[];
  readonly folder: string;
  readonly warnings: readonly DataWarning[];
}

function choosePart(pictures: readonly DataFile[], root: string): Part {
  const partOf = ({ path }: DataFile): string => firstFolder(path.slice(root.length)).toLowerCase();
  const parts = new Set(pictures.map(partOf));
  const chosen = PARTS.find((part) => parts.has(part));
  if (chosen === undefined || parts.size < 2 || ![...parts].every((part) => PARTS.includes(part)))
    return { pictures, folder: root, warnings: [] };
  const taken = pictures.filter((file) => partOf(file) === chosen);
  const others = [...parts].filter((part) => part !== chosen);
  return {
    pictures: taken,
    folder: `${root}${taken[0]?.path.slice(root.length, root.length + chosen.length) ?? chosen}/`,
    warnings: [
      {
        rule: 'DAT3',
        text: `Only the ${counted(taken.length, 'picture')} in '${chosen}' are taken, not the ${counted(pictures.length - taken.length, 'picture')} in ${others.map((part) => `'${part}'`).join(', ')}.`,
        remedy: 'Open the other folder by itself to use it.',
      },
    ],
  };
}

/** `validation: 51 JPEG files in one folder` */
function titleOf({ archive }: Gathered, folder: string, paths: readonly string[]): string {
  const name = folder.slice(0, -1).split('/').at(-1) ?? '';
  const jpeg = paths.some((path) => !/\.png$/i.test(path));
  const png = paths.some((path) => /\.png$/i.test(path));
  const form = [...(jpeg ? ['JPEG'] : []), ...(png ? ['PNG'] : [])].join(' and ');
  const folders = new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/') + 1))).size;
  const where = folders === 1 ? (archive === null ? 'in one folder' : 'in an archive') : `in ${counted(folders, 'folder')}`;
  return `${name === '' ? 'pictures' : name.replace(/\.zip$/i, '')}: ${counted(paths.length, `${form} file`)} ${where}`;
}
