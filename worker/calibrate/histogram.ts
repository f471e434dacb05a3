/**
 * Histograms of |x| as `numpy.histogram(|x|, bins='sqrt', range=(0, max|x|))` makes them for float32 data: bin edges are float32,
 * a sample belongs to the bin whose edges hold it, the last bin holds its right edge too.
 *
 * Everything merges: extremes first, then counts that add up as integers. So the result does not depend on how samples are
 * split over images, chunks or workers.
 */

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

/** First pass: count, min and max of |x|. NaN anywhere makes `max` NaN. */
export function extremesOf(values: Float32Array): Extremes {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  let least = Number.POSITIVE_INFINITY;
  let invalid = false;
  for (let k = 0; k < values.length; k++) {
    const value = values[k] as number;
    const magnitude = Math.abs(value);
    if (value < low) low = value;
    if (value > high) high = value;
    if (magnitude < least) least = magnitude;
    if (Number.isNaN(value)) invalid = true;
  }
  const max = values.length === 0 ? 0 : Math.max(Math.abs(low), Math.abs(high));
  return { count: values.length, min: least, max: invalid ? Number.NaN : max };
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
  const bins = counts.length;
  const last = bins - 1;
  const first = edges[0] as number;
  const norm = bins / ((edges[bins] as number) - first);
  for (let k = 0; k < values.length; k++) {
    const magnitude = Math.abs(values[k] as number);
    // The product finds the bin to ±1; the edges decide. Comparisons as numbers keep the loop free of unpredictable branches.
    let index = ((magnitude - first) * norm) | 0;
    if (index > last) index = last;
    index -= Number(magnitude < (edges[index] as number));
    index += Number(index < last && magnitude >= (edges[index + 1] as number));
    counts[index] = (counts[index] as number) + 1;
  }
}
