import type { Engine } from '../../worker/protocol.ts';
import { connectEngine } from '../../worker/rpc.ts';

let connected: Engine | null = null;

/** The document worker's engine; the worker is started on first use and lives as long as the page. */
export function engine(): Engine {
  connected ??= startWorker();
  return connected;
}

function startWorker(): Engine {
  const worker = new Worker(new URL('../../worker/main.ts', import.meta.url), { type: 'module', name: 'document' });
  const connection = connectEngine(worker);
  worker.addEventListener('error', (event) => {
    connection.close({
      code: 'internal',
      cause: `The engine stopped: ${event.message || 'its script could not be loaded'}.`,
      remedy: 'Reload the page; files, pipeline and thresholds are kept.',
    });
  });
  return connection.engine;
}
