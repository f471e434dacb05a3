/**
 * Pseudo-random numbers that a seed fixes, the same in every engine: xoshiro128** of Blackman and Vigna (period 2¹²⁸ − 1).
 * Choices never depend on how many numbers something else drew: each purpose has a stream of its own, named by further parts of the seed.
 */
export interface Random {
  /** Uniform integer in [0, 2³²). */
  word(): number;
  /** Uniform in [0, 1), a multiple of 2⁻³². */
  uniform(): number;
  /** Uniform integer in [0, count), without bias; `count` up to 2³². */
  below(count: number): number;
}

/** Four 32-bit words, not all 0. */
export type RandomWords = readonly [number, number, number, number];

/** The stream of a seed: `random(7, 'order', epoch)` and `random(7, 'order', epoch + 1)` have nothing to do with each other. */
export function random(...seed: readonly (number | string)[]): Random {
  return randomFrom(seedWords(seed));
}

/** The stream that starts from given words. */
export function randomFrom(words: RandomWords): Random {
  let [a, b, c, d] = words;
  const word = (): number => {
    const drawn = Math.imul(rotated(Math.imul(b, 5), 7), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = rotated(d, 11);
    return drawn;
  };
  const below = (count: number): number => {
    // Words beyond the last multiple of `count` are drawn again.
    const limit = 2 ** 32 - (2 ** 32 % count);
    for (;;) {
      const drawn = word();
      if (drawn < limit) return drawn % count;
    }
  };
  return { word, uniform: () => word() / 2 ** 32, below };
}

/** 0 … count − 1 in random order (Fisher and Yates). */
export function permutation(count: number, source: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last--) swap(order, last, source.below(last + 1));
  return order;
}

/** `size` different ones of 0 … count − 1, in the order in which they were drawn: the end of a permutation that is not made whole. */
export function choose(count: number, size: number, source: Random): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const taken = Math.min(size, count);
  for (let first = 0; first < taken; first++) swap(order, first, first + source.below(count - first));
  return order.slice(0, taken);
}

/** The parts of a seed as four words: FNV-1a over their text from four starts, each then mixed as MurmurHash3 ends. */
function seedWords(seed: readonly (number | string)[]): RandomWords {
  const bytes = new TextEncoder().encode(JSON.stringify(seed));
  const hash = (start: number): number => {
    let value = start;
    for (const byte of bytes) value = Math.imul(value ^ byte, 0x01000193);
    value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
    value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
    return (value ^ (value >>> 16)) >>> 0;
  };
  const [a, b, c] = [hash(0x811c9dc5), hash(0x9e3779b9), hash(0x243f6a88)];
  // Never all 0: of the last word one bit is set.
  return [a, b, c, (hash(0xb7e15162) | 1) >>> 0];
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function swap(order: Uint32Array, i: number, j: number): void {
  const held = order[i] as number;
  order[i] = order[j] as number;
  order[j] = held;
}
