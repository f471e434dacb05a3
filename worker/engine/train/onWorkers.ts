import type { ComputePool } from '../../compute/pool.ts';
import { GraffitistError } from '../../errors.ts';

/** A worker that died, a graphics device that was lost. */
const LOST: ReadonlySet<string> = new Set(['worker-failed', 'backend-unavailable']);

/**
 * TRN28: does work on the compute workers. Where one of them dies or their device is lost on the way, they are ended, others are started
 * and the work is done again, once: nothing of it has been taken yet.
 * @param start gives the workers at hand, or new ones where those have been ended
 * @throws GraffitistError what stops the work; `worker-failed`, `backend-unavailable` the second time in a row
 */
export async function onWorkers<T>(start: () => Promise<ComputePool>, work: (pool: ComputePool) => Promise<T>): Promise<T> {
  const pool = await start();
  try {
    return await work(pool);
  } catch (error) {
    if (!(error instanceof GraffitistError) || !LOST.has(error.code)) throw error;
    pool.dispose();
    return work(await start());
  }
}
