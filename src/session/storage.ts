import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { ImageRule, OpenChoice, OutputComparison, RunRequest, SourceFile } from '../../worker/protocol.ts';
import type { Ran } from '../pipeline/stepState.ts';
import type { LabelRequest } from '../state/data.ts';
import type { TrainingForm } from '../state/training.ts';

/** Up to this much of one document's files is kept; larger ones are asked for again after a reload. */
export const KEPT_BYTES = 256e6;
/** A data set of up to so many files and bytes is kept too; a larger one is asked for again. */
const KEPT_DATA = { files: 64, bytes: 64e6 } as const;
/** Documents in "recent"; the oldest goes when another comes. */
const KEPT_DOCUMENTS = 5;

export interface StoredFile {
  readonly name: string;
  readonly path: string | null;
  readonly bytes: number;
  /** Its name in the document's folder of the origin's private file system; null: too large, or no room. */
  readonly kept: string | null;
}

/** What is kept of a data set beside the document. */
export interface StoredData {
  readonly title: string;
  readonly count: number;
  readonly bytes: number;
  readonly labels: LabelRequest;
  readonly images: ImageRule;
  /** Empty where the set is too large. */
  readonly files: readonly StoredFile[];
}

/** What is kept of a set that training is validated on; no files where it is too large. */
export type StoredValidation = Pick<StoredData, 'labels' | 'files'>;

/** What is kept of a document. */
export interface StoredDocument {
  readonly id: string;
  readonly name: string;
  readonly openedAt: number;
  readonly files: readonly StoredFile[];
  /** Absent in what an older page stored. */
  readonly choice?: OpenChoice;
  /** Absent where no data set was open. */
  readonly data?: StoredData;
  /** Absent where training holds images out of the open set. */
  readonly validation?: StoredValidation;
  /** What was asked of training; absent in what an older page stored. */
  readonly training?: TrainingForm;
  readonly request: RunRequest;
  readonly ran: Ran | null;
  readonly comparison: OutputComparison | null;
  /** Absent in what an older page stored. */
  readonly retrainedComparison?: OutputComparison | null;
  readonly hasSnapshot: boolean;
}

interface Schema extends DBSchema {
  documents: { key: string; value: StoredDocument };
  session: { key: 'current'; value: string };
}

let database: Promise<IDBPDatabase<Schema>> | null = null;

function db(): Promise<IDBPDatabase<Schema>> {
  database ??= openDB<Schema>('graffitist-studio', 1, {
    upgrade(created) {
      created.createObjectStore('documents', { keyPath: 'id' });
      created.createObjectStore('session');
    },
  });
  return database;
}

async function folder(id: string, create: boolean): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  const documents = await root.getDirectoryHandle('documents', { create: true });
  return documents.getDirectoryHandle(id, { create });
}

async function write(directory: FileSystemDirectoryHandle, name: string, blob: Blob): Promise<void> {
  const handle = await directory.getFileHandle(name, { create: true });
  const writable = await handle.createWritable();
  await writable.write(blob);
  await writable.close();
}

/** The same files give the same document: opening one again brings its pipeline back. */
export function documentId(files: readonly SourceFile[]): string {
  const key = files
    .map((file) => `${file.path ?? file.name}:${file.blob.size}`)
    .sort()
    .join('|');
  // FNV-1a over the code units: a folder name, not a safeguard.
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index++) hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193) >>> 0;
  return `${hash.toString(16).padStart(8, '0')}-${key.length}`;
}

/** Copies files into the document's folder within the budget; what is there already is left as it is. */
export async function keepFiles(id: string, files: readonly SourceFile[], prefix = ''): Promise<StoredFile[]> {
  const directory = await folder(id, true);
  const stored: StoredFile[] = [];
  let left = KEPT_BYTES;
  for (const [index, file] of files.entries()) {
    const kept = `${prefix}${index}-${file.name.replaceAll(/[^\w.-]/g, '_')}`;
    const fits = file.blob.size <= left;
    const written = fits && ((await holds(directory, kept, file.blob.size)) || (await tryWrite(directory, kept, file.blob)));
    if (written) left -= file.blob.size;
    stored.push({ name: file.name, path: file.path ?? null, bytes: file.blob.size, kept: written ? kept : null });
  }
  return stored;
}

/** The files of a data set, where it is small; else none. */
export async function keepDataFiles(id: string, files: readonly SourceFile[], prefix = 'data-'): Promise<readonly StoredFile[]> {
  const size = files.reduce((sum, { blob }) => sum + blob.size, 0);
  return files.length > KEPT_DATA.files || size > KEPT_DATA.bytes ? [] : keepFiles(id, files, prefix);
}

async function holds(directory: FileSystemDirectoryHandle, name: string, size: number): Promise<boolean> {
  try {
    return (await (await directory.getFileHandle(name)).getFile()).size === size;
  } catch {
    return false;
  }
}

/** A full disk or a browser without writable private files costs the copy, not the session. */
async function tryWrite(directory: FileSystemDirectoryHandle, name: string, blob: Blob): Promise<boolean> {
  try {
    await write(directory, name, blob);
    return true;
  } catch {
    return false;
  }
}

/** Those of the files stored for a document that were kept. */
export async function keptFiles(id: string, stored: readonly StoredFile[]): Promise<SourceFile[]> {
  const directory = await folder(id, false);
  const files: SourceFile[] = [];
  for (const { name, path, kept } of stored) {
    if (kept === null) continue;
    const blob = await (await directory.getFileHandle(kept)).getFile();
    files.push({ name, blob, ...(path === null ? {} : { path }) });
  }
  return files;
}

/** Each snapshot gets a new name, so that one being read is never overwritten; the former is removed. */
export async function keepSnapshot(id: string, snapshot: Blob | null): Promise<boolean> {
  const directory = await folder(id, true);
  for await (const name of directory.keys()) if (name.startsWith('snapshot-')) await directory.removeEntry(name);
  return snapshot !== null && (await tryWrite(directory, `snapshot-${Date.now()}`, snapshot));
}

export async function keptSnapshot(id: string): Promise<Blob | null> {
  const directory = await folder(id, false);
  for await (const [name, handle] of directory.entries()) {
    if (name.startsWith('snapshot-') && handle.kind === 'file') return (handle as FileSystemFileHandle).getFile();
  }
  return null;
}

/** Stores the document as the current one and forgets the oldest beyond the limit. */
export async function putDocument(document: StoredDocument): Promise<void> {
  const store = await db();
  await store.put('documents', document);
  await store.put('session', document.id, 'current');
  const stale = (await recentDocuments()).slice(KEPT_DOCUMENTS);
  for (const { id } of stale) await forgetDocument(id);
}

/** After the document was closed: the next visit starts with the invitation. */
export async function forgetCurrent(): Promise<void> {
  await (await db()).delete('session', 'current');
}

export async function currentDocument(): Promise<StoredDocument | undefined> {
  const store = await db();
  const id = await store.get('session', 'current');
  return id === undefined ? undefined : store.get('documents', id);
}

/** Newest first. */
export async function recentDocuments(): Promise<StoredDocument[]> {
  const all = await (await db()).getAll('documents');
  return all.sort((a, b) => b.openedAt - a.openedAt);
}

export async function forgetDocument(id: string): Promise<void> {
  await (await db()).delete('documents', id);
  try {
    const root = await navigator.storage.getDirectory();
    const documents = await root.getDirectoryHandle('documents', { create: true });
    await documents.removeEntry(id, { recursive: true });
  } catch {
    // Nothing was kept for it.
  }
}
