import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { GraffitistError } from '../worker/errors.ts';
import { findCheckpoint } from '../worker/formats/checkpointFiles.ts';
import { readCheckpointState } from '../worker/formats/checkpointState.ts';
import type { SourceFile } from '../worker/protocol.ts';

/** Reads one file whole; `what` it is, for the message. @throws GraffitistError `file-missing` */
export async function readSource(file: string, what = 'Input graph file'): Promise<SourceFile> {
  try {
    return { name: path.basename(file), path: file, blob: new Blob([await readFile(file)]) };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : `cannot be read (${(error as Error).message})`;
    throw new GraffitistError('file-missing', `${what} '${file}' ${reason}!`, { remedy: 'Check the path.' });
  }
}

/**
 * The graph, the one checkpoint that belongs to it and the calibration set: those named, else those beside the graph.
 * @throws GraffitistError `file-missing`, `checkpoint-missing`
 */
export async function readModelFiles(
  graph: string,
  named: { readonly checkpoint?: string | undefined; readonly calibration?: readonly string[] | undefined },
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
  const shards = await Promise.all(checkpoint.map((name) => readSource(path.join(folder, name), 'Checkpoint file')));
  return [main, ...shards, ...(await readCalibration(graph, named.calibration))];
}

async function readCalibration(graph: string, named: readonly string[] | undefined): Promise<SourceFile[]> {
  if (named !== undefined) return Promise.all(named.map((file) => readSource(file, 'Calibration file')));
  const names = await readdir(path.dirname(graph)).catch(() => [] as string[]);
  const found = ['calibration_set.npy', 'calibration_set.npz'].find((name) => names.includes(name));
  return found === undefined ? [] : [await readSource(path.join(path.dirname(graph), found), 'Calibration file')];
}
