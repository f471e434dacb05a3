import type { ComputePort } from '../worker/compute/port.ts';
import { withFiles, withPaths } from './fileBlobs.ts';

/** The engine's end of a channel to a thread: files go over it as their paths. */
export function engineEnd(port: ComputePort): ComputePort {
  return {
    postMessage: (message, transfer) => port.postMessage(withPaths(message), transfer),
    addEventListener: (type, listener) => port.addEventListener(type, listener),
    removeEventListener: (type, listener) => port.removeEventListener(type, listener),
  };
}

/** The thread's end: files are opened before a message is handed on, and messages keep their order. */
export function threadEnd(port: ComputePort): ComputePort {
  const listeners = new Map<(event: MessageEvent) => void, (event: MessageEvent) => void>();
  let last = Promise.resolve();
  return {
    postMessage: (message, transfer) => port.postMessage(message, transfer),
    addEventListener: (type, listener) => {
      const opening = (event: MessageEvent): void => {
        last = last.then(async () => listener({ data: await withFiles(event.data) } as MessageEvent));
      };
      listeners.set(listener, opening);
      port.addEventListener(type, opening);
    },
    removeEventListener: (type, listener) => port.removeEventListener(type, listeners.get(listener) ?? listener),
    start: () => port.start?.(),
  };
}
