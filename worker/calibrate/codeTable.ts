/**
 * Samples that are whole multiples of one unit, counted exactly. Behind the first quantizers every tensor but the accumulators of
 * layers is of that kind with some ten thousand different values at most: one pass over the samples, and extremes, histograms of any
 * bins and rounding errors follow from the counts.
 */
import { type FixedPoint, roundTo } from '../quantize/fixedPoint.ts';
import type { Rounding } from '../quantize/quantizer.ts';
import { BLOCK, blockIntegers, forBlocks } from './blocks.ts';
import { type Codes, type Memory, makeCodes, type QuantizationError } from './codes.ts';
import { type Bins, binEdges, type Extremes, findBins, noSamples } from './histogram.ts';
import { simd } from './simd/simd.ts';

/** Wider ranges of multiples are not counted one by one. */
const WIDEST = 2 ** 17;

/** The largest power of 2 that every value is a multiple of; null where that says nothing (zeros only, subnormals, not finite). */
export function unitOf(values: Float32Array): number | null {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  let smallest = 255;
  forBlocks(bits.length, (from, to) => {
    smallest = Math.min(smallest, smallestWeight(bits.subarray(from, to)));
  });
  return smallest <= 0 || smallest === 255 ? null : 2 ** (smallest - 150);
}

/** The exponent field of the lowest bit set in any of these float32 numbers; 0 where one is subnormal or not finite, 255 for zeros. */
function smallestWeight(bits: Int32Array): number {
  let smallest = 255;
  for (let k = 0; k < bits.length; k++) {
    const word = (bits[k] as number) & 0x7fffffff;
    if (word === 0) continue;
    const exponent = word >>> 23;
    if (exponent === 0 || exponent === 255) return 0;
    const mantissa = (word & 0x7fffff) | 0x800000;
    const weight = exponent + 31 - Math.clz32(mantissa & -mantissa);
    if (weight < smallest) smallest = weight;
  }
  return smallest;
}

/** How the samples of a table are quantized. */
export interface Requantization {
  readonly error: QuantizationError;
  /** Writes codes of the new format. */
  recode(codes: Codes, target: Codes): void;
  /** A histogram of the rounded samples: |code| in equal bins on [0, Q). */
  view(bins: number): Uint32Array;
}

export class CodeTable {
  readonly unit: number;
  /** The code that `#counts` starts with. */
  #low: number;
  #counts: Uint32Array;
  #total = 0;

  private constructor(unit: number, low: number, high: number) {
    this.unit = unit;
    this.#low = low;
    this.#counts = new Uint32Array(high - low + 1);
  }

  /** A table for samples like these `first` ones of `total`, or null where counting them one by one does not pay. */
  static for(first: Float32Array, total: number): CodeTable | null {
    const unit = unitOf(first);
    if (unit === null) return null;
    const range = Int32Array.of(0, 0);
    for (let from = 0; from < first.length; from += BLOCK) {
      if (multiples(first.subarray(from, from + BLOCK), 1 / unit, range) === null) return null;
    }
    const [least = 0, most = 0] = range;
    // Twice as far as seen, and to both sides only where both are used.
    const reach = 2 * Math.max(-least, most);
    if (reach > Math.min(WIDEST, total / 2)) return null;
    return new CodeTable(unit, least < 0 ? -reach : 0, reach);
  }

