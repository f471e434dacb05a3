import { Unzip, UnzipInflate } from 'fflate';
import { GraffitistError } from '../errors.ts';
import type { NamedBlob } from './checkpointFiles.ts';

/** A file in an archive. */
export interface ArchiveEntry {
  readonly path: string;
  readonly blob: Blob;
}

const SLICE = 4 * 2 ** 20;
/** Chunks are handed to a Blob in portions of this size: what was unpacked is not held a second time. */
const PORTION = 16 * 2 ** 20;
/** More than this in one archive is no model: a graph ends at 2 GiB. */
const LARGEST = 8 * 2 ** 30;
/** What systems put beside people's files. */
const CLUTTER = /(^|\/)(__MACOSX\/|\.DS_Store$|\.)/;

/**
 * The files in a .zip, unpacked piece by piece.
 * @throws GraffitistError `file-truncated`, `file-too-large`, `file-not-graphdef` where a packed file cannot be unpacked
 */
export async function unzip(file: NamedBlob): Promise<readonly ArchiveEntry[]> {
  const entries: (ArchiveEntry | undefined)[] = [];
  let fault: GraffitistError | undefined;
  let total = 0;
  const archive = new Unzip((entry) => {
    if (entry.name.endsWith('/') || CLUTTER.test(entry.name)) return;
    const at = entries.push(undefined) - 1;
    const portions: Blob[] = [];
    let chunks: Uint8Array[] = [];
    let size = 0;
    entry.ondata = (error, chunk, final) => {
      total += chunk?.length ?? 0;
      if (error !== null) fault ??= unreadable(file.name, `'${entry.name}' cannot be unpacked (${error.message})`);
      else if (total > LARGEST)
        fault ??= new GraffitistError('file-too-large', `The archive unpacks to more than ${LARGEST} bytes.`, { about: file.name });
      if (fault !== undefined) return;
      chunks.push(chunk);
      size += chunk.length;
      if (size >= PORTION || final) {
        portions.push(new Blob(chunks as BlobPart[]));
        chunks = [];
        size = 0;
      }
      if (final) entries[at] = { path: entry.name, blob: new Blob(portions) };
    };
    entry.start();
  });
  archive.register(UnzipInflate);
  for (let at = 0; at < file.blob.size && fault === undefined; at += SLICE) {
    const slice = new Uint8Array(await file.blob.slice(at, at + SLICE).arrayBuffer());
    try {
      archive.push(slice, at + SLICE >= file.blob.size);
    } catch (error) {
      fault ??= unreadable(file.name, error instanceof Error ? error.message : String(error));
    }
  }
  if (fault !== undefined) throw fault;
  const done = entries.filter((entry) => entry !== undefined);
  if (done.length < entries.length) {
    throw new GraffitistError('file-truncated', 'The archive ends inside a file.', {
      about: file.name,
      remedy: 'Copy or download it again.',
    });
  }
  return done;
}

function unreadable(about: string, why: string): GraffitistError {
  return new GraffitistError('file-not-graphdef', `The archive cannot be read: ${why}.`, {
    about,
    remedy: 'Unpack it and open the files in it.',
  });
}
