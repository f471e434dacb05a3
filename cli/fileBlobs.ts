import { openAsBlob } from 'node:fs';

/**
 * Blobs that stand for files on the disk. Node hands such a Blob to no other thread, so a message carries its path instead, and the
 * thread opens it again.
 */
const paths = new WeakMap<Blob, string>();

interface FileReference {
  readonly fileOnDisk: string;
}

/** Notes which file a Blob stands for. */
export function fileBlob(file: string, blob: Blob): Blob {
  paths.set(blob, file);
  return blob;
}

/** A message with the paths of files in the place of their Blobs. */
export function withPaths(message: unknown): unknown {
  return replaced(message, (value) => {
    const file = value instanceof Blob ? paths.get(value) : undefined;
    return file === undefined ? undefined : ({ fileOnDisk: file } satisfies FileReference);
  });
}

/** The message with its files opened again. */
export async function withFiles(message: unknown): Promise<unknown> {
  const files = new Map<string, Blob>();
  replaced(message, (value) => {
    if (isReference(value)) files.set(value.fileOnDisk, new Blob());
    return undefined;
  });
  for (const file of files.keys()) files.set(file, await openAsBlob(file));
  return files.size === 0 ? message : replaced(message, (value) => (isReference(value) ? files.get(value.fileOnDisk) : undefined));
}

function isReference(value: unknown): value is FileReference {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, 'fileOnDisk');
}

/** A copy of plain objects, arrays and maps in which `instead` took the place of what it knows; other values are shared. */
function replaced(value: unknown, instead: (value: unknown) => unknown): unknown {
  const other = instead(value);
  if (other !== undefined) return other;
  if (Array.isArray(value)) return value.some((item) => typeof item === 'object') ? value.map((item) => replaced(item, instead)) : value;
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, replaced(item, instead)]));
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, instead)]));
}
