import { access, constants, mkdir, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { GraffitistError } from '../worker/errors.ts';
import type { SourceFile } from '../worker/protocol.ts';

/** A file on its way to the disk. */
export interface Output {
  readonly path: string;
  readonly blob: Blob;
}

/** How much is written at once. */
const SLICE = 8 * 2 ** 20;

/** Where an output ends up: `partial` is renamed to `path`; a device or a pipe is written as it is and has none. */
interface Place {
  readonly path: string;
  readonly partial: string | null;
}

/**
 * Says before any work what would stop a result from being written: a folder in its place, a place that cannot be written, an input
 * other than the graph itself.
 * @throws GraffitistError `file-not-written`, `option-invalid`
 */
export async function checkOutput(file: string, sources: readonly SourceFile[]): Promise<void> {
  const { path: target } = await placeOf(file);
  for (const source of sources.slice(1)) {
    if (source.path === undefined || (await settled(source.path)) !== target) continue;
    throw new GraffitistError('option-invalid', `The result would take the place of '${source.path}', which it is made from.`, {
      about: file,
      remedy: 'Name another file.',
    });
  }
  await checkFolder(path.dirname(target), file);
}

/** @throws GraffitistError `file-not-written` where nothing can be added to the folder, or to the one that it will be made in */
export async function checkFolder(folder: string, about = folder): Promise<void> {
  const there = await nearestFolder(folder);
  await attempt(about, () => access(there, constants.W_OK));
}

/**
 * Writes files together: all of them beside their places first, then each is renamed. Where one cannot be written, what was there
 * before stays whole and nothing half-written is left.
 * @throws GraffitistError `file-not-written`
 */
export async function writeOutputs(outputs: readonly Output[]): Promise<void> {
  const places: Place[] = [];
  try {
    for (const { path: file, blob } of outputs) {
      const place = await placeOf(file);
      places.push(place);
      await attempt(file, async () => {
        await makeFolder(path.dirname(place.path));
        await writeFile(place.partial ?? place.path, slicesOf(blob));
      });
    }
    for (const { path: target, partial } of places) {
      if (partial !== null) await attempt(target, () => rename(partial, target));
    }
  } catch (error) {
    for (const { partial } of places) if (partial !== null) await rm(partial, { force: true }).catch(() => undefined);
    throw error;
  }
}

/** The bytes piece by piece: large results are not held a second time. */
async function* slicesOf(blob: Blob): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < blob.size; at += SLICE) yield new Uint8Array(await blob.slice(at, at + SLICE).arrayBuffer());
}

/** @throws GraffitistError `file-not-written` where a folder is in the way */
async function placeOf(file: string): Promise<Place> {
  const target = await settled(file);
  const there = await stat(target).catch(() => null);
  if (there?.isDirectory()) throw notWritten(file, new Error('it is a folder'), 'Add a file name.');
  // Renaming would put a plain file in the place of /dev/null or a pipe.
  if (there !== null && !there.isFile()) return { path: target, partial: null };
  return { path: target, partial: path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.partial`) };
}

/** The path behind symbolic links, so that a link stays one. */
async function settled(file: string): Promise<string> {
  return realpath(file).catch(() => path.resolve(file));
}

/** One folder after the other: Node's recursive mkdir never ends where a file system like /proc refuses new entries as missing. */
async function makeFolder(folder: string): Promise<void> {
  const there = await nearestFolder(folder);
  const missing = path
    .relative(there, folder)
    .split(path.sep)
    .filter((name) => name !== '');
  let current = there;
  for (const name of missing) {
    current = path.join(current, name);
    await mkdir(current).catch((error: NodeJS.ErrnoException) => (error.code === 'EEXIST' ? undefined : Promise.reject(error)));
  }
}

async function nearestFolder(folder: string): Promise<string> {
  let current = folder;
  for (;;) {
    const there = await stat(current).catch((error: NodeJS.ErrnoException) => (error.code === 'ENOTDIR' ? 'file' : null));
    if (there === 'file' || (there !== null && !there.isDirectory())) throw notWritten(folder, new Error('a file stands in its path'));
    const parent = path.dirname(current);
    if (there !== null || parent === current) return current;
    current = parent;
  }
}

async function attempt(file: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    if (error instanceof GraffitistError) throw error;
    throw notWritten(file, error);
  }
}

function notWritten(file: string, error: unknown, remedy = 'Choose a place that can be written.'): GraffitistError {
  const reason = error instanceof Error ? error.message : String(error);
  return new GraffitistError('file-not-written', `'${file}' cannot be written (${reason}).`, { remedy });
}
