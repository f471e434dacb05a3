import { Worker } from 'node:worker_threads';
import { engineEnd } from '../../cli/threadPort.ts';
import type { ComputePort, SpawnCompute } from '../../worker/compute/port.ts';
import { threadStart } from '../typescriptThread.ts';

const start = threadStart(new URL('./dataThread.ts', import.meta.url));

/** Decode workers as threads; files of the disk go to them as their paths. */
export const spawnDataThread: SpawnCompute = () => {
  const worker = new Worker(start, { eval: true });
  const port: ComputePort = {
    postMessage: (message, transfer) => worker.postMessage(message, transfer as ArrayBuffer[]),
    addEventListener: (_, listener) => {
      worker.on('message', (data: unknown) => listener({ data } as MessageEvent));
    },
    removeEventListener: () => undefined,
  };
  return {
    port: engineEnd(port),
    onFailure: (listener) => {
      worker.once('error', (error) => listener(error.message));
    },
    terminate: () => void worker.terminate(),
  };
};
