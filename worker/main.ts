import type { ComputePort } from './compute/port.ts';
import { createEngine } from './engine.ts';
import { serveEngine } from './rpc.ts';

/** The document worker: parses, rewrites, lays out and inspects; starts compute workers for everything that computes tensors. */
const engine = createEngine({
  cores: navigator.hardwareConcurrency,
  spawn: () => {
    const worker = new Worker(new URL('./computeMain.ts', import.meta.url), { type: 'module' });
    return {
      port: worker as ComputePort,
      onFailure: (listener) => {
        worker.addEventListener('error', (event) => listener(event.message || 'it could not be started'), { once: true });
      },
      terminate: () => worker.terminate(),
    };
  },
});
serveEngine(self, engine);
