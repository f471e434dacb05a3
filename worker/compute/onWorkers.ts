import { type ErrorCode, GraffitistError } from '../errors.ts';
import type { ComputePool } from './pool.ts';

/** A graphics device that was lost. */
const DEVICE_LOST: ReadonlySet<ErrorCode> = new Set(['backend-unavailable']);
/** That, or a worker that died. */
const LOST: ReadonlySet<ErrorCode> = new Set(['worker-failed', 'backend-unavailable']);

/**
 * Does work on the compute workers. Where one of them dies or their device is lost on the way, they are ended, others are started
 * and the work is done again, once: nothing of it has been taken yet.
 * @param start gives the workers at hand, or new ones where those have been ended
 * @throws GraffitistError what stops the work; `worker-failed`, `backend-unavailable` the second time in a row
 */
export function onWorkers<T>(start: () => Promise<ComputePool>, work: (pool: ComputePool) => Promise<T>): Promise<T> {
  return onceMore(LOST, start, work);
}

/** The same for a lost device alone: work whose workers die of its size would only take twice as long to fail. */
export function onDevice<T>(start: () => Promise<ComputePool>, work: (pool: ComputePool) => Promise<T>): Promise<T> {
  return onceMore(DEVICE_LOST, start, work);
}

async function onceMore<T>(
  lost: ReadonlySet<ErrorCode>,
  start: () => Promise<ComputePool>,
  work: (pool: ComputePool) => Promise<T>,
): Promise<T> {
  const pool = await start();
  try {
    return await work(pool);
  } catch (error) {
    if (!(error instanceof GraffitistError) || !lost.has(error.code)) throw error;
    pool.dispose();
    return work(await start());
  }
}
