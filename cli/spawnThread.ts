import { MessageChannel, Worker } from 'node:worker_threads';
import type { ComputePort, SpawnedWorker } from '../worker/compute/port.ts';
import { engineEnd } from './threadPort.ts';

/** A worker as a thread, and the port to it; files go over that as their paths. `data` is what the worker's file asks for. */
export function spawnThread(file: URL, data: Readonly<Record<string, string>>): SpawnedWorker {
  const { port1, port2 } = new MessageChannel();
  const workerData = { ...data, port: port2 };
  const thread = new Worker(file, { workerData, transferList: [port2] });
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
