import type { Orientation } from './exif.ts';
import { type Image, unreadable } from './image.ts';
import { pngChunks } from './pngChunks.ts';
import { copyIn, type Heap } from './wasm.ts';

/** What is used of lodepng. */
interface LodePng extends Heap {
  _initialize(): void;
  /** Writes where the pixels are, width and height; 0, or the number of an error. */
  lodepng_decode32(target: number, width: number, height: number, source: number, size: number): number;
}

/** Numbers of lodepng's errors that tell a person something; most others say that the packed data is damaged. */
const ERRORS: Readonly<Record<number, string>> = {
  31: 'its colour type is unknown',
  37: 'its bit depth is unknown',
  38: 'its palette is broken',
  46: 'a colour is not in its palette',
  57: 'the checksum of a chunk is wrong',
  58: 'the checksum of its pixels is wrong',
  83: 'there is no memory for it',
};

/** lodepng in memory of its own. A file at which it stopped spoils the instance. */
export class PngLibrary {
  readonly #library: LodePng;

  constructor(module: WebAssembly.Module) {
    this.#library = new WebAssembly.Instance(module).exports as unknown as LodePng;
    this.#library._initialize();
  }

  /** Bytes of memory that the instance has come to hold. */
  get size(): number {
    return this.#library.memory.buffer.byteLength;
  }

  /**
   * Decodes as TensorFlow does to three channels of uint8: of 16 bits the upper ones, transparency dropped and never blended.
   *
   * @throws GraffitistError `image-unreadable`; the instance is then spoilt
   */
  decode(file: Uint8Array, name: string): { readonly image: Image; readonly orientation: Orientation } {
    const { width, height, orientation, bytes } = pngChunks(file, name);
    const library = this.#library;
    const out = library.malloc(12) >>> 0;
    const source = copyIn(library, bytes);
    const status = out === 0 || source === 0 ? 83 : this.#run(() => library.lodepng_decode32(out, out + 4, out + 8, source, bytes.length));
    if (status !== 0) {
      throw unreadable(name, typeof status === 'string' ? status : (ERRORS[status] ?? `its data is damaged (lodepng's error ${status})`));
    }
    const [target = 0] = new Uint32Array(library.memory.buffer, out, 1);
    const pixels = withoutAlpha(new Uint8Array(library.memory.buffer, target, width * height * 4));
    for (const pointer of [target, source, out]) library.free(pointer);
    return { image: { width, height, pixels }, orientation };
  }

  /** An error number, or what WebAssembly stopped at. */
  #run(decode: () => number): number | string {
    try {
      return decode();
    } catch (error) {
      return `the decoder stopped (${(error as Error).message})`;
    }
  }
}

function withoutAlpha(rgba: Uint8Array): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    rgb[to++] = rgba[from] ?? 0;
    rgb[to++] = rgba[from + 1] ?? 0;
    rgb[to++] = rgba[from + 2] ?? 0;
  }
  return rgb;
}
