import { type Codes, decode } from '../calibrate/codes.ts';

/** Part of a kept tensor: some images of it, as integer codes where it is quantized, as float32 where it is not. */
export interface Piece {
  readonly shape: readonly number[];
  readonly elements: Float32Array | { readonly codes: Codes; readonly scale: number };
}

export function pieceBytes({ elements }: Piece): number {
  return elements instanceof Float32Array ? elements.byteLength : elements.codes.byteLength;
}

/** Writes a piece's values where they are wanted, or lends them where they lie. */
export function pieceValues({ elements }: Piece): Float32Array {
  return elements instanceof Float32Array ? elements : decode(elements.codes, elements.scale);
}

/** What kept tensors may take together. */
export class Budget {
  readonly limit: number;
  bytes = 0;
  peakBytes = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether there is room for `bytes` more. */
  fits(bytes: number): boolean {
    return this.bytes + bytes <= this.limit;
  }

  add(bytes: number): void {
    this.bytes += bytes;
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
  }
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

  /** Keeps a piece if there is room; quantized ones always, they are what the sweep lives on. */
  keep(chunk: number, piece: Piece): void {
    const bytes = pieceBytes(piece);
    if (piece.elements instanceof Float32Array && !this.#budget.fits(bytes)) return;
    this.#budget.add(bytes);
    this.#pieces[chunk] = piece;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    this.#holders--;
    if (this.#holders > 0) return;
    for (const piece of this.#pieces) if (piece !== undefined) this.#budget.bytes -= pieceBytes(piece);
    this.#pieces.length = 0;
  }
}
