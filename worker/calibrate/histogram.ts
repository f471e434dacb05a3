/**
 * Histograms of |x| as `numpy.histogram(|x|, bins='sqrt', range=(0, max|x|))` makes them for float32 data: bin edges are float32,
 * a sample belongs to the bin whose edges hold it, the last bin holds its right edge too.
 *
 * Everything merges: extremes first, then counts that add up as integers. So the result does not depend on how samples are
 * split over images, chunks or workers.
 */
import { blockIntegers, forBlocks } from './blocks.ts';
import { simd } from './simd/simd.ts';

/** What a first pass over samples finds. `min` and `max` are of |x|; an empty one is `noSamples`. */
export interface Extremes {
  readonly count: number;
  readonly min: number;
  readonly max: number;
}

export const noSamples: Extremes = { count: 0, min: Number.POSITIVE_INFINITY, max: 0 };

/** Extremes of two sets of samples together. A sample that is not a number shows as `max` NaN and stays. */
export function mergeExtremes(a: Extremes, b: Extremes): Extremes {
  return { count: a.count + b.count, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

/**
 * First pass: count, min and max of |x|. NaN anywhere makes `max` NaN. Works on the bits: without their sign, float32 numbers are in
 * the order of the integers that hold them, and NaN stands above infinity.
 */
export function extremesOf(values: Float32Array): Extremes {
  if (values.length === 0) return noSamples;
  const found = Int32Array.of(0x7fffffff, 0);
  const fast = simd();
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  forBlocks(values.length, (from, to) => {
    if (fast === null) extremeBits(bits.subarray(from, to), found);
    else fast.extremes(values.subarray(from, to), found);
  });
  const [min, max] = new Float32Array(found.buffer);
  return { count: values.length, min: min as number, max: max as number };
}

function extremeBits(bits: Int32Array, found: Int32Array): void {
  let least = found[0] as number;
  let most = found[1] as number;
  for (let k = 0; k < bits.length; k++) {
    const magnitude = (bits[k] as number) & 0x7fffffff;
    if (magnitude < least) least = magnitude;
    if (magnitude > most) most = magnitude;
  }
  found[0] = least;
  found[1] = most;
}

/** Bins of one histogram: `count` bins over [first, last], edges as numpy's linspace rounds them to float32. */
export interface Bins {
  readonly count: number;
  readonly first: number;
  readonly last: number;
}

/**
 * The "sqrt" rule on [0, max]: ceil(max / width), width = (max − min) / √N with the difference taken in float32; 1 bin where the
 * width is 0. Data that is 0 everywhere gets numpy's range (−0.5, 0.5). `count` may be absurd where all |x| are nearly equal.
 */
export function sqrtBins({ count, min, max }: Extremes): Bins {
  if (max === 0) return { count: 1, first: -0.5, last: 0.5 };
  const width = Math.fround(max - min) / Math.sqrt(count);
  return { count: width === 0 ? 1 : Math.ceil(max / width), first: 0, last: max };
}

/** Edge `index` of the bins: float32 of first + index·step, the last one exact. */
export function binEdge(bins: Bins, index: number): number {
  return index === bins.count ? Math.fround(bins.last) : Math.fround(index * ((bins.last - bins.first) / bins.count) + bins.first);
}

/** Width of the first bin as the search uses it: the float32 difference of the first two edges. */
export function binWidth(bins: Bins): number {
  return Math.fround(binEdge(bins, 1) - binEdge(bins, 0));
}

/** All edges, `count` + 1 of them. */
export function binEdges(bins: Bins): Float32Array {
  const edges = new Float32Array(bins.count + 1);
  for (let index = 0; index <= bins.count; index++) edges[index] = binEdge(bins, index);
  return edges;
}

/** Second pass: adds the samples' |x| to `counts` (one entry per bin). No sample may lie outside the bins. */
export function countInto(counts: Uint32Array, values: Float32Array, edges: Float32Array): void {
  forBlocks(values.length, (from, to) => {
    const indices = blockIntegers(to - from);
    findBins(values.subarray(from, to), edges, indices);
    increment(counts, indices);
  });
}

/** The bin of every |x|. */
export function findBins(values: Float32Array, edges: Float32Array, indices: Int32Array): void {
  const bins = edges.length - 1;
  const last = bins - 1;
  const first = edges[0] as number;
  const norm = bins / ((edges[bins] as number) - first);
  for (let k = 0; k < values.length; k++) {
    // The product finds the bin to ±1; the edges decide. Without branches, because data follows no pattern.
    const magnitude = Math.abs(values[k] as number);
    const guess = Math.min(((magnitude - first) * norm) | 0, last);
    const below = guess - Number(magnitude < (edges[guess] as number));
    indices[k] = Math.min(below + Number(magnitude >= (edges[below + 1] as number)), last);
  }
}

function increment(counts: Uint32Array, indices: Int32Array): void {
  for (let k = 0; k < indices.length; k++) {
    const index = indices[k] as number;
    counts[index] = (counts[index] as number) + 1;
  }
}

/** A histogram for drawing: neighbours joined until at most `limit` bins are left. `max` is the right edge of the last bin. */
export function coarsen(
  counts: ArrayLike<number>,
  bins: Bins,
  limit: number,
): { readonly counts: readonly number[]; readonly max: number } {
  const group = Math.ceil(bins.count / limit);
  const joined = new Array<number>(Math.ceil(bins.count / group)).fill(0);
  for (let index = 0; index < bins.count; index++) {
    const target = Math.floor(index / group);
    joined[target] = (joined[target] as number) + (counts[index] as number);
  }
  return { counts: joined, max: group === 1 ? bins.last : (joined.length * group * bins.last) / bins.count };
}
