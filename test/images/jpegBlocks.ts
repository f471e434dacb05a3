/** A sample, 0 to 255, at a pixel. */
export type PlaneSampler = (x: number, y: number) => number;

/** Position in the 8×8 block by position in the file. */
export const ZIGZAG: readonly number[] = zigzag();
/** By position in the block: fine, and coarser towards high frequencies. */
export const QUANT_TABLE: readonly number[] = Array.from({ length: 64 }, (_, i) => 2 + (i % 8) + (i >> 3));

const [DC_BITS, AC_BITS, DC_SYMBOLS, AC_SYMBOLS] = [4, 9, 12, 255] as const;

/** Two Huffman tables whose codes are all of one length: a symbol's code is the symbol. */
export const HUFFMAN_TABLES: readonly number[] = [...table(0x00, DC_BITS, DC_SYMBOLS), ...table(0x10, AC_BITS, AC_SYMBOLS)];

function table(kind: number, length: number, symbols: number): number[] {
  return [kind, ...Array.from({ length: 16 }, (_, i) => (i + 1 === length ? symbols : 0)), ...Array.from({ length: symbols }, (_, i) => i)];
}

/** Bits, the first one topmost; a byte of 0xff is followed by 0. */
export class BitWriter {
  readonly #bytes: number[] = [];
  #byte = 0;
  #count = 0;

  put(value: number, length: number): void {
    for (let bit = length - 1; bit >= 0; bit--) {
      this.#byte = this.#byte * 2 + ((value >> bit) & 1);
      if (++this.#count < 8) continue;
      this.#bytes.push(this.#byte, ...(this.#byte === 0xff ? [0] : []));
      this.#byte = 0;
      this.#count = 0;
    }
  }

  /** Fills up the byte with ones and writes a restart marker. */
  marker(code: number): void {
    while (this.#count > 0) this.put(1, 1);
    this.#bytes.push(0xff, code);
  }

  finish(): Uint8Array {
    while (this.#count > 0) this.put(1, 1);
    return Uint8Array.from(this.#bytes);
  }
}

/** Where a block lies: its column and row in its component, pixels per sample, and the picture's size. */
export interface BlockPlace {
  readonly column: number;
  readonly row: number;
  readonly across: number;
  readonly down: number;
  readonly width: number;
  readonly height: number;
}

/** The quantized coefficients of a block in the order of the file; beyond the picture's edge its last samples are repeated. */
export function blockOf(sample: PlaneSampler, place: BlockPlace): number[] {
  const { column, row, across, down, width, height } = place;
  const samples = Array.from({ length: 64 }, (_, i) => {
    const [x, y] = [(column * 8 + (i % 8)) * across, (row * 8 + (i >> 3)) * down];
    return Math.round(sample(Math.min(x, width - 1), Math.min(y, height - 1))) - 128;
  });
  return ZIGZAG.map((at) => Math.round(frequency(samples, at % 8, at >> 3) / (QUANT_TABLE[at] ?? 1)));
}

/** A coefficient of the cosine transform of a block. */
function frequency(samples: readonly number[], u: number, v: number): number {
  let sum = 0;
  samples.forEach((value, i) => {
    sum += value * Math.cos(((2 * (i % 8) + 1) * u * Math.PI) / 16) * Math.cos(((2 * (i >> 3) + 1) * v * Math.PI) / 16);
  });
  return (sum * (u === 0 ? Math.SQRT1_2 : 1) * (v === 0 ? Math.SQRT1_2 : 1)) / 4;
}

/** Codes the first coefficient without its `low` last bits, or of these the next one; returns what the next block's differs from. */
export function codeDc(bits: BitWriter, block: readonly number[], previous: number, high: number, low: number): number {
  const value = (block[0] ?? 0) >> low;
  if (high > 0) {
    bits.put(value & 1, 1);
    return previous;
  }
  const difference = value - previous;
  const size = bitLength(difference);
  bits.put(size, DC_BITS);
  putSigned(bits, difference, size);
  return value;
}

/** Codes coefficients `from` to `to`: runs of zeros, values, and the end of the block. */
export function codeAc(bits: BitWriter, block: readonly number[], from: number, to: number): void {
  let run = 0;
  for (let i = from; i <= to; i++) {
    const value = block[i] ?? 0;
    if (value === 0) {
      run++;
      continue;
    }
    for (; run > 15; run -= 16) bits.put(0xf0, AC_BITS);
    const size = bitLength(value);
    bits.put(run * 16 + size, AC_BITS);
    putSigned(bits, value, size);
    run = 0;
  }
  if (run > 0) bits.put(0, AC_BITS);
}

function putSigned(bits: BitWriter, value: number, size: number): void {
  bits.put(value < 0 ? value + 2 ** size - 1 : value, size);
}

function bitLength(value: number): number {
  return 32 - Math.clz32(Math.abs(value));
}

function zigzag(): number[] {
  const cells = Array.from({ length: 64 }, (_, at) => ({ at, sum: (at % 8) + (at >> 3), along: (at % 8) - (at >> 3) }));
  // Diagonals in turn upwards and downwards.
  return cells.sort((a, b) => a.sum - b.sum || (a.sum % 2 === 0 ? a.along - b.along : b.along - a.along)).map(({ at }) => at);
}
