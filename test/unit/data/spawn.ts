/** Decode workers for tests: within this thread behind a real message channel; files of the disk go over it as in the command line. */
import { nodeDecoderSource } from '../../../cli/decoderSource.ts';
import { engineEnd, threadEnd } from '../../../cli/threadPort.ts';
import type { ComputePort, SpawnCompute } from '../../../worker/compute/port.ts';
import { serveData } from '../../../worker/data/workers/serve.ts';
import { createImageDecoder } from '../../../worker/formats/images/decoder.ts';

export const spawnDataHere: SpawnCompute = () => {
  const { port1, port2 } = new MessageChannel();
  const stop = serveData(threadEnd(port2 as ComputePort), () => createImageDecoder(nodeDecoderSource()));
  return {
    port: engineEnd(port1 as ComputePort),
    onFailure: () => undefined,
    terminate: () => {
      stop();
      port1.close();
    },
  };
};
