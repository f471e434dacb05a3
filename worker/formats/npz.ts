import { type UnzipFileInfo, unzipSync } from 'fflate';
import { GraffitistError } from '../errors.ts';
import type { NamedBlob } from './checkpointFiles.ts';

/** Bytes that the arrays of one archive may take unpacked: 4 GiB. */
const LARGEST = 2 ** 32;

/** The arrays of a NumPy archive as .npy files, by name. @throws GraffitistError `npy-malformed` */
export async function npzArrays(file: NamedBlob): Promise<NamedBlob[]> {
  const malformed = (cause: string): GraffitistError =>
    new GraffitistError('npy-malformed', cause, { about: file.name, remedy: 'Write it with numpy.savez, one array per input.' });
  let total = 0;
  const filter = ({ name, originalSize }: UnzipFileInfo): boolean => {
    total += originalSize;
    if (total > LARGEST) throw malformed('Its arrays take more than 4 GiB.');
    return name.endsWith('.npy');
  };
  try {
    const entries = Object.entries(unzipSync(new Uint8Array(await file.blob.arrayBuffer()), { filter }));
    if (entries.length === 0) throw malformed('There are no arrays in it.');
    return entries.map(([name, bytes]) => ({ name, blob: new Blob([bytes as BlobPart]) }));
  } catch (error) {
    throw error instanceof GraffitistError ? error : malformed(`It cannot be unpacked: ${(error as Error).message}.`);
  }
}
