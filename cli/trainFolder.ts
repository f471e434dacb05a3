import { mkdir, readdir, readFile, realpath, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { documentName } from '../worker/engine/documentName.ts';
import { GraffitistError } from '../worker/errors.ts';
import type { SourceFile } from '../worker/protocol.ts';
import { checkFolder } from './outputs.ts';
import type { TrainArguments } from './trainArguments.ts';

/** Where a run keeps itself and what it comes to. */
export interface TrainFolder {
  readonly results: string;
  /** Below it: the stored run, and the arguments that began it. */
  readonly run: string;
}

const ARGUMENTS = 'arguments.json';
const VERSION = 1;

/** What `arguments.json` holds. */
interface Begun {
  readonly version: typeof VERSION;
  /** Where the paths among the arguments count from. */
  readonly folder: string;
  readonly arguments: TrainArguments;
}

/** TRC6: the folder that is named, else `<name>_trained`, after the graph's file. */
export function trainFolder({ out_dir: given, in_graph: graph = 'model' }: Pick<TrainArguments, 'out_dir' | 'in_graph'>): TrainFolder {
  const file = path.basename(path.resolve(graph));
  const name = /\.(meta|pb|pbtxt)$/.test(file) ? documentName(file) : file;
  const results = given ?? `${name}_trained`;
  return { results, run: path.join(results, 'run') };
}

/** Arguments that may be others when a run goes on. */
const FREE: ReadonlySet<string> = new Set(['out_dir', 'resume', 'discard', 'log', 'json']);

/**
 * TRC8: the arguments of the run that waits in the folder; from here on paths count from where it was begun.
 * @param named the arguments that were written beside `--resume`, by their names
 * @throws GraffitistError `training-state` where no run waits there, `option-invalid` for an argument that would make it another run
 */
export async function resumedArguments(given: TrainArguments, named: readonly string[]): Promise<TrainArguments> {
  const { results, run } = trainFolder(given);
  const there = await readBegun(run);
  if (there === null) {
    throw new GraffitistError('training-state', `No run waits in '${results}'.`, {
      about: '--resume',
      remedy: 'Name the folder of the run with --out_dir, or begin one without --resume.',
    });
  }
  const begun = there.arguments;
  const other = named.find((name) => !FREE.has(name) && !same(given, begun, name as keyof TrainArguments));
  if (other !== undefined) {
    throw new GraffitistError('option-invalid', 'The run that goes on was begun with another value.', {
      about: `--${other}`,
      remedy: 'Leave it out: the run knows its arguments.',
    });
  }
  const { log = begun.log, json, resume } = given;
  const out = path.resolve(results);
  const logged = log === undefined ? {} : { log: given.log === undefined ? log : path.resolve(log) };
  process.chdir(there.folder);
  return { ...begun, out_dir: out, ...logged, ...(json === undefined ? {} : { json }), ...(resume === undefined ? {} : { resume }) };
}

function same(a: TrainArguments, b: TrainArguments, name: keyof TrainArguments): boolean {
  return JSON.stringify(a[name]) === JSON.stringify(b[name]);
}

/**
 * TRC6: says before any work what stands in the way of a new run: a place that cannot be written, a run that waits, results where no
 * folder was named, the graph or the data in the folder.
 * @throws GraffitistError `file-not-written`, `training-state`, `option-invalid`
 */
export async function checkTrainFolder(folder: TrainFolder, options: TrainArguments, sources: readonly SourceFile[]): Promise<void> {
  const { results, run } = folder;
  await checkFolder(run, results);
  const there = await realpath(results).catch(() => path.resolve(results));
  for (const given of [...sources.flatMap(({ path: file }) => (file === undefined ? [] : [path.dirname(file)])), ...(options.data ?? [])]) {
    if ((await realpath(given).catch(() => null)) !== there) continue;
    throw new GraffitistError('option-invalid', `The results would lie among what they are made from, in '${results}'.`, {
      about: '--out_dir',
      remedy: 'Name another folder.',
    });
  }
  if (options.discard === true) await dropRun(folder);
  if ((await storedIn(run)).length > 0) {
    throw new GraffitistError('training-state', `A run waits in '${results}'.`, {
      about: '--out_dir',
      remedy: '--resume goes on with it, --discard drops it and begins anew.',
    });
  }
  const names = (await readdir(results).catch(() => [])).filter((name) => name !== path.basename(run));
  if (options.out_dir === undefined && names.length > 0) {
    throw new GraffitistError('file-not-written', `There are results in '${results}' already.`, {
      about: results,
      remedy: 'Name it with --out_dir to write over them, or another folder.',
    });
  }
}

/** Keeps what a run was begun with, so that `--resume` alone goes on. */
export async function keepArguments({ run }: TrainFolder, options: TrainArguments): Promise<void> {
  const { discard: _, ...kept } = options;
  await mkdir(run, { recursive: true });
  const begun: Begun = { version: VERSION, folder: process.cwd(), arguments: kept };
  await writeFile(path.join(run, ARGUMENTS), `${JSON.stringify(begun, null, 2)}\n`);
}

/** Removes what a run has stored, and its folder where nothing else lies in it. */
export async function dropRun({ run }: TrainFolder): Promise<void> {
  for (const name of [ARGUMENTS, ...(await storedIn(run))]) await rm(path.join(run, name), { force: true });
  await rmdir(run).catch(() => undefined);
}

/** Files that a run is stored in: two generations by turns. */
async function storedIn(run: string): Promise<string[]> {
  return (await readdir(run).catch(() => [])).filter((name) => /^[0-9a-f]{64}\.[01]$/.test(name));
}

async function readBegun(run: string): Promise<Begun | null> {
  const file = path.join(run, ARGUMENTS);
  if (!(await stat(file).catch(() => null))?.isFile()) return null;
  try {
    const begun = JSON.parse(await readFile(file, 'utf8')) as Begun;
    if (begun.version === VERSION) return begun;
  } catch {
    // Told like a version that is not known.
  }
  throw new GraffitistError('training-state', 'The arguments of the run cannot be read.', {
    about: file,
    remedy: 'Begin anew with --discard.',
  });
}
