/** The command line on a copy of a model, for holding what it writes against what the page saves. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Files } from './files.ts';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const program = path.join(root, 'cli', 'graffitize.mjs');

export interface Job {
  /** Path of the graph. */
  readonly graph: string;
  /** Paths of files that lie beside it: checkpoint, `checkpoint`. */
  readonly beside?: readonly string[];
  readonly calibration: string;
  /** Name of the graph that is written. */
  readonly writes: string;
  /** Arguments that say what to do. */
  readonly args: readonly string[];
}

/** Runs on wasm in a folder of its own. @returns what was written */
export async function graffitize({ graph, beside = [], calibration, writes, args }: Job): Promise<Files> {
  const folder = await mkdtemp(path.join(tmpdir(), 'road-'));
  try {
    for (const file of [graph, ...beside]) await cp(file, path.join(folder, path.basename(file)));
    const before = new Map(await filesIn(folder));
    await mkdir(path.join(folder, 'out'));
    await run(folder, [
      ...['--in_graph', path.basename(graph), '--out_graph', path.join('out', writes)],
      ...['--calibration', calibration, '--backend', 'wasm'],
      ...args,
    ]);
    const after = [...(await filesIn(folder)), ...(await filesIn(path.join(folder, 'out')))];
    return new Map(after.filter(([name, bytes]) => before.get(name)?.equals(bytes) !== true));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A command that answers on the standard output, in `cwd`, on wasm. @returns what it printed as JSON */
export async function answerOf(cwd: string, args: readonly string[]): Promise<unknown> {
  return JSON.parse(await run(cwd, [...args, '--json']));
}

/** The interface of a network as arguments. */
export function interfaceArgs(input: string, output: string, shape: readonly number[]): string[] {
  return ['--inputs', input, '--outputs', output, '--input_shape', shape.join(',')];
}

async function filesIn(folder: string): Promise<(readonly [string, Buffer])[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(files.map(async ({ name }) => [name, await readFile(path.join(folder, name))] as const));
}

function run(cwd: string, args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [program, ...args], { cwd, maxBuffer: 64 << 20 }, (error, out, err) => {
      if (error === null) resolve(out);
      else reject(new Error(`graffitize ${args.join(' ')}\n${err}`));
    });
  });
}
