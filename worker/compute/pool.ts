/** Compute workers as one: started together, called together, ended together. */
import { GraffitistError } from '../errors.ts';
import type { BackendName } from '../execute/backend.ts';
import { type CallClient, callClient } from './channel.ts';
import type { ComputeCalls } from './messages.ts';
import type { SpawnCompute, SpawnedWorker } from './port.ts';

export type ComputeWorker = CallClient<ComputeCalls>;

/** A GPU is one worker's; everything else takes one worker per core. */
export function workersFor(backend: BackendName, cores: number): number {
  return backend === 'webgpu' ? 1 : Math.max(1, cores);
}

export interface PoolOptions {
  readonly spawn: SpawnCompute;
  readonly backend: BackendName;
  readonly workers: number;
}

/**
 * Started workers. Once one of them has died, or its device was lost, the pool is `broken`: every call rejects, and the owner starts another
 * pool.
 */
export class ComputePool {
  readonly workers: readonly ComputeWorker[];
  readonly backend: BackendName;
  /** As the first worker's backend describes itself. */
  readonly description: string;
  readonly #spawned: readonly SpawnedWorker[];
  #failure: GraffitistError | null = null;

  private constructor(spawned: readonly SpawnedWorker[], workers: readonly ComputeWorker[], backend: BackendName, description: string) {
    this.#spawned = spawned;
    this.workers = workers;
    this.backend = backend;
    this.description = description;
  }

  /** @throws GraffitistError `backend-unavailable`, `worker-failed`; nothing is left running then */
  static async start(
    { spawn, backend, workers: count }: PoolOptions,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<ComputePool> {
    const spawned = Array.from({ length: count }, () => spawn());
    const clients = spawned.map(({ port }) => callClient<ComputeCalls>(port));
    let pool: ComputePool | null = null;
    const fail = (failure: GraffitistError): void => {
      if (pool !== null) pool.#failure ??= failure;
      for (const client of clients) client.close(failure);
    };
    for (const worker of spawned) worker.onFailure((cause) => fail(workerFailed(cause)));
    const workers = clients.map((client) => withoutLostDevice(client, fail));
    try {
      const started = await together(
        workers.map((worker) => (signal) => worker.call('start', { backend }, { signal })),
        options.signal,
      );
      pool = new ComputePool(spawned, workers, backend, started[0]?.description ?? backend);
      return pool;
    } catch (error) {
      for (const worker of spawned) worker.terminate();
      throw error;
    }
  }

  get broken(): boolean {
    return this.#failure !== null;
  }

  /** Broken because the graphics device was lost or refused work. */
  get deviceLost(): boolean {
    return this.#failure?.code === 'backend-unavailable';
  }

  /**
   * The same call to some workers (by number), arguments made for each; results in their order. The first error cancels the others and
   * is thrown once all have ended.
   */
  ask<K extends keyof ComputeCalls>(
    workers: readonly number[],
    name: K,
    args: (worker: number) => ComputeCalls[K]['args'],
    options: {
      readonly signal?: AbortSignal | undefined;
      readonly onProgress?: ((worker: number, done: number) => void) | undefined;
      /** Buffers within a worker's arguments that move to it. */
      readonly transfer?: (args: ComputeCalls[K]['args']) => readonly ArrayBufferLike[];
    } = {},
  ): Promise<readonly ComputeCalls[K]['result'][]> {
    const { onProgress, transfer } = options;
    return together(
      workers.map((index) => async (signal) => {
        const worker = this.workers[index];
        if (worker === undefined) throw new GraffitistError('internal', `There is no compute worker ${index}.`);
        const given = args(index);
        return worker.call(name, given, {
          signal,
          onProgress: onProgress && ((done) => onProgress(index, done)),
          ...(transfer === undefined ? {} : { transfer: transfer(given) }),
        });
      }),
      options.signal,
    );
  }

  dispose(): void {
    const ended = new GraffitistError('worker-failed', 'The compute workers have been ended.');
    this.#failure ??= ended;
    for (const worker of this.workers) worker.close(ended);
    for (const worker of this.#spawned) worker.terminate();
  }
}

/** Runs tasks side by side. When one fails the others are told to stop; the first error is thrown when all have ended. */
export async function together<T>(tasks: readonly ((signal: AbortSignal) => Promise<T>)[], signal?: AbortSignal): Promise<readonly T[]> {
  const [only] = tasks;
  if (tasks.length === 1 && only !== undefined && signal !== undefined) return [await only(signal)];
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (signal?.aborted === true) controller.abort();
  signal?.addEventListener('abort', abort, { once: true });
  let first: { readonly error: unknown } | null = null;
  try {
    const results = await Promise.all(
      tasks.map(async (task) => {
        try {
          return { value: await task(controller.signal) };
        } catch (error) {
          first ??= { error };
          controller.abort();
          return null;
        }
      }),
    );
    if (first !== null) throw (first as { readonly error: unknown }).error;
    return results.map((result) => (result as { readonly value: T }).value);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

/** A worker whose device was lost has no other: that ends the pool as a dead worker does. */
function withoutLostDevice(client: ComputeWorker, fail: (failure: GraffitistError) => void): ComputeWorker {
  return {
    ...client,
    call: (name, args, options) =>
      client.call(name, args, options).catch((error: unknown) => {
        if (error instanceof GraffitistError && error.code === 'backend-unavailable') fail(error);
        throw error;
      }),
  };
}

function workerFailed(cause: string): GraffitistError {
  return new GraffitistError('worker-failed', `A compute worker stopped: ${cause}`, {
    remedy: 'Run the step again; if it happens again, use fewer images or another backend.',
  });
}
