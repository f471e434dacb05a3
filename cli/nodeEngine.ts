import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads';
import type { ComputePort, SpawnedWorker } from '../worker/compute/port.ts';
import { createEngine, type LocalEngine } from '../worker/engine.ts';
import type { BackendName } from '../worker/protocol.ts';
import { withPaths } from './fileBlobs.ts';

/** The engine in this process; its compute workers are threads beside it. */
export function createNodeEngine(options: { readonly backend: BackendName }): LocalEngine {
  return createEngine({
    backend: options.backend,
    cores: availableParallelism(),
    spawn: spawnThread,
  });
}

/** A compute worker as a thread, and the port to it. */
function spawnThread(): SpawnedWorker {
  const { port1, port2 } = new MessageChannel();
  const workerData = { port: port2, wasmPaths: wasmFolder() };
  const thread = new Worker(new URL('./computeWorker.js', import.meta.url), { workerData, transferList: [port2] });
  let asked = false;
  return {
    port: sendingPaths(port1),
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

/** The port as a compute worker's owner uses it: files on the disk go out as paths. */
function sendingPaths(port: MessagePort): ComputePort {
  const near = port as unknown as ComputePort;
  return {
    postMessage: (message, transfer) => near.postMessage(withPaths(message), transfer),
    addEventListener: (type, listener) => near.addEventListener(type, listener),
    removeEventListener: (type, listener) => near.removeEventListener(type, listener),
    start: () => port.start(),
  };
}

/** Where tfjs keeps its .wasm files, with a trailing slash. */
function wasmFolder(): string {
  const entry = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  return `${path.dirname(entry)}${path.sep}`;
}
