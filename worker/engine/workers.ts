import { ComputePool, workersFor } from '../compute/pool.ts';
import type { SpawnCompute } from '../compute/port.ts';
import { GraffitistError } from '../errors.ts';
import type { BackendName } from '../execute/backend.ts';
import { probeWebGpu } from '../execute/probeWebGpu.ts';

export interface WorkersHost {
  /** Starts one compute worker. */
  readonly spawn: SpawnCompute;
  readonly cores: number;
  /** Undefined: WebGPU where the adapter is hardware, else wasm. */
  readonly backend?: BackendName | undefined;
  /** Milliseconds between looks for a graphics device, once one was lost: a driver that starts anew has none for a moment. */
  readonly deviceWaits?: readonly number[];
}

const DEVICE_WAITS = [0, 1000, 1000];

/** The compute workers of an engine: started when they are first needed, and anew where they died or another backend was chosen. */
export class Workers {
  readonly #host: WorkersHost;
  #chosen: BackendName | null;
  #pool: ComputePool | null = null;
  /** The graphics device was lost, and none has been found since. */
  #deviceLost = false;
  /** Two jobs side by side must not start workers twice. */
  #before: Promise<unknown> = Promise.resolve();

  constructor(host: WorkersHost) {
    this.#host = host;
    this.#chosen = host.backend ?? null;
  }

  async backend(): Promise<BackendName> {
    if (this.#chosen === null) {
      const gpu = await probeWebGpu();
      this.#chosen = gpu.available && !gpu.software ? 'webgpu' : 'wasm';
    }
    return this.#chosen;
  }

  /** Takes effect with the next call of `pool`. */
  use(backend: BackendName): void {
    this.#chosen = backend;
  }

  /**
   * The workers at hand, or new ones. ENG1: where the graphics device was lost and there is no other, they are on wasm from then on.
   * @throws GraffitistError `backend-unavailable`, `worker-failed`, `cancelled`
   */
  pool(signal: AbortSignal | undefined): Promise<ComputePool> {
    const pool = this.#before.then(() => this.#current(signal));
    this.#before = pool.catch(() => undefined);
    return pool;
  }

  dispose(): void {
    this.#pool?.dispose();
    this.#pool = null;
  }

  async #current(signal: AbortSignal | undefined): Promise<ComputePool> {
    const backend = await this.backend();
    if (this.#pool !== null && !this.#pool.broken && this.#pool.backend === backend) return this.#pool;
    this.#deviceLost ||= this.#pool?.deviceLost === true;
    this.dispose();
    const pool = await (this.#deviceLost && backend === 'webgpu' ? this.#elsewhere(signal) : this.#start(backend, signal));
    this.#pool = pool;
    this.#deviceLost = false;
    return pool;
  }

  async #elsewhere(signal: AbortSignal | undefined): Promise<ComputePool> {
    for (const wait of this.#host.deviceWaits ?? DEVICE_WAITS) {
      await new Promise((resolve) => setTimeout(resolve, wait));
      try {
        return await this.#start('webgpu', signal);
      } catch (error) {
        if (!(error instanceof GraffitistError) || error.code !== 'backend-unavailable') throw error;
      }
    }
    this.#chosen = 'wasm';
    return this.#start('wasm', signal);
  }

  #start(backend: BackendName, signal: AbortSignal | undefined): Promise<ComputePool> {
    const { spawn, cores } = this.#host;
    return ComputePool.start({ spawn, backend, workers: workersFor(backend, cores) }, { signal });
  }
}
