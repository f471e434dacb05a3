import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RunFiles } from '../worker/engine/train/runFiles.ts';
import { lockFile } from './lockFile.ts';

/** TRC7: stored runs in a folder. A file is whole or it is not there: it is written beside its place and renamed. */
export function runFilesIn(folder: string): RunFiles {
  return {
    read: (name) => readFile(path.join(folder, name)).then((bytes) => new Uint8Array(bytes), missing),
    async write(name, bytes) {
      await mkdir(folder, { recursive: true });
      const partial = path.join(folder, `.${name}.${process.pid}.partial`);
      const file = await open(partial, 'w');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(partial, path.join(folder, name));
    },
    remove: (name) => rm(path.join(folder, name), { force: true }),
    async lock(name) {
      await mkdir(folder, { recursive: true });
      return lockFile(path.join(folder, `${name}.lock`));
    },
  };
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
