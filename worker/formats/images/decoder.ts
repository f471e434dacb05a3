import { type DecodeOptions, type Image, type ImageDecoder, imageKind, otherImage } from './image.ts';
import { JpegLibrary } from './jpeg.ts';
import { PngLibrary } from './png.ts';
import { upright } from './upright.ts';
import { compileWasm, type WasmFile } from './wasm.ts';

/** The WebAssembly files of libjpeg-turbo and lodepng, as the entry of page or command line finds them. */
export interface DecoderSource {
  readonly jpeg: WasmFile;
  readonly png: WasmFile;
}

/** An instance that has grown beyond this is given up after the picture: memory of WebAssembly never shrinks. */
const MOST_KEPT = 128 * 2 ** 20;

/**
 * The decoder for JPEG and PNG: the same WebAssembly, and so the same pixels, in page and command line.
 *
 * @throws GraffitistError `internal` where the source is not there or is no WebAssembly
 */
export async function createImageDecoder(source: DecoderSource): Promise<ImageDecoder> {
  const [jpeg, png] = await Promise.all([compileWasm(source.jpeg), compileWasm(source.png)]);
  const decoders = { jpeg: renewing(() => new JpegLibrary(jpeg)), png: renewing(() => new PngLibrary(png)) };
  return {
    async decode(bytes: Uint8Array, name: string, options: DecodeOptions = {}): Promise<Image> {
      const kind = imageKind(bytes);
      if (kind === null) throw otherImage(bytes, name);
      const { image, orientation } = decoders[kind](bytes, name);
      return options.orientation === false ? image : upright(image, orientation);
    },
  };
}

type Library = JpegLibrary | PngLibrary;

/** Decodes with one instance as long as it is sound and small, then with a new one: no picture spoils the next. */
function renewing(create: () => Library): Library['decode'] {
  let library: Library | undefined;
  return (bytes, name) => {
    const used = library ?? create();
    library = undefined;
    const decoded = used.decode(bytes, name);
    if (used.size <= MOST_KEPT) library = used;
    return decoded;
  };
}
