import type { SourceFile } from '../../worker/protocol.ts';

/** Every file of a drop, folders walked, each with the path that pairs it with its neighbours. */
export async function droppedFiles(transfer: DataTransfer): Promise<SourceFile[]> {
  // Entries must be taken before the first await: the transfer is emptied when the event ends.
  const entries = Array.from(transfer.items, (item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null));
  const loose = Array.from(transfer.files);
  if (entries.every((entry) => entry === null)) return loose.map((file) => sourceFile(file));
  const files: SourceFile[] = [];
  const queue = entries.filter((entry) => entry !== null);
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
    if (entry.isFile) files.push(sourceFile(await fileOf(entry as FileSystemFileEntry), entry.fullPath.replace(/^\//, '')));
    else queue.push(...(await childrenOf(entry as FileSystemDirectoryEntry)));
  }
  return files.filter((file) => !file.name.startsWith('.'));
}

/** Opens the browser's dialog. @returns an empty list when it is dismissed */
export function pickFiles(what: 'files' | 'folder'): Promise<SourceFile[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  if (what === 'folder') input.webkitdirectory = true;
  return new Promise((resolve) => {
    input.addEventListener('change', () => resolve(Array.from(input.files ?? [], (file) => sourceFile(file))));
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}

function sourceFile(file: File, path: string = file.webkitRelativePath): SourceFile {
  return { name: file.name, blob: file, ...(path === '' || path === file.name ? {} : { path }) };
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** A directory reader hands out its entries in batches until one is empty. */
async function childrenOf(directory: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = directory.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) return all;
    all.push(...batch);
  }
}
