import type { ComputePort } from './compute/port.ts';
import { serveData } from './data/workers/serve.ts';
import { pageDecoderSource } from './decoderSource.ts';
import { createImageDecoder } from './formats/images/decoder.ts';

/** A decode worker of the page. */
serveData(self as unknown as ComputePort, () => createImageDecoder(pageDecoderSource));
