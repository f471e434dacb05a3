import { GraffitistError } from '../../worker/protocol.ts';
import { droppedFiles, holdsFolders } from '../files/dropped.ts';
import { plural } from '../format/numbers.ts';
import { runJob } from './jobs.ts';
import { takeFiles } from './open.ts';
import { openValidationSet } from './validationSet.ts';

/** Opens what was dropped where. Folders of many files take a while to walk: a job of its own, which can be cancelled. */
export async function takeDrop(transfer: DataTransfer, place: 'page' | 'validation'): Promise<void> {
  const take = place === 'validation' ? openValidationSet : takeFiles;
  if (!holdsFolders(transfer)) return take(await droppedFiles(transfer));
  const ended = await runJob(
    'open',
    'Reading folders',
    ({ signal, onProgress }) =>
      droppedFiles(
        transfer,
        (done) => onProgress?.({ phase: 'open', done, total: 0, etaMs: null, layer: null, bytes: null }),
        signal,
      ).catch((thrown: unknown) => {
        throw signal?.aborted === true ? new GraffitistError('cancelled', 'The job was cancelled.') : thrown;
      }),
    (files) => `Found ${plural(files.length, 'file')}.`,
  );
  if (ended.state === 'done') await take(ended.value);
}
