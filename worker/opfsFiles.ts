import type { RunFiles } from './engine/train/runFiles.ts';

const FOLDER = 'training';

/** The origin's private file system, as this worker writes it; null where the browser has none. One writer per name across all windows. */
export function opfsFiles(): RunFiles | null {
  if (typeof navigator.storage?.getDirectory !== 'function') return null;
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
    lock: (name) =>
      new Promise((resolve, reject) => {
        const held = navigator.locks.request(`graffitist-training-${name}`, { ifAvailable: true }, (lock) =>
          lock === null ? resolve(null) : new Promise<void>((release) => resolve(release)),
        );
        held.catch(reject);
      }),
  };
}
