import { openAsBlob } from 'node:fs';
import { access, constants, readFile, stat } from 'node:fs/promises';

/** Where the bytes of a Blob lie. */
interface Place {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** Of Blobs that are read from the disk, slices of them included. */
const places = new WeakMap<Blob, Place>();

/**
 * A file as a Blob whose bytes are read when they are asked for: a checkpoint is never held as a whole. What is no plain file (a pipe) is
 * read here. @throws NodeJS.ErrnoException
 */
export async function openFile(file: string): Promise<Blob> {
  if (!(await stat(file)).isFile()) return new Blob([await readFile(file)]);
  await access(file, constants.R_OK);
  const blob = await openAsBlob(file);
  return remember(blob, { file, from: 0, to: blob.size });
}

/** Slices are found again too: a picture in an archive, a record in a shard. */
function remember(blob: Blob, place: Place): Blob {
  places.set(blob, place);
  const slice = (start = 0, end = blob.size, type = ''): Blob => {
    const [from, to] = [within(start, blob.size), within(end, blob.size)];
    return remember(Blob.prototype.slice.call(blob, from, Math.max(from, to), type), {
      file: place.file,
      from: place.from + from,
      to: place.from + Math.max(from, to),
    });
  };
  return Object.defineProperty(blob, 'slice', { value: slice });
}

/** Negative places count from the end. */
function within(place: number, size: number): number {
  return Math.min(size, Math.max(0, place < 0 ? size + place : place));
}

/** A file, or a part of it, in a message to a thread. */
interface FileReference {
  readonly fileOnDisk: string;
  readonly from: number;
  readonly to: number;
}

/** Node clones no Blob of a file: a message to a thread names its path and range instead. Everything else stays as it is. */
export function withPaths(message: unknown): unknown {
  return mapParts(message, (value) => {
    const place = value instanceof Blob ? places.get(value) : undefined;
    return place === undefined ? value : ({ fileOnDisk: place.file, from: place.from, to: place.to } satisfies FileReference);
  });
}

/** The message with its files opened again; one that is not there any more is a Blob that cannot be read. */
export async function withFiles(message: unknown): Promise<unknown> {
  const opened = new Map<string, Blob>();
  mapParts(message, (value) => {
    if (isReference(value)) opened.set(value.fileOnDisk, new Blob());
    return value;
  });
  for (const file of opened.keys()) opened.set(file, await openFile(file).catch(unreadableBlob));
  return mapParts(message, (value) => {
    if (!isReference(value)) return value;
    const whole = opened.get(value.fileOnDisk);
    return value.from === 0 && value.to === whole?.size ? whole : whole?.slice(value.from, value.to);
  });
}

/** Reading it fails as a browser's Blob does whose file has gone. */
function unreadableBlob(error: Error): Blob {
  const fail = async (): Promise<never> => {
    throw new DOMException(error.message, 'NotReadableError');
  };
  const blob = new Blob();
  return Object.defineProperties(blob, { arrayBuffer: { value: fail }, text: { value: fail }, slice: { value: () => blob } });
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
