import { cancelled } from '../../compute/channel.ts';
import { errorInfo, GraffitistError } from '../../errors.ts';
import { sniffFile } from '../../formats/sniff.ts';
import { type ZipMember, zipMembers } from '../../formats/zipDirectory.ts';
import { memberBlob, packedFile, refusalOf } from '../../formats/zipMember.ts';
import type { LeftOut, SourceFile } from '../../protocol.ts';
import { type DataFileKind, dataFileKind } from './fileKinds.ts';

/** A file of the set: on its own, or packed in an archive. */
export interface DataFile {
  /** With `/` between folders; of a file in an archive it leads on from the archive's. */
  readonly path: string;
  readonly bytes: number;
  readonly content: Blob | ZipMember;
}

export interface Gathered {
  readonly pictures: readonly DataFile[];
  readonly records: readonly DataFile[];
  readonly arrays: readonly DataFile[];
  /** CIFAR's binary version. */
  readonly batches: readonly DataFile[];
  readonly texts: readonly DataFile[];
  readonly leftOut: readonly LeftOut[];
  /** All of it came in one archive. */
  readonly archive: string | null;
}

/** A file on its own. @throws GraffitistError `zip-malformed` */
export async function blobOf({ content, path }: DataFile): Promise<Blob> {
  return content instanceof Blob ? content : memberBlob(packedFile(content), path);
}

/** DAT1, DAT2: the files by what they are for, those in archives too, each kind in the order of paths; what is none of these is left out and named. */
export async function gather(given: readonly SourceFile[], signal?: AbortSignal | undefined): Promise<Gathered> {
  const files: DataFile[] = [];
  const leftOut: LeftOut[] = [];
  for (const file of given) {
    const path = pathOf(file);
    if (dataFileKind(path) === 'archive') await addArchive(file, path, files, leftOut);
    else files.push({ path, bytes: file.blob.size, content: file.blob });
  }
  const found: Record<'picture' | 'records' | 'array' | 'batch' | 'text', DataFile[]> = {
    picture: [],
    records: [],
    array: [],
    batch: [],
    text: [],
  };
  for (const file of files) {
    if (signal?.aborted === true) throw cancelled();
    const kind = await kindOf(file);
    if (kind in found) found[kind as keyof typeof found].push(file);
    else if (kind !== 'clutter') leftOut.push({ name: file.path, error: errorInfo(refusal(kind)) });
  }
  const archives = given.filter(({ name }) => dataFileKind(name) === 'archive');
  return {
    pictures: found.picture.sort(byPath),
    records: found.records.sort(byPath),
    arrays: found.array.sort(byPath),
    batches: found.batch.sort(byPath),
    texts: found.text.sort(byPath),
    leftOut,
    archive: given.length === 1 ? (archives[0]?.name ?? null) : null,
  };
}

async function addArchive(file: SourceFile, path: string, files: DataFile[], leftOut: LeftOut[]): Promise<void> {
  for (const member of await membersOf(file, path, leftOut)) {
    const inside = { path: `${path}/${member.path.replaceAll('\\', '/')}`, bytes: member.size };
    const refused = dataFileKind(member.path) === 'clutter' ? null : refusalOf(member);
    if (refused !== null) leftOut.push({ name: inside.path, error: errorInfo(refused) });
    else files.push({ ...inside, content: member });
  }
}

/** None of an archive that cannot be read, which is named. */
async function membersOf(file: SourceFile, path: string, leftOut: LeftOut[]): Promise<readonly ZipMember[]> {
  try {
    return await zipMembers(file);
  } catch (error) {
    if (!(error instanceof GraffitistError)) throw error;
    leftOut.push({ name: path, error: errorInfo(error) });
    return [];
  }
}

/** The kind by name, else, for a file that is no member of an archive, by content. */
async function kindOf({ path, content }: DataFile): Promise<DataFileKind> {
  const kind = dataFileKind(path);
  if (kind !== 'unknown' || !(content instanceof Blob)) return kind;
  const format = await sniffFile(content);
  if (format === 'jpeg' || format === 'png') return 'picture';
  if (format === 'tfrecord') return 'records';
  return format === 'gif' || format === 'bmp' || format === 'webp' ? 'other-picture' : 'unknown';
}

function refusal(kind: DataFileKind): GraffitistError {
  if (kind === 'other-picture')
    return new GraffitistError('file-unsupported', 'Pictures of this format are not read.', { remedy: 'Convert it to JPEG or PNG.' });
  if (kind === 'pickle') {
    return new GraffitistError('file-unsupported', 'A Python pickle is a program and is not run.', {
      remedy: 'Take the binary version (data_batch_1.bin), or save the array with numpy.save or numpy.savez.',
    });
  }
  return new GraffitistError('file-unsupported', 'It is neither a picture (JPEG, PNG) nor TFRecords nor an array (.npy, .npz).');
}

function byPath(a: DataFile, b: DataFile): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

function pathOf({ name, path }: SourceFile): string {
  return (path ?? name).replaceAll('\\', '/').replace(/^\.?\//, '');
}
