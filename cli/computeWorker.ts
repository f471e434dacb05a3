import { type MessagePort, workerData } from 'node:worker_threads';
import type { ComputePort } from '../worker/compute/port.ts';
import { serveCompute } from '../worker/compute/serve.ts';
import { withFiles } from './fileBlobs.ts';

/** A compute worker as a thread: nodeEngine.ts starts it with a port and the folder of the .wasm files. */
const { port, wasmPaths } = workerData as { readonly port: MessagePort; readonly wasmPaths: string };
serveCompute(openingFiles(port as unknown as ComputePort), { wasmPaths });

/** The port with files opened before a message is handed on; messages keep their order. */
function openingFiles(near: ComputePort): ComputePort {
  const wrappers = new Map<(event: MessageEvent) => void, (event: MessageEvent) => void>();
  return {
    postMessage: (message, transfer) => near.postMessage(message, transfer),
    addEventListener(type, listener) {
      let before: Promise<void> = Promise.resolve();
      const wrapper = ({ data }: MessageEvent): void => {
        before = before.then(async () => listener({ data: await withFiles(data) } as MessageEvent));
      };
      wrappers.set(listener, wrapper);
      near.addEventListener(type, wrapper);
    },
    removeEventListener(type, listener) {
      const wrapper = wrappers.get(listener);
      if (wrapper !== undefined) near.removeEventListener(type, wrapper);
    },
    start: () => near.start?.(),
  };
}
