import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binEdges, binWidth, countInto, extremesOf, mergeExtremes, noSamples, sqrtBins } from '../../../worker/calibrate/histogram.ts';

const floats = fc.float32Array({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6, minLength: 1, maxLength: 400 });

describe('CAL4: histograms with the sqrt rule', () => {
  it('takes the bin count from the float32 range and √N', () => {
    // numpy.histogram of these: 3 bins of [0, 4], edges 0, 1.3333334, 2.6666667, 4.
    const values = Float32Array.of(-1, 2, -3, 4);
    const bins = sqrtBins(extremesOf(values));
    expect(bins).toEqual({ count: 3, first: 0, last: 4 });
    expect([...binEdges(bins)]).toEqual([0, Math.fround(4 / 3), Math.fround(8 / 3), 4]);
    const counts = new Uint32Array(3);
    countInto(counts, values, binEdges(bins));
    expect([...counts]).toEqual([1, 1, 2]);
  });

  it('has one bin where all samples are equal', () => {
    expect(sqrtBins(extremesOf(Float32Array.of(-3, 3, 3)))).toEqual({ count: 1, first: 0, last: 3 });
  });

  it('widens the range of zeros to (−0.5, 0.5)', () => {
    const bins = sqrtBins(extremesOf(new Float32Array(9)));
    expect(bins).toEqual({ count: 1, first: -0.5, last: 0.5 });
    expect(binWidth(bins)).toBe(1);
    const counts = new Uint32Array(1);
    countInto(counts, new Float32Array(9), binEdges(bins));
    expect([...counts]).toEqual([9]);
  });

  it('puts every sample between the edges of its bin', () => {
    fc.assert(
      fc.property(floats, (values) => {
        const bins = sqrtBins(extremesOf(values));
        fc.pre(bins.count < 100_000);
        const edges = binEdges(bins);
        const counts = new Uint32Array(bins.count);
        countInto(counts, values, edges);
        const expected = new Uint32Array(bins.count);
        for (const value of values) {
          const magnitude = Math.abs(value);
          let index = 0;
          while (index < bins.count - 1 && magnitude >= (edges[index + 1] as number)) index++;
          expected[index] = (expected[index] as number) + 1;
        }
        expect(counts).toEqual(expected);
      }),
    );
  });

  it('is the same however the samples are split', () => {
    fc.assert(
      fc.property(floats, fc.nat(400), (values, cut) => {
        const parts = [values.slice(0, cut), values.slice(cut)];
        const whole = extremesOf(values);
        expect(parts.map(extremesOf).reduce(mergeExtremes, noSamples)).toEqual(whole);
        const bins = sqrtBins(whole);
        fc.pre(bins.count < 100_000);
        const together = new Uint32Array(bins.count);
        countInto(together, values, binEdges(bins));
        const apart = new Uint32Array(bins.count);
        for (const part of parts) countInto(apart, part, binEdges(bins));
        expect(apart).toEqual(together);
      }),
    );
  });

  it('says that a sample is not a number', () => {
    const broken = extremesOf(Float32Array.of(1, Number.NaN, 2));
    expect(broken.max).toBeNaN();
    expect(mergeExtremes(extremesOf(Float32Array.of(5)), broken).max).toBeNaN();
    expect(extremesOf(Float32Array.of(1, Number.NEGATIVE_INFINITY)).max).toBe(Number.POSITIVE_INFINITY);
  });
});
