import { nodeDecoderSource } from '../../cli/decoderSource.ts';
import { createImageDecoder } from '../../worker/formats/images/decoder.ts';

/** The decoder as the command line has it. */
export const decoder = await createImageDecoder(nodeDecoderSource());
