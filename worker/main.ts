import type { ComputePort, SpawnedWorker } from './compute/port.ts';
import { createEngine } from './engine.ts';
import { opfsFiles } from './opfsFiles.ts';
import { serveEngine } from './rpc.ts';

/** The document worker: parses, rewrites, lays out and inspects; starts compute workers for everything that computes tensors, decode workers for images. */
const engine = createEngine({
  runFiles: opfsFiles(),
  cores: navigator.hardwareConcurrency,
  spawn: () => spawned(new Worker(new URL('./computeMain.ts', import.meta.url), { type: 'module' })),
  spawnData: () => spawned(new Worker(new URL('./dataMain.ts', import.meta.url), { type: 'module' })),
});
serveEngine(self, engine);

function spawned(worker: Worker): SpawnedWorker {
  return {
    port: worker as ComputePort,
    onFailure: (listener) => {
      worker.addEventListener('error', (event) => listener(event.message || 'it could not be started'), { once: true });
    },
    terminate: () => worker.terminate(),
  };
}
