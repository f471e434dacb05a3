import { availableParallelism } from 'node:os';
import { createRequire } from 'node:module';
import path from 'node:path';
import { Worker } from 'node:worker_threads';
import { createEngine, type LocalEngine } from '../worker/engine.ts';
import type { BackendName } from '../worker/protocol.ts';

/** The engine in this process; its compute workers are threads beside it. */
export function createNodeEngine(options: { readonly backend: BackendName }): LocalEngine {
  return createEngine({
    backend: options.backend,
    cores: availableParallelism(),
    spawn: () => new Worker(new URL('./computeWorker.js', import.meta.url), { workerData: { wasmPath: wasmFolder() } }),
  });
}

/** Where tfjs keeps its .wasm files, with a trailing slash. */
function wasmFolder(): string {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  return `${path.dirname(entry)}${path.sep}`;
}
