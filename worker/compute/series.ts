import { type Codes, decode } from '../calibrate/codes.ts';

/** Part of a kept tensor: some images of it, as integer codes where it is quantized, as float32 where it is not. */
export interface Piece {
  readonly shape: readonly number[];
  readonly elements: Elements;
}

/** float32 numbers, or integer codes that times the scale give the numbers exactly. */
export type Elements = Float32Array | { readonly codes: Codes; readonly scale: number };

/** The values themselves. */
export function floatsOf(elements: Elements): Float32Array {
  if (elements instanceof Float32Array) return elements;
  const values = new Float32Array(elements.codes.length);
  decode(elements.codes, elements.scale, values);
  return values;
}

/**
 * What kept tensors may take together. Memory that is let go is used again for the next tensors: fresh memory costs as much as
 * computing. What waits for that counts as taken, and goes first when room is short.
 */
export class Budget {
  readonly limit: number;
  peakBytes = 0;
  /** There was something to keep that had no room. */
  exceeded = false;
  #bytes = 0;
  #spareBytes = 0;
  /** Smallest first. */
  readonly #spare: ArrayBuffer[] = [];

  constructor(limit: number) {
    this.limit = limit;
  }

  /** A copy to keep, or null where there is no room for it. */
  copy(values: Float32Array): Float32Array | null {
    if (this.#bytes + values.byteLength > this.limit) {
      this.exceeded = true;
      return null;
    }
    const copy = new Float32Array(this.memory(values.byteLength), 0, values.length);
    copy.set(values);
    return copy;
  }

  /** Memory for a piece: of one that was let go, if there is one that is not much too large. */
  readonly memory = (bytes: number): ArrayBuffer => {
    const at = this.#spare.findIndex((buffer) => buffer.byteLength >= bytes);
    const found = this.#spare[at];
    if (found !== undefined && found.byteLength <= 4 * bytes) {
      this.#spare.splice(at, 1);
      this.#spareBytes -= found.byteLength;
      return found;
    }
    // Layers have become smaller or larger: what does not fit makes way, so that the sum does not grow.
    for (let freed = 0; freed < bytes && this.#spare.length > 0; ) freed += this.#dropLargest();
    return new ArrayBuffer(bytes);
  };

  add({ elements }: Piece): void {
    this.#bytes += memoryOf(elements).byteLength;
    while (this.#bytes + this.#spareBytes > this.limit && this.#spare.length > 0) this.#dropLargest();
    this.peakBytes = Math.max(this.peakBytes, this.#bytes + this.#spareBytes);
  }

  remove({ elements }: Piece): void {
    const memory = memoryOf(elements);
    this.#bytes -= memory.byteLength;
    this.#spareBytes += memory.byteLength;
    const at = this.#spare.findIndex((buffer) => buffer.byteLength >= memory.byteLength);
    this.#spare.splice(at < 0 ? this.#spare.length : at, 0, memory);
  }

  #dropLargest(): number {
    const bytes = this.#spare.pop()?.byteLength ?? 0;
    this.#spareBytes -= bytes;
    return bytes;
  }
}

function memoryOf(elements: Elements): ArrayBuffer {
  return (elements instanceof Float32Array ? elements : elements.codes).buffer as ArrayBuffer;
}

/**
 * A tensor over all images of a worker's share, chunk by chunk. Chunks for which there was no room are absent and computed again when
 * they are read. Freed when everyone who held it has let go.
 */
export class Series {
  readonly #pieces: (Piece | undefined)[] = [];
  readonly #budget: Budget;
  #holders = 1;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  piece(chunk: number): Piece | undefined {
    return this.#pieces[chunk];
  }

  keep(chunk: number, piece: Piece): void {
    this.#budget.add(piece);
    this.#pieces[chunk] = piece;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    for (const piece of this.#pieces) if (piece !== undefined) this.#budget.remove(piece);
    this.#pieces.length = 0;
  }
}
