import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binEdges, binWidth, countInto, extremesOf, sqrtBins } from '../../../worker/calibrate/histogram.ts';
import { betterCandidate, type Candidate, cumulative, hasCandidates, KljSearch } from '../../../worker/calibrate/klj.ts';

/** The sheet's distribution: x_i = −ln(1 − (i + 0.5) / N). */
function exponential(count: number): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => -Math.log(1 - (i + 0.5) / count));
}

function search(values: Float32Array, bits: number, signed: boolean) {
  const bins = sqrtBins(extremesOf(values));
  const counts = new Uint32Array(bins.count);
  countInto(counts, values, binEdges(bins));
  const levels = 2 ** (bits - (signed ? 1 : 0));
  if (!hasCandidates(bins.count, levels)) return { bins: bins.count, index: null, threshold: bins.last };
  const best = new KljSearch(counts, levels).best(none, levels + 1, bins.count + 1, 1);
  return { bins: bins.count, index: best.index, threshold: (best.index + 0.5) * binWidth(bins) };
}

const none: Candidate = { index: Number.POSITIVE_INFINITY, distance: Number.POSITIVE_INFINITY };

/** The search as the sheet words it: equally spaced points of [0, 1], linear interpolation there and back, one candidate at a time. */
function literalDistance(cdf: Float64Array, levels: number, index: number): number {
  const spaced = (count: number) => Array.from({ length: count }, (_, k) => (count === 1 ? 0 : k / (count - 1)));
  const interpolate = (at: readonly number[], x: readonly number[], y: readonly number[]) => {
    let j = 0;
    return at.map((place) => {
      while (j < x.length - 2 && (x[j + 1] as number) <= place) j++;
      const [x0, x1, y0, y1] = [x[j], x[j + 1], y[j], y[j + 1]] as [number, number, number, number];
      return place >= x1 ? y1 : y0 + ((place - x0) * (y1 - y0)) / (x1 - x0);
    });
  };
  const clipped = [...cdf.subarray(0, index - 1), 1];
  const coarse = interpolate(spaced(levels), spaced(index), clipped);
  const q = interpolate(spaced(index), spaced(levels), coarse);
  let sum = 0;
  cdf.forEach((c, j) => {
    const other = j < index ? (q[j] as number) : 1;
    if (c !== 0 && c !== other) sum += (c - other) * Math.log2(c / other);
  });
  return sum;
}

describe('CAL5: the KL-J search', () => {
  it.each([
    { count: 10_000, bits: 4, signed: false, bins: 101, index: 47, threshold: 4.657580779658131 },
    { count: 10_000, bits: 4, signed: true, bins: 101, index: 38, threshold: 3.7750917898281697 },
    { count: 10_000, bits: 5, signed: false, bins: 101, index: 63, threshold: 6.226450094911397 },
    { count: 10_000, bits: 8, signed: false, bins: 101, index: null, threshold: 9.903487552536237 },
    { count: 1_000_000, bits: 8, signed: false, bins: 1001, index: 613, threshold: 8.892169353281798 },
    { count: 1_000_000, bits: 8, signed: true, bins: 1001, index: 534, threshold: 7.7471304308543125 },
  ])('finds bin $index of $bins for $count samples at $bits bits', ({ count, bits, signed, bins, index, threshold }) => {
    const found = search(exponential(count), bits, signed);
    expect(found.bins).toBe(bins);
    expect(found.index).toBe(index);
    // The golden thresholds were made from float64 data; ours are those of float32 bin edges.
    expect(Math.abs(found.threshold / threshold - 1)).toBeLessThan(1e-7);
  });

  it('uses the float32 width of the first bin', () => {
    expect(search(exponential(10_000), 4, false).threshold).toBe(4.6575805358588696);
    expect(search(exponential(1_000_000), 8, true).threshold).toBe(7.7471301150508225);
  });

  it('clips everything where the data has no small values, as the original does', () => {
    const values = new Float32Array(100_002).fill(5);
    values.set([6, 7], 100_000);
    expect(search(values, 8, true)).toEqual({ bins: 1107, index: 129, threshold: 0.8188798718620092 });
  });

  it('agrees with the literal search on any histogram, from any start', () => {
    const histogram = fc
      .tuple(
        fc.integer({ min: 2, max: 60 }),
        fc.array(fc.oneof(fc.constant(0), fc.nat(50), fc.nat(100_000)), { minLength: 3, maxLength: 160 }),
      )
      .filter(([levels, counts]) => counts.length > levels && counts.some((count) => count > 0));
    fc.assert(
      fc.property(histogram, fc.integer({ min: 1, max: 5 }), ([levels, counts], stride) => {
        const cdf = cumulative(counts);
        const fast = new KljSearch(counts, levels);
        let literal = none;
        for (let index = levels + 1; index <= counts.length; index++) {
          const expected = literalDistance(cdf, levels, index);
          const distance = fast.distance(index);
          if (Number.isFinite(expected)) expect(Math.abs(distance - expected)).toBeLessThan(1e-9 * Math.max(1, expected));
          else expect(distance).toBe(expected);
          literal = betterCandidate(literal, { index, distance });
        }
        // In strides, as several workers share it, and with the bound from the others.
        let shared = none;
        for (let from = 0; from < stride; from++) {
          const known = from % 2 === 0 ? none : shared;
          shared = betterCandidate(shared, fast.best(known, levels + 1 + from, counts.length + 1, stride));
        }
        expect(shared).toEqual(literal);
      }),
      { numRuns: 300 },
    );
  });
});
