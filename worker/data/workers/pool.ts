/** Decode workers as one: calls go to whichever is free. */
import { type CallClient, callClient } from '../../compute/channel.ts';
import type { SpawnCompute, SpawnedWorker } from '../../compute/port.ts';
import { GraffitistError } from '../../errors.ts';
import type { DataCalls } from './messages.ts';

interface Idle {
  readonly client: CallClient<DataCalls>;
}

/** Started workers. Once one has died the pool is `broken`: every call rejects, and the owner starts another pool. */
export class DecodePool {
  readonly size: number;
  readonly #spawned: readonly SpawnedWorker[];
  readonly #clients: readonly CallClient<DataCalls>[];
  readonly #idle: Idle[];
  readonly #waiting: { resolve(worker: Idle): void; reject(reason: GraffitistError): void }[] = [];
  #failure: GraffitistError | null = null;

  constructor(spawn: SpawnCompute, workers: number) {
    this.size = workers;
    this.#spawned = Array.from({ length: workers }, () => spawn());
    this.#clients = this.#spawned.map(({ port }) => callClient<DataCalls>(port));
    this.#idle = this.#clients.map((client) => ({ client }));
    for (const worker of this.#spawned) worker.onFailure((cause) => this.#end(failed(cause)));
  }

  get broken(): boolean {
    return this.#failure !== null;
  }

  /** @throws GraffitistError as thrown by the worker; `worker-failed` once one has died; `cancelled` */
  async call<K extends keyof DataCalls & string>(
    name: K,
    args: DataCalls[K]['args'],
    signal?: AbortSignal | undefined,
  ): Promise<DataCalls[K]['result']> {
    const worker = await this.#free();
    try {
      return await worker.client.call(name, args, { signal });
    } finally {
      this.#release(worker);
    }
  }

  dispose(): void {
    this.#end(new GraffitistError('worker-failed', 'The decode workers have been ended.'));
  }

  #free(): Promise<Idle> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const worker = this.#idle.pop();
    if (worker !== undefined) return Promise.resolve(worker);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #release(worker: Idle): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#idle.push(worker);
    else next.resolve(worker);
  }

  #end(reason: GraffitistError): void {
    if (this.#failure !== null) return;
    this.#failure = reason;
    for (const client of this.#clients) client.close(reason);
    for (const { reject } of this.#waiting.splice(0)) reject(reason);
    for (const worker of this.#spawned) worker.terminate();
  }
}

function failed(cause: string): GraffitistError {
  return new GraffitistError('worker-failed', `A decode worker stopped: ${cause}`, {
    remedy: 'Run it again; if it happens again, look for a damaged picture near the place where it stopped.',
  });
}
