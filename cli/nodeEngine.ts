import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { createEngine, type LocalEngine } from '../worker/engine.ts';
import type { BackendName } from '../worker/protocol.ts';
import { runFilesIn } from './runFiles.ts';
import { spawnThread } from './spawnThread.ts';

/**
 * The engine in this process; its compute and decode workers are threads beside it.
 * @param options.runFolder where training runs are kept
 */
export function createNodeEngine(options: { readonly backend: BackendName; readonly runFolder?: string }): LocalEngine {
  return createEngine({
    ...(options.runFolder === undefined ? {} : { runFiles: runFilesIn(options.runFolder) }),
    backend: options.backend,
    cores: availableParallelism(),
    spawn: () => spawnThread(beside('./computeWorker.js'), { wasmPaths: wasmFolder() }),
    spawnData: () => spawnThread(beside('./dataWorker.js'), {}),
  });
}

/** A worker's file, which stands beside this one once both are built. */
function beside(file: string): URL {
  return new URL(file, import.meta.url);
}

/** Where tfjs keeps its .wasm files, with a trailing slash. */
function wasmFolder(): string {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  return `${path.dirname(entry)}${path.sep}`;
}
