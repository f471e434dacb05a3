import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { DecoderSource } from '../worker/formats/images/decoder.ts';

/** The WebAssembly files of the image decoders, from the packages that they come in. */
export function nodeDecoderSource(): DecoderSource {
  const { resolve } = createRequire(import.meta.url);
  const read = (file: string): Uint8Array => new Uint8Array(readFileSync(resolve(file)));
  return { jpeg: read('@cwasm/jpeg-turbo/jpeg-turbo.wasm'), png: read('@cwasm/lodepng/lodepng.wasm') };
}
