import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'fflate';
import { shared } from '../../shared.ts';

/** Every reference file whose name ends with one of `endings`, smallest path first; archives of single files are unpacked on reading. */
export function sharedFiles(...endings: string[]): string[] {
  return readdirSync(shared(), { recursive: true, encoding: 'utf8' })
    .filter((name) => endings.some((ending) => name.endsWith(ending)))
    .sort()
    .map((name) => shared(name));
}

/** The bytes of a reference file, unpacked where it is gzipped. */
export function bytesOfFile(file: string): Uint8Array {
  const bytes = new Uint8Array(readFileSync(file));
  return path.extname(file) === '.gz' ? gunzipSync(bytes) : bytes;
}
