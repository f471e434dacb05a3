import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunFiles } from '../worker/engine/train/runFiles.ts';

/** TRC7: training runs in a folder: a file is written beside its place and then renamed, so that a machine that stops leaves the one before. */
export function runFilesIn(folder: string): RunFiles {
  const place = (name: string) => path.join(folder, name);
  return {
    read: async (name) => {
      const bytes = await readFile(place(name)).catch(nothingThere);
      return bytes === null ? null : new Uint8Array(bytes);
    },
    write: async (name, bytes) => {
      await mkdir(folder, { recursive: true });
      const partial = place(`.${name}.${process.pid}.partial`);
      try {
        await writeFile(partial, bytes, { flush: true });
        await rename(partial, place(name));
      } catch (error) {
        await rm(partial, { force: true }).catch(() => undefined);
        throw error;
      }
    },
    remove: (name) => rm(place(name), { force: true }),
    lock: async (name) => {
      await mkdir(folder, { recursive: true });
      return lockFile(place(`${name}.lock`));
    },
  };
}

/** The right of this process, as a file that holds its number; that of a process which has ended does not count. */
async function lockFile(file: string): Promise<(() => void) | null> {
  for (const attempt of ['first', 'second'] as const) {
    try {
      const handle = await open(file, 'wx');
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => void rm(file, { force: true }).catch(() => undefined);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      if (attempt === 'second' || isAlive(Number(await readFile(file, 'utf8').catch(() => '')))) return null;
      await rm(file, { force: true });
    }
  }
  return null;
}

/** Of another user's process a signal is refused, which there is all the same. */
function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function nothingThere(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
  throw error;
}
