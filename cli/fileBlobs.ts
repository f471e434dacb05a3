import { openAsBlob } from 'node:fs';
import { access, constants, readFile, stat } from 'node:fs/promises';

/** Where the bytes of a Blob lie, for those that are read from the disk. */
const paths = new WeakMap<Blob, string>();

/**
 * A file as a Blob whose bytes are read when they are asked for: a checkpoint is never held as a whole. What is no plain file (a pipe) is
 * read here. @throws NodeJS.ErrnoException
 */
export async function openFile(file: string): Promise<Blob> {
  if (!(await stat(file)).isFile()) return new Blob([await readFile(file)]);
  await access(file, constants.R_OK);
  const blob = await openAsBlob(file);
  paths.set(blob, file);
  return blob;
}

/** A file in a message to a thread. */
interface FileReference {
  readonly fileOnDisk: string;
}

/** Node clones no Blob of a file: a message to a thread names its path instead. Everything else stays as it is. */
export function withPaths(message: unknown): unknown {
  return mapParts(message, (value) => {
    const file = value instanceof Blob ? paths.get(value) : undefined;
    return file === undefined ? value : ({ fileOnDisk: file } satisfies FileReference);
  });
}

/** The message with its files opened again. */
export async function withFiles(message: unknown): Promise<unknown> {
  const opened = new Map<string, Blob>();
  mapParts(message, (value) => {
    if (isReference(value)) opened.set(value.fileOnDisk, new Blob());
    return value;
  });
  for (const file of opened.keys()) opened.set(file, await openFile(file));
  return mapParts(message, (value) => (isReference(value) ? opened.get(value.fileOnDisk) : value));
}

function isReference(value: unknown): value is FileReference {
  return typeof value === 'object' && value !== null && 'fileOnDisk' in value && typeof value.fileOnDisk === 'string';
}

/** Replaces parts of plain objects and arrays; what is made of neither is handed to `change` and shared. */
function mapParts(value: unknown, change: (part: unknown) => unknown): unknown {
  const changed = change(value);
  if (changed !== value || typeof value !== 'object' || value === null) return changed;
  if (Array.isArray(value)) return value.map((item) => mapParts(item, change));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mapParts(part, change)]));
}
