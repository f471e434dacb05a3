import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { RunFiles } from '../worker/engine/train/runFiles.ts';

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
    lock: (name) => lockFile(folder, path.join(folder, `${name}.lock`)),
  };
}

function missing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}

/** A file with the number of the process that holds it; one whose process is gone counts for nothing. */
async function lockFile(folder: string, file: string): Promise<(() => void) | null> {
  await mkdir(folder, { recursive: true });
  for (let attempt = 0; attempt < 2; attempt++) {
    const created = await open(file, 'wx').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return null;
      throw error;
    });
    if (created !== null) {
      await created.writeFile(String(process.pid));
      await created.close();
      return () => void rm(file, { force: true });
    }
    if (isAlive(Number(await readFile(file, 'utf8').catch(() => '')))) return null;
    await rm(file, { force: true });
  }
  return null;
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
