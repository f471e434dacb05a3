import { GraffitistError } from '../errors.ts';
import type { CheckpointState } from './checkpointState.ts';

/** A file by name, as a person gave it. */
export interface NamedBlob {
  readonly name: string;
  readonly blob: Blob;
}

const INDEX = /\.index$/;
const DATA = /\.data-(\d{5})-of-(\d{5})$/;
const STEP = /-(\d+)$/;

/** The name of a checkpoint's data file: `prefix.data-00000-of-00001`. */
export function shardName(prefix: string, shard: number, shards: number): string {
  const digits = (number: number): string => String(number).padStart(5, '0');
  return `${prefix}.data-${digits(shard)}-of-${digits(shards)}`;
}

/** The last part of a path, on any system. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** The prefix that a person means by any file of a checkpoint or by the prefix itself, without folder. */
export function checkpointPrefix(path: string): string {
  return baseName(path).replace(INDEX, '').replace(DATA, '');
}

/**
 * Which checkpoint of those in a folder is meant, as the prefix of its files; undefined where there is none.
 * `wanted` (`x.ckpt`, `x.ckpt.index`, `x.ckpt-5000`, with or without folder) goes first: that very one, else that one at its latest
 * step. Then the one that the text file `checkpoint` names, then the only one at its latest step.
 *
 * @param names names of all files in the folder
 * @throws GraffitistError `checkpoint-missing` where the wanted one is not there, or several are and nothing tells which
 */
export function findCheckpoint(
  names: readonly string[],
  choice: { readonly wanted?: string | undefined; readonly state?: CheckpointState | undefined } = {},
): string | undefined {
  const prefixes = names
    .map(baseName)
    .filter((name) => INDEX.test(name))
    .map(checkpointPrefix);
  const { wanted, state } = choice;
  if (wanted !== undefined) {
    const found = pick(prefixes, checkpointPrefix(wanted));
    if (found === undefined) throw notFound(wanted, prefixes);
    return found;
  }
  const current = state === undefined ? undefined : pick(prefixes, checkpointPrefix(state.current));
  if (current !== undefined) return current;
  const [base, ...others] = new Set(prefixes.map((prefix) => prefix.replace(STEP, '')));
  if (base === undefined) return undefined;
  if (others.length > 0) {
    throw new GraffitistError('checkpoint-missing', `Several checkpoints lie beside the graph: ${prefixes.join(', ')}.`, {
      remedy: 'Name the one to use (--in_ckpt), or add the file `checkpoint` that names it.',
    });
  }
  return pick(prefixes, base);
}

/** The very prefix, else the one of its steps that is latest. */
function pick(prefixes: readonly string[], wanted: string): string | undefined {
  if (prefixes.includes(wanted)) return wanted;
  const step = (prefix: string): number => Number(STEP.exec(prefix)?.[1] ?? -1);
  return prefixes.filter((prefix) => STEP.test(prefix) && prefix.replace(STEP, '') === wanted).sort((a, b) => step(b) - step(a))[0];
}

function notFound(wanted: string, prefixes: readonly string[]): GraffitistError {
  const there = prefixes.length === 0 ? 'no checkpoint index (.index) is there' : `there are ${prefixes.join(', ')}`;
  return new GraffitistError('checkpoint-missing', `The checkpoint '${wanted}' was not found: ${there}.`, {
    about: wanted,
    remedy: 'Give its .index and its .data-00000-of-00001 file.',
  });
}
