import type { SourceFile } from '../../worker/protocol.ts';

/** So many files of a folder are asked for at a time. */
const AT_ONCE = 64;

/** Whether a drop holds folders, which take time to walk. */
export function holdsFolders(transfer: DataTransfer): boolean {
  return Array.from(transfer.items).some((item) => item.webkitGetAsEntry()?.isDirectory === true);
}

/**
 * Every file of a drop, folders walked, each with the path that pairs it with its neighbours. `found` hears how many there are so far.
 * @throws the signal's reason
 */
export async function droppedFiles(
  transfer: DataTransfer,
  found: (count: number) => void = () => {},
  signal?: AbortSignal,
): Promise<SourceFile[]> {
  // Entries must be taken before the first await: the transfer is emptied when the event ends.
  const entries = Array.from(transfer.items, (item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null));
  const loose = Array.from(transfer.files);
  if (entries.every((entry) => entry === null)) return loose.map((file) => sourceFile(file));
  const files: SourceFile[] = [];
  const folders: FileSystemDirectoryEntry[] = [];
  const take = async (given: readonly FileSystemEntry[]): Promise<void> => {
    for (const entry of given) if (entry.isDirectory) folders.push(entry as FileSystemDirectoryEntry);
    const here = given.filter((entry) => entry.isFile);
    for (let at = 0; at < here.length; at += AT_ONCE) files.push(...(await Promise.all(here.slice(at, at + AT_ONCE).map(walked))));
  };
  await take(entries.filter((entry) => entry !== null));
  // The list grows while it is walked.
  for (const folder of folders) {
    signal?.throwIfAborted();
    await take(await childrenOf(folder));
    found(files.length);
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

async function walked(entry: FileSystemEntry): Promise<SourceFile> {
  return sourceFile(await fileOf(entry as FileSystemFileEntry), entry.fullPath.replace(/^\//, ''));
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
    for (const entry of batch) all.push(entry);
  }
}
