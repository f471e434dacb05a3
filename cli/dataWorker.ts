import { type MessagePort, workerData } from 'node:worker_threads';
import type { ComputePort } from '../worker/compute/port.ts';
import { serveData } from '../worker/data/workers/serve.ts';
import { createImageDecoder } from '../worker/formats/images/decoder.ts';
import { nodeDecoderSource } from './decoderSource.ts';
import { threadEnd } from './threadPort.ts';

/** A decode worker as a thread: nodeEngine.ts starts it with a port. */
const { port } = workerData as { readonly port: MessagePort };
serveData(threadEnd(port as unknown as ComputePort), () => createImageDecoder(nodeDecoderSource()));
