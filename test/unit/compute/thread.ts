import { parentPort, workerData } from 'node:worker_threads';
import type { ComputePort } from '../../../worker/compute/port.ts';
import { serveCompute } from '../../../worker/compute/serve.ts';

serveCompute(parentPort as unknown as ComputePort, workerData as { readonly wasmPaths: string });
