import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GraffitistError } from '../worker/errors.ts';
import type { SourceFile } from '../worker/protocol.ts';

/** Reads one file whole. @throws GraffitistError `file-missing` */
export async function readSource(file: string): Promise<SourceFile> {
  try {
    return { name: path.basename(file), path: file, blob: new Blob([await readFile(file)]) };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : `cannot be read (${(error as Error).message})`;
    throw new GraffitistError('file-missing', `The file ${reason}.`, { about: file, remedy: 'Check the path.' });
  }
}

/** The graph and what belongs beside it: checkpoint files and the calibration set, or those named instead. */
export async function readModelFiles(graph: string, named: { readonly checkpoint?: string | undefined; readonly calibration?: string | undefined }): Promise<SourceFile[]> {
  const main = await readSource(graph);
  const folder = path.dirname(graph);
  const names = await readdir(folder);
  const beside = names.filter((name) => isCheckpointFile(name) && named.checkpoint === undefined).map((name) => path.join(folder, name));
  const data = named.calibration ?? (names.includes('calibration_set.npy') ? path.join(folder, 'calibration_set.npy') : undefined);
  const wanted = [...beside, ...(await checkpointFiles(named.checkpoint)), ...(data === undefined ? [] : [data])];
  return [main, ...(await Promise.all(wanted.map(readSource)))];
}

function isCheckpointFile(name: string): boolean {
  return name === 'checkpoint' || name.endsWith('.index') || /\.data-\d{5}-of-\d{5}$/.test(name);
}

/** `x.ckpt`, `x.ckpt-5000` or `x.ckpt.index` → its index and data files. */
async function checkpointFiles(named: string | undefined): Promise<string[]> {
  if (named === undefined) return [];
  const prefix = named.replace(/\.(index|data-\d{5}-of-\d{5}|meta)$/, '');
  const folder = path.dirname(prefix);
  const base = path.basename(prefix);
  const names = await readdir(folder).catch(() => []);
  const found = names.filter((name) => name === `${base}.index` || (name.startsWith(`${base}.data-`) && isCheckpointFile(name)));
  if (found.includes(`${base}.index`)) return found.map((name) => path.join(folder, name));
  throw new GraffitistError('checkpoint-missing', 'There is no checkpoint of this name.', { about: named, remedy: `Expected ${base}.index and ${base}.data-00000-of-00001.` });
}

/** Writes beside and renames, so that a failed write leaves the old file whole. */
export async function writeOutput(file: string, blob: Blob): Promise<void> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  const partial = `${file}.partial`;
  await writeFile(partial, new Uint8Array(await blob.arrayBuffer()));
  await rename(partial, file);
}
