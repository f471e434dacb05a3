import type { Tensor } from '../../../../worker/formats/tensor.ts';
import { makeTensor } from '../../../../worker/formats/tensorValues.ts';

/** Pseudo-random numbers in [0, 1) from a seed (mulberry32): the same in Node and in a browser. */
export function random(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** Float32 values between `low` and `high`. */
export function floats(shape: readonly number[], seed: number, low = -1, high = 1): Tensor {
  const next = random(seed);
  return makeTensor(
    'float32',
    shape,
    Float32Array.from({ length: count(shape) }, () => low + (high - low) * next()),
  );
}

/** Whole multiples of 2^exponent between ±`max` of them: what a quantizer puts out. */
export function codes(shape: readonly number[], seed: number, max: number, exponent: number): Tensor {
  const next = random(seed);
  return makeTensor(
    'float32',
    shape,
    Float32Array.from({ length: count(shape) }, () => Math.round((next() * 2 - 1) * max) * 2 ** exponent),
  );
}

export function ints(shape: readonly number[], values: readonly number[]): Tensor {
  return makeTensor('int32', shape, values);
}

export function given(shape: readonly number[], values: readonly number[]): Tensor {
  return makeTensor('float32', shape, Float32Array.from(values));
}
