import { access, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { GraffitistError } from '../worker/errors.ts';
import { findCheckpoint } from '../worker/formats/checkpointFiles.ts';
import { readCheckpointState } from '../worker/formats/checkpointState.ts';
import type { SourceFile } from '../worker/protocol.ts';
import { openFile } from './fileBlobs.ts';

/** Opens one file; `what` it is, for the message. @throws GraffitistError `file-missing` */
export async function readSource(file: string, what = 'Input graph file'): Promise<SourceFile> {
  try {
    return { name: path.basename(file), path: file, blob: await openFile(file) };
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'does not exist' : `cannot be read (${(error as Error).message})`;
    throw new GraffitistError('file-missing', `${what} '${file}' ${reason}!`, { remedy: 'Check the path.' });
  }
}

const SAVED_MODEL = ['saved_model.pb', 'saved_model.pbtxt'];

/** The graph's own file: of a folder, the SavedModel in it. @throws GraffitistError `file-missing` */
export async function graphPath(given: string): Promise<string> {
  if (!(await stat(given).catch(() => null))?.isDirectory()) return given;
  const names = await readdir(given);
  const name = SAVED_MODEL.find((candidate) => names.includes(candidate));
  if (name !== undefined) return path.join(given, name);
  throw new GraffitistError('file-missing', `The folder '${given}' is no SavedModel: there is no saved_model.pb in it.`, {
    about: given,
    remedy: 'Name the graph itself.',
  });
}

/**
 * The graph, the one checkpoint that belongs to it and the calibration set: those named, else those beside the graph; the checkpoint of a
 * SavedModel is in its folder `variables`; and the text files that options name.
 * @throws GraffitistError `file-missing`, `checkpoint-missing`
 */
export async function readModelFiles(
  given: string,
  named: {
    readonly checkpoint?: string | undefined;
    readonly calibration?: readonly string[] | undefined;
    readonly lists?: readonly string[];
  },
): Promise<SourceFile[]> {
  const graph = await graphPath(given);
  const main = await readSource(graph);
  const weights = await checkpointPaths(graph, named.checkpoint);
  const shards = await Promise.all(weights.map((file) => readSource(file, 'Checkpoint file')));
  return [main, ...shards, ...(await readCalibration(graph, named.calibration)), ...(await readLists(graph, named.lists ?? []))];
}

/** Where a list lies: at its path from the working folder, as the original reads it, else beside the graph. */
function readLists(graph: string, lists: readonly string[]): Promise<SourceFile[]> {
  return Promise.all(
    lists.map(async (name) => {
      const beside = path.join(path.dirname(graph), name);
      const there = await access(name).then(
        () => name,
        () => beside,
      );
      return { ...(await readSource(there, 'List file')), path: name };
    }),
  );
}

/** Of a folder that is named, the checkpoint that its own file `checkpoint` names, else the only one. */
async function checkpointPaths(graph: string, given: string | undefined): Promise<readonly string[]> {
  const isFolder = given !== undefined && (await stat(given).catch(() => null))?.isDirectory() === true;
  const named = isFolder ? undefined : given;
  const inSavedModel = given === undefined && SAVED_MODEL.includes(path.basename(graph));
  const folder = isFolder ? given : inSavedModel ? path.join(path.dirname(graph), 'variables') : path.dirname(named ?? graph);
  const names = await readdir(folder).catch(() => [] as string[]);
  // A V1 checkpoint is the one file that its name says; opening it tells what to do.
  const exact = named === undefined || !names.includes(path.basename(named)) ? undefined : path.basename(named);
  if (exact !== undefined && !/\.(index|data-\d{5}-of-\d{5})$/.test(exact) && !names.includes(`${exact}.index`))
    return [path.join(folder, exact)];
  const state =
    named === undefined && names.includes('checkpoint')
      ? readCheckpointState(await readFile(path.join(folder, 'checkpoint'), 'utf8'))
      : undefined;
  const prefix = findCheckpoint(names, { wanted: named, state });
  return names
    .filter((name) => prefix !== undefined && (name === `${prefix}.index` || name.startsWith(`${prefix}.data-`)))
    .map((name) => path.join(folder, name));
}

async function readCalibration(graph: string, named: readonly string[] | undefined): Promise<SourceFile[]> {
  if (named !== undefined) return Promise.all(named.map((file) => readSource(file, 'Calibration file')));
  const names = await readdir(path.dirname(graph)).catch(() => [] as string[]);
  const found = ['calibration_set.npy', 'calibration_set.npz'].find((name) => names.includes(name));
  return found === undefined ? [] : [await readSource(path.join(path.dirname(graph), found), 'Calibration file')];
}
