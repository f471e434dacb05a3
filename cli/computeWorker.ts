import { type MessagePort, workerData } from 'node:worker_threads';
import type { ComputePort } from '../worker/compute/port.ts';
import { serveCompute } from '../worker/compute/serve.ts';
import { threadEnd } from './threadPort.ts';

/** A compute worker as a thread: nodeEngine.ts starts it with a port and the folder of the .wasm files. */
const { port, wasmPaths } = workerData as { readonly port: MessagePort; readonly wasmPaths: string };
serveCompute(threadEnd(port as unknown as ComputePort), { wasmPaths });
