import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GraffitistError } from '../worker/errors.ts';
import { findCheckpoint } from '../worker/formats/checkpointFiles.ts';
import { readCheckpointState } from '../worker/formats/checkpointState.ts';
import type { SourceFile } from '../worker/protocol.ts';

/** Reads one file whole. @throws GraffitistError `file-missing` */
export async function readSource(file: string): Promise<SourceFile> {
  try {
    return { name: path.basename(file), path: file, blob: new Blob([await readFile(file)]) };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : `cannot be read (${(error as Error).message})`;
    throw new GraffitistError('file-missing', `Input graph file '${file}' ${reason}!`, { remedy: 'Check the path.' });
  }
}

/**
 * The graph, the one checkpoint that belongs to it and the calibration set: those named, else those beside the graph.
 * @throws GraffitistError `file-missing`, `checkpoint-missing`
 */
export async function readModelFiles(
  graph: string,
  named: { readonly checkpoint?: string | undefined; readonly calibration?: string | undefined },
): Promise<SourceFile[]> {
  const main = await readSource(graph);
  const folder = path.dirname(named.checkpoint ?? graph);
  const names = await readdir(folder).catch(() => [] as string[]);
  const state =
    named.checkpoint === undefined && names.includes('checkpoint')
      ? readCheckpointState(await readFile(path.join(folder, 'checkpoint'), 'utf8'))
      : undefined;
  const prefix = findCheckpoint(names, { wanted: named.checkpoint, state });
  const checkpoint = names.filter((name) => prefix !== undefined && (name === `${prefix}.index` || name.startsWith(`${prefix}.data-`)));
  const beside = path.join(path.dirname(graph), 'calibration_set.npy');
  const data = named.calibration === undefined ? await readSource(beside).catch(() => null) : await readSource(named.calibration);
  return [main, ...(await Promise.all(checkpoint.map((name) => readSource(path.join(folder, name))))), ...(data === null ? [] : [data])];
}

/** Writes beside and renames, so that a failed write leaves the old file whole. */
export async function writeOutput(file: string, blob: Blob): Promise<void> {
  await mkdir(path.dirname(path.resolve(file)), { recursive: true });
  const partial = `${file}.partial`;
  await writeFile(partial, new Uint8Array(await blob.arrayBuffer()));
  await rename(partial, file);
}