  /** Counts samples and gives their codes in a small type; null, with the table spoilt, where they are not such multiples. */
  add(values: Float32Array, memory?: Memory): Codes | null {
    const range = Int32Array.of(0, 0);
    let narrow = makeCodes({ n: this.#low, p: this.#high }, values.length, memory);
    for (let from = 0; from < values.length; from += BLOCK) {
      const codes = multiples(values.subarray(from, from + BLOCK), 1 / this.unit, range);
      if (codes === null) return null;
      const [least = 0, most = 0] = range;
      if (least < this.#low || most > this.#high) {
        if (!this.#reach(Math.max(-least, most))) return null;
        narrow = widen(narrow, this.#low, this.#high);
      }
      narrow.set(codes, from);
      increment(this.#counts, codes, this.#low);
    }
    this.#total += values.length;
    return narrow;
  }

  extremes(): Extremes {
    if (this.#total === 0) return noSamples;
    let min = Number.POSITIVE_INFINITY;
    let max = 0;
    for (let index = 0; index < this.#counts.length; index++) {
      if (this.#counts[index] === 0) continue;
      const magnitude = Math.abs(this.#low + index) * this.unit;
      if (magnitude < min) min = magnitude;
      if (magnitude > max) max = magnitude;
    }
    return { count: this.#total, min, max };
  }

  countInto(counts: Uint32Array, bins: Bins): void {
    const values = new Float32Array(this.#counts.length);
    const used = new Int32Array(this.#counts.length);
    let many = 0;
    for (let index = 0; index < used.length; index++) {
      if (this.#counts[index] === 0) continue;
      used[many] = index;
      values[many++] = (this.#low + index) * this.unit;
    }
    const indices = new Int32Array(many);
    findBins(values.subarray(0, many), binEdges(bins), indices);
    for (let k = 0; k < many; k++) {
      const bin = indices[k] as number;
      counts[bin] = (counts[bin] as number) + (this.#counts[used[k] as number] as number);
    }
  }

  /** What quantizing makes of every code, and what that does to the samples. */
  quantize(format: FixedPoint, rounding: Rounding): Requantization {
    const low = this.#low;
    const counts = this.#counts;
    const table = new Int32Array(counts.length);
    const error = { signal: 0, noise: 0, below: 0, above: 0 };
    counts.forEach((count, index) => {
      const x = (low + index) * this.unit;
      const rounded = roundTo(x / format.scale, rounding);
      const code = Math.max(format.n, Math.min(format.p, rounded));
      table[index] = code;
      error.signal += count * x * x;
      error.noise += count * (x - code * format.scale) ** 2;
      if (rounded < format.n) error.below += count;
      else if (rounded > format.p) error.above += count;
    });
    return {
      error,
      recode: (codes, narrow) => {
        const fast = rounding === 'round' && format.bits <= 16 ? simd() : null;
        forBlocks(codes.length, (from, to) => {
          const block = codes.subarray(from, to);
          if (fast !== null) narrow.set(fast.recode(block, this.unit / format.scale, format), from);
          else {
            const wide = blockIntegers(to - from);
            wide.set(block);
            translate(wide, table, low);
            narrow.set(wide, from);
          }
        });
      },
      view: (bins) => {
        const view = new Uint32Array(bins);
        counts.forEach((count, index) => {
          const bin = Math.min(bins - 1, Math.floor((Math.abs(table[index] as number) * bins) / format.Q));
          view[bin] = (view[bin] as number) + count;
        });
        return view;
      },
    };
  }

  /** Makes room for codes of this magnitude; false where the range is too wide. */
  #reach(largest: number): boolean {
    if (largest > WIDEST) return false;
    const low = -Math.min(WIDEST, 2 * largest);
    const counts = new Uint32Array(1 - 2 * low);
    counts.set(this.#counts, this.#low - low);
    this.#counts = counts;
    this.#low = low;
    return true;
  }

  get #high(): number {
    return this.#low + this.#counts.length - 1;
  }
}

/** A block of values as multiples of a unit, widening `range` to hold them; null where one of them is none. */
function multiples(values: Float32Array, inverse: number, range: Int32Array): Int32Array | null {
  const fast = simd();
  if (fast !== null) return fast.multiples(values, inverse, range);
  const codes = blockIntegers(values.length);
  return toMultiples(values, inverse, codes, range) ? codes : null;
}

function toMultiples(values: Float32Array, inverse: number, codes: Int32Array, range: Int32Array): boolean {
  let least = range[0] as number;
  let most = range[1] as number;
  let rest = 0;
  for (let k = 0; k < values.length; k++) {
    const place = (values[k] as number) * inverse;
    const code = place | 0;
    codes[k] = code;
    rest |= Number(place !== code);
    if (code < least) least = code;
    if (code > most) most = code;
  }
  range[0] = least;
  range[1] = most;
  return rest === 0;
}

function increment(counts: Uint32Array, codes: Int32Array, low: number): void {
  for (let k = 0; k < codes.length; k++) {
    const index = (codes[k] as number) - low;
    counts[index] = (counts[index] as number) + 1;
  }
}

function translate(codes: Int32Array, table: Int32Array, low: number): void {
  for (let k = 0; k < codes.length; k++) codes[k] = table[(codes[k] as number) - low] as number;
}

/** The same codes in a type that holds a wider range. */
function widen(codes: Codes, least: number, most: number): Codes {
  const wider = makeCodes({ n: least, p: most }, codes.length);
  wider.set(codes);
  return wider;
}
