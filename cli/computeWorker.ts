import { parentPort, workerData } from 'node:worker_threads';
import { serveCompute } from '../worker/compute/serve.ts';
import type { ComputePort } from '../worker/compute/port.ts';

/** A compute worker as a thread: Node's port speaks `on`, the engine's `addEventListener`. */
if (parentPort !== null) {
  const { wasmPaths } = workerData as { readonly wasmPaths: string };
  serveCompute(parentPort as unknown as ComputePort, { wasmPaths });
}
