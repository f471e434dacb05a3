import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { GraffitistError } from '../worker/errors.ts';

/**
 * EVA23: the graph that a model folder is about, as the original's `--model_dir` takes it: a SavedModel, else the frozen or the only `.pb`
 * (the shortest name first: what was written later has a longer one), else the `.meta` at the latest step. A file is itself.
 * @throws GraffitistError `file-missing`
 */
export async function modelPath(given: string): Promise<string> {
  if (!(await stat(given).catch(() => null))?.isDirectory()) return given;
  const names = (await readdir(given)).sort();
  const shortest = (ending: RegExp) => names.filter((name) => ending.test(name)).sort((a, b) => a.length - b.length)[0];
  const latest = names.filter((name) => name.endsWith('.meta')).sort((a, b) => stepOf(b) - stepOf(a))[0];
  const name = names.find((file) => /^saved_model\.(pb|pbtxt)$/.test(file)) ?? shortest(/frozen.*\.pb$/i) ?? shortest(/\.pb$/i) ?? latest;
  if (name !== undefined) return path.join(given, name);
  throw new GraffitistError('file-missing', `There is no graph in the folder '${given}'.`, {
    about: given,
    remedy: 'Name a .pb, a .meta or the folder of a SavedModel.',
  });
}

/** `model.ckpt-5000.meta`: 5000 */
function stepOf(name: string): number {
  return Number(/-(\d+)\.meta$/.exec(name)?.[1] ?? -1);
}
