/** Compute workers for tests: within this thread, or as threads of their own. */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ComputePort, SpawnCompute } from '../../../worker/compute/port.ts';
import { serveCompute } from '../../../worker/compute/serve.ts';

const { resolve } = createRequire(import.meta.url);

/** The folder of the .wasm files, with a trailing slash. */
export const wasmPaths = `${path.dirname(resolve('@tensorflow/tfjs-backend-wasm'))}${path.sep}`;

/** A worker in this thread behind a real message channel. TensorFlow.js allows one at a time; the reference backend any number. */
export const spawnHere: SpawnCompute = () => {
  const { port1, port2 } = new MessageChannel();
  const stop = serveCompute(port2 as ComputePort, { wasmPaths });
  return {
    port: port1 as ComputePort,
    onFailure: () => undefined,
    terminate: () => {
      stop();
      port1.close();
    },
  };
};

/** Node runs no TypeScript by itself: the thread starts with a loader. */
const start = `import(${JSON.stringify(pathToFileURL(resolve('tsx/esm/api').replace(/cjs$/, 'mjs')).href)}).then(({ register }) => {
  register();
  return import(${JSON.stringify(new URL('./thread.ts', import.meta.url).href)});
})`;

/** A worker as a thread, as the command line has them. */
export const spawnThread: SpawnCompute = () => {
  const worker = new Worker(start, { eval: true, workerData: { wasmPaths } });
  return {
    port: {
      postMessage: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
      addEventListener: (_, listener) => {
        worker.on('message', (data: unknown) => listener({ data } as MessageEvent));
      },
      removeEventListener: () => undefined,
    },
    onFailure: (listener) => {
      worker.once('error', (error) => listener(error.message));
      worker.once('exit', (code) => listener(`it exited with code ${code}`));
    },
    terminate: () => {
      worker.removeAllListeners('exit');
      void worker.terminate();
    },
  };
};
