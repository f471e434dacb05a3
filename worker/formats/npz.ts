import { GraffitistError } from '../errors.ts';
import type { NamedBlob } from './checkpointFiles.ts';
import { type ZipMember, zipMembers } from './zipDirectory.ts';
import { memberBlob, packedFile } from './zipMember.ts';

/** Bytes that the packed arrays of one archive may take unpacked: 4 GiB. */
const LARGEST = 2 ** 32;

/**
 * The arrays of a NumPy archive as .npy files, by name. Those that are stored as they are (`numpy.savez`) stay slices of the file, packed
 * ones (`savez_compressed`) are unpacked.
 * @throws GraffitistError `npy-malformed`
 */
export async function npzArrays(file: NamedBlob): Promise<NamedBlob[]> {
  const malformed = (cause: string): GraffitistError =>
    new GraffitistError('npy-malformed', cause, { about: file.name, remedy: 'Write it with numpy.savez, one array per input.' });
  try {
    const arrays = (await zipMembers(file)).filter(({ path }) => path.endsWith('.npy'));
    if (arrays.length === 0) throw malformed('There are no arrays in it.');
    const unpacked = (sum: number, { method, size }: ZipMember): number => (method === 0 ? sum : sum + size);
    if (arrays.reduce(unpacked, 0) > LARGEST) throw malformed('Its arrays take more than 4 GiB.');
    const blobs: NamedBlob[] = [];
    for (const array of arrays) blobs.push({ name: array.path, blob: await memberBlob(packedFile(array), array.path) });
    return blobs;
  } catch (error) {
    if (error instanceof GraffitistError && error.code === 'npy-malformed') throw error;
    throw malformed(`It cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`);
  }
}
