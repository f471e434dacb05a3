import { sniffFile } from '../formats/sniff.ts';
import { unzip } from '../formats/unzip.ts';
import type { SourceFile } from '../protocol.ts';

const SAVED_MODEL = /^saved_model\.(pb|pbtxt)$/;

export function isSavedModel({ name }: SourceFile): boolean {
  return SAVED_MODEL.test(name);
}

/** The files with those inside each .zip in its place; a path there leads on from the archive's. @throws GraffitistError `file-truncated` */
export async function unpackArchives(files: readonly SourceFile[]): Promise<SourceFile[]> {
  const unpacked = files.map(async (file) => {
    if (!/\.zip$/i.test(file.name) || (await sniffFile(file.blob)) !== 'zip') return [file];
    const entries = await unzip(file);
    return entries.map(({ path, blob }): SourceFile => ({ name: lastPart(path), path: `${file.path ?? file.name}/${path}`, blob }));
  });
  return (await Promise.all(unpacked)).flat();
}

/** What belongs to the graph: of a SavedModel only the checkpoint in its own folder `variables`, where there is one. */
export function savedModelFiles(graphFile: SourceFile, files: readonly SourceFile[]): readonly SourceFile[] {
  if (!isSavedModel(graphFile)) return files;
  const variables = `${folderOf(graphFile)}variables/`;
  const isWeights = ({ name }: SourceFile) => /\.index$|\.data-\d{5}-of-\d{5}$|^checkpoint$/.test(name);
  const own = (file: SourceFile) => isWeights(file) && file.path !== undefined && slashes(file.path) === `${variables}${file.name}`;
  return files.some(own) ? files.filter((file) => own(file) || !isWeights(file)) : files;
}

/** The name of the folder that a SavedModel is in; its file is called the same everywhere. */
export function folderName(file: SourceFile): string {
  const folder = lastPart(folderOf(file).slice(0, -1)).replace(/\.zip$/i, '');
  return folder === '' ? 'saved_model' : folder;
}

function folderOf(file: SourceFile): string {
  const path = slashes(file.path ?? file.name);
  return path.slice(0, path.lastIndexOf('/') + 1);
}

function slashes(path: string): string {
  return path.replaceAll('\\', '/');
}

function lastPart(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
