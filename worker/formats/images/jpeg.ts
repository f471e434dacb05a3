import type { Orientation } from './exif.ts';
import { type Image, unreadable } from './image.ts';
import { jpegStructure } from './jpegStructure.ts';
import { printToRgb } from './printColours.ts';
import { copyIn, type Heap } from './wasm.ts';

/** What is used of libjpeg-turbo's TurboJPEG interface. */
interface TurboJpeg extends Heap {
  tjInitDecompress(): number;
  tjDestroy(handle: number): number;
  /** Width and height 0: as in the file. 0, or −1 where it failed or warned. */
  tjDecompress2(
    handle: number,
    source: number,
    size: number,
    target: number,
    width: number,
    pitch: number,
    height: number,
    format: number,
    flags: number,
  ): number;
}

const [TJPF_RGB, TJPF_CMYK, TJFLAG_FASTDCT] = [0, 11, 2048] as const;

/** What stands in the library's buffer for messages before there was one, and how long that buffer is. */
const NO_MESSAGE = 'No error';
const LONGEST_MESSAGE = 200;
/** Bytes that were left when the picture was complete: filled up, or the rest of a picture that was misread. */
const LEFT_OVER = /^Corrupt JPEG data: (\d+) extraneous bytes before marker 0xd9$/;

/** libjpeg leaves by longjmp; what it had reserved is lost with it. */
class LongJump extends Error {}

const refuse = (): never => {
  throw new LongJump();
};

/** libjpeg-turbo in memory of its own. A file at which it failed spoils the instance. */
export class JpegLibrary {
  readonly #library: TurboJpeg;
  readonly #message: number;

  constructor(module: WebAssembly.Module) {
    const { exports } = new WebAssembly.Instance(module, {
      env: { setjmp: () => 0, longjmp: refuse },
      wasi_snapshot_preview1: {
        environ_sizes_get: () => 0,
        environ_get: refuse,
        proc_exit: refuse,
        fd_close: refuse,
        fd_seek: refuse,
        fd_write: refuse,
      },
    });
    this.#library = exports as unknown as TurboJpeg;
    this.#message = messageBuffer(new Uint8Array(this.#library.memory.buffer));
  }

  /** Bytes of memory that the instance has come to hold. */
  get size(): number {
    return this.#library.memory.buffer.byteLength;
  }

  /**
   * Decodes as TensorFlow does: fast integer cosine transform (its `decode_jpeg` without `dct_method`), chroma interpolated.
   *
   * @throws GraffitistError `image-unreadable`; the instance is then spoilt
   */
  decode(file: Uint8Array, name: string): { readonly image: Image; readonly orientation: Orientation } {
    const { frame, adobe, orientation, bytes } = jpegStructure(file, name);
    const { width, height, components } = frame;
    const [format, samples] = components === 4 ? [TJPF_CMYK, 4] : [TJPF_RGB, 3];
    const size = width * height * samples;
    const source = copyIn(this.#library, bytes);
    const target = source === 0 ? 0 : this.#library.malloc(size) >>> 0;
    if (target === 0) throw unreadable(name, `there is no memory for ${width} × ${height} pixels`, 'Save it smaller.');
    this.#decompress(source, bytes, target, format, name);
    const decoded = new Uint8Array(this.#library.memory.buffer, target, size);
    const pixels = components === 4 ? printToRgb(decoded, adobe) : decoded.slice();
    this.#library.free(source);
    this.#library.free(target);
    return { image: { width, height, pixels }, orientation };
  }

  #decompress(source: number, bytes: Uint8Array, target: number, format: number, name: string): void {
    const handle = this.#library.tjInitDecompress();
    try {
      const status = this.#library.tjDecompress2(handle, source, bytes.length, target, 0, 0, 0, format, TJFLAG_FASTDCT);
      if (status !== 0 && !endsInFilling(bytes, this.#lastMessage())) throw new LongJump();
    } catch (error) {
      // Whatever else WebAssembly stops at (memory, a bad address) is the file's doing too.
      const why = error instanceof LongJump ? this.#lastMessage() : String((error as Error).message);
      throw unreadable(name, `libjpeg says “${why}”`);
    }
    this.#library.tjDestroy(handle);
  }

  #lastMessage(): string {
    const bytes = new Uint8Array(this.#library.memory.buffer, this.#message);
    return new TextDecoder().decode(bytes.slice(0, bytes.indexOf(0)));
  }
}

/** Whether all that libjpeg warns of is a file that was filled up with one value before its end. */
function endsInFilling(bytes: Uint8Array, message: string): boolean {
  const count = Number(LEFT_OVER.exec(message)?.[1] ?? 0);
  const left = bytes.subarray(bytes.length - 2 - count, bytes.length - 2);
  return left.length > 0 && left.every((byte) => byte === left[0]);
}

/** The buffer for messages: of the texts in fresh memory the one with room behind it. */
function messageBuffer(memory: Uint8Array): number {
  const wanted = Array.from(NO_MESSAGE.padEnd(LONGEST_MESSAGE, '\0'), (character) => character.charCodeAt(0));
  for (let at = memory.indexOf(wanted[0] ?? 0); at >= 0; at = memory.indexOf(wanted[0] ?? 0, at + 1)) {
    if (wanted.every((byte, i) => memory[at + i] === byte)) return at;
  }
  throw new Error('This is another build of libjpeg-turbo: it has no buffer for messages.');
}
