import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { MessageChannel, Worker } from 'node:worker_threads';
import type { ComputePort, SpawnedWorker } from '../worker/compute/port.ts';
import { createEngine, type LocalEngine } from '../worker/engine.ts';
import type { BackendName } from '../worker/protocol.ts';
import { engineEnd } from './threadPort.ts';

/** The engine in this process; its compute and decode workers are threads beside it. */
export function createNodeEngine(options: { readonly backend: BackendName }): LocalEngine {
  return createEngine({
    backend: options.backend,
    cores: availableParallelism(),
    spawn: () => spawnThread('./computeWorker.js', { wasmPaths: wasmFolder() }),
    spawnData: () => spawnThread('./dataWorker.js', {}),
  });
}

/** A worker as a thread, and the port to it. `file` stands beside this one once both are built. */
function spawnThread(file: string, data: Readonly<Record<string, string>>): SpawnedWorker {
  const { port1, port2 } = new MessageChannel();
  const workerData = { ...data, port: port2 };
  const thread = new Worker(new URL(file, import.meta.url), { workerData, transferList: [port2] });
  let asked = false;
  return {
    port: engineEnd(port1 as unknown as ComputePort),
    onFailure: (listener) => {
      thread.once('error', (error) => listener(error.message));
      thread.once('exit', (code) => {
        if (!asked) listener(`it ended with code ${code}`);
      });
    },
    terminate: () => {
      asked = true;
      port1.close();
      void thread.terminate();
    },
  };
}

/** Where tfjs keeps its .wasm files, with a trailing slash. */
function wasmFolder(): string {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  return `${path.dirname(entry)}${path.sep}`;
}
