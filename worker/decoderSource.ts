import jpeg from '@cwasm/jpeg-turbo/jpeg-turbo.wasm?url';
import png from '@cwasm/lodepng/lodepng.wasm?url';
import type { DecoderSource } from './formats/images/decoder.ts';

/** The WebAssembly files of the image decoders, as the page's server holds them. For the entries of the page's workers. */
export const pageDecoderSource: DecoderSource = { jpeg, png };
