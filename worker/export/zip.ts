import { Zip, ZipPassThrough } from 'fflate';
import { GraffitistError } from '../errors.ts';
import type { JobOptions, SourceFile } from '../protocol.ts';

/** Bytes between two looks at the messages. */
const SLICE_BYTES = 4 * 2 ** 20;

/** EXP3: several files as one .zip, stored and not compressed (weights hardly shrink), with one fixed date: the same files, the same bytes. */
export async function zipFiles(files: readonly SourceFile[], name: string, job: JobOptions = {}): Promise<SourceFile> {
  const parts: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error) throw error;
    parts.push(chunk);
  });
  const total = files.reduce((sum, { blob }) => sum + blob.size, 0);
  let done = 0;
  for (const file of files) {
    const entry = new ZipPassThrough(file.name);
    // The format counts from 1980 in local time, so the date is made in local time too.
    entry.mtime = new Date(1980, 0, 1);
    zip.add(entry);
    for (let at = 0; at < file.blob.size; at += SLICE_BYTES) {
      if (job.signal?.aborted === true) throw new GraffitistError('cancelled', 'The job was cancelled.');
      const slice = new Uint8Array(await file.blob.slice(at, at + SLICE_BYTES).arrayBuffer());
      entry.push(slice, at + SLICE_BYTES >= file.blob.size);
      done += slice.length;
      job.onProgress?.({ phase: 'save', done, total, etaMs: null, layer: file.name, bytes: null });
    }
    if (file.blob.size === 0) entry.push(new Uint8Array(0), true);
  }
  zip.end();
  return { name, blob: new Blob(parts as BlobPart[], { type: 'application/zip' }) };
}
