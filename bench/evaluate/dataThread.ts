import { parentPort } from 'node:worker_threads';
import { nodeDecoderSource } from '../../cli/decoderSource.ts';
import { threadEnd } from '../../cli/threadPort.ts';
import type { ComputePort } from '../../worker/compute/port.ts';
import { serveData } from '../../worker/data/workers/serve.ts';
import { createImageDecoder } from '../../worker/formats/images/decoder.ts';

/** A decode worker as the command line has them, started by spawnData.ts. */
serveData(threadEnd(parentPort as unknown as ComputePort), () => createImageDecoder(nodeDecoderSource()));
