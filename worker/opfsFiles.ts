import type { RunFiles } from './engine/train/runFiles.ts';
import { GraffitistError } from './errors.ts';

const FOLDER = 'training';

/**
 * TRN27: the origin's private file system, as this worker writes it. One writer per name across all windows. Where the browser has none
 * nothing is found, and writing throws why: the run goes on and says so.
 */
export function opfsFiles(): RunFiles {
  if (typeof navigator.storage?.getDirectory !== 'function') return nowhere;
  const folder = async (): Promise<FileSystemDirectoryHandle> =>
    (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });
  return {
    async read(name) {
      try {
        const file = await (await (await folder()).getFileHandle(name)).getFile();
        return new Uint8Array(await file.arrayBuffer());
      } catch (error) {
        if (error instanceof DOMException && error.name === 'NotFoundError') return null;
        throw error;
      }
    },
    async write(name, bytes) {
      const handle = await (await folder()).getFileHandle(name, { create: true });
      if (typeof handle.createWritable !== 'function') return writeInPlace(handle, bytes);
      // What is written takes the file's place when it is closed; until then the file is as it was.
      const target = await handle.createWritable();
      try {
        await target.write(bytes as Uint8Array<ArrayBuffer>);
      } catch (error) {
        await target.abort().catch(() => undefined);
        throw error;
      }
      await target.close();
    },
    async remove(name) {
      await (await folder()).removeEntry(name).catch((error: DOMException) => {
        if (error.name !== 'NotFoundError') throw error;
      });
    },
    lock,
  };
}

const nowhere: RunFiles = {
  read: async () => null,
  write: async () => {
    throw new GraffitistError('internal', 'This browser has no private file system.');
  },
  remove: async () => undefined,
  lock: (name) => lock(name),
};

/** What workers have of a file, and the types of the DOM do not. */
interface FileInPlace {
  createSyncAccessHandle(): Promise<{ truncate(size: number): void; write(bytes: BufferSource): number; flush(): void; close(): void }>;
}

/** Older WebKit: a file that is cut off on the way fails its checksum, and the other generation is whole. */
async function writeInPlace(handle: FileSystemFileHandle, bytes: Uint8Array): Promise<void> {
  const file = await (handle as FileSystemFileHandle & FileInPlace).createSyncAccessHandle();
  try {
    file.truncate(0);
    file.write(bytes as Uint8Array<ArrayBuffer>);
    file.flush();
  } finally {
    file.close();
  }
}

/** A page that is loaded again may ask before the worker of the page before has ended. */
const LOCK_MS = 1500;

async function lock(name: string): Promise<(() => void) | null> {
  if (navigator.locks === undefined) return () => undefined;
  return new Promise((resolve, reject) => {
    const held = navigator.locks.request(
      `graffitist-training-${name}`,
      { signal: AbortSignal.timeout(LOCK_MS) },
      () => new Promise<void>((release) => resolve(release)),
    );
    held.catch((error: unknown) => (error instanceof DOMException && error.name === 'TimeoutError' ? resolve(null) : reject(error)));
  });
}
