import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decode, encode, makeCodes } from '../../../worker/calibrate/codes.ts';
import { CodeTable, unitOf } from '../../../worker/calibrate/codeTable.ts';
import { binEdges, countInto, extremesOf, sqrtBins } from '../../../worker/calibrate/histogram.ts';
import { codeOf, fixedPoint } from '../../../worker/quantize/fixedPoint.ts';

const format = fc
  .record({ bits: fc.integer({ min: 2, max: 18 }), signed: fc.boolean(), log2: fc.integer({ min: -12, max: 9 }) })
  .map(({ bits, signed, log2 }) => fixedPoint({ bits, signed }, log2));
const rounding = fc.constantFrom('round' as const, 'floor' as const, 'ceil' as const);
/** Numbers on and off the grid of most formats, and far outside. */
const sample = fc.oneof(
  fc.integer({ min: -300, max: 300 }).map((k) => k / 64),
  fc.integer({ min: -40000, max: 40000 }).map((k) => k / 4096),
  fc.float({ noNaN: true, noDefaultInfinity: true, min: -2000, max: 2000 }),
  fc.constantFrom(0, -0, 1e30, -1e30, 2 ** -149, -(2 ** -130)),
);
const samples = fc
  .oneof(
    fc.array(sample, { minLength: 1, maxLength: 90 }),
    // More than one block.
    fc
      .tuple(fc.array(sample, { minLength: 5, maxLength: 40 }), fc.integer({ min: 16000, max: 33000 }))
      .map(([some, length]) => Array.from({ length }, (_, k) => some[(k * 7) % some.length] ?? 0)),
  )
  .map((values) => Float32Array.from(values));

/** The loops over samples against their definitions; run once with SIMD and once without. */
export function testSampleLoops(): void {
  describe('codes', () => {
    it('are what LinearQuant rounds to, with the errors it makes', () => {
      fc.assert(
        fc.property(samples, format, rounding, fc.boolean(), (values, target, mode, hinted) => {
          // Subnormal numbers count as 0, as on every backend.
          const plain = [...values].map((x) => (Math.abs(x) < 2 ** -126 * Math.max(1, target.scale) ? 0 : x));
          const codes = makeCodes(target, values.length);
          const view = new Uint32Array(Math.min(256, target.Q));
          const hint = hinted ? { largest: extremesOf(values).max } : {};
          const error = encode(values, { format: target, rounding: mode, codes, view, ...hint });
          const expected = plain.map((x) => codeOf(x, target, mode));
          expect(Array.from(codes)).toEqual(expected);
          const bins = new Uint32Array(view.length);
          for (const code of expected) {
            const bin = Math.min(view.length - 1, Math.floor((Math.abs(code) * view.length) / target.Q));
            bins[bin] = (bins[bin] ?? 0) + 1;
          }
          expect(view).toEqual(bins);
          const wide = { ...target, n: Number.NEGATIVE_INFINITY, p: Number.POSITIVE_INFINITY };
          expect(error.below).toBe(plain.filter((x) => codeOf(x, wide, mode) < target.n).length);
          expect(error.above).toBe(plain.filter((x) => codeOf(x, wide, mode) > target.p).length);
          const signal = [...values].reduce((sum, x) => sum + x * x, 0);
          const noise = [...values].reduce((sum, x, k) => sum + (x - (expected[k] ?? 0) * target.scale) ** 2, 0);
          expect(Math.abs(error.signal - signal)).toBeLessThanOrEqual(1e-12 * signal);
          expect(Math.abs(error.noise - noise)).toBeLessThanOrEqual(1e-6 * noise);
          const back = new Float32Array(values.length);
          decode(codes, target.scale, back);
          expect([...back]).toEqual(expected.map((code) => code * target.scale));
        }),
        { numRuns: 150 },
      );
    });
  });

  describe('CAL4: extremes and counts', () => {
    it('are those of |x|', () => {
      fc.assert(
        fc.property(samples, (values) => {
          const magnitudes = [...values].map(Math.abs);
          const extremes = extremesOf(values);
          expect(extremes).toEqual({
            count: values.length,
            min: magnitudes.reduce((a, b) => Math.min(a, b)),
            max: magnitudes.reduce((a, b) => Math.max(a, b)),
          });
        }),
        { numRuns: 150 },
      );
      expect(extremesOf(Float32Array.of(1, Number.NaN)).max).toBeNaN();
      expect(extremesOf(new Float32Array(0))).toEqual({ count: 0, min: Number.POSITIVE_INFINITY, max: 0 });
    });
  });

  describe('a table of codes', () => {
    const grid = fc.tuple(
      fc.array(fc.integer({ min: -3000, max: 3000 }), { minLength: 1, maxLength: 50 }),
      fc.integer({ min: -14, max: 3 }),
      fc.integer({ min: 1, max: 20000 }),
      fc.boolean(),
    );
    const onGrid = grid.map(([some, exponent, length, positive]) =>
      Float32Array.from(
        { length },
        (_, k) => (positive ? Math.abs(some[(k * 5) % some.length] ?? 0) : (some[(k * 5) % some.length] ?? 0)) * 2 ** exponent,
      ),
    );

    it('says of samples on a grid what counting them says', () => {
      fc.assert(
        fc.property(onGrid, format, rounding, fc.nat(20000), (values, target, mode, cut) => {
          const table = CodeTable.for(values.subarray(0, Math.max(1, cut)), 1e9);
          fc.pre(table !== null && Math.abs(target.scale / table.unit) < 2 ** 24);
          const parts = [values.subarray(0, cut), values.subarray(cut)].filter((part) => part.length > 0);
          const codes = parts.map((part) => table.add(part));
          fc.pre(codes.every((part) => part !== null));
          expect(table.extremes()).toEqual(extremesOf(values));
          const bins = sqrtBins(extremesOf(values));
          if (bins.count < 1e6) {
            const [counted, direct] = [new Uint32Array(bins.count), new Uint32Array(bins.count)];
            table.countInto(counted, bins);
            countInto(direct, values, binEdges(bins));
            expect(counted).toEqual(direct);
          }
          const { recode, error, view } = table.quantize(target, mode);
          const direct = { codes: makeCodes(target, values.length), view: new Uint32Array(Math.min(64, target.Q)) };
          const expected = encode(values, { format: target, rounding: mode, ...direct });
          const recoded = codes.flatMap((part) => {
            if (part === null) return [];
            const made = makeCodes(target, part.length);
            recode(part, made);
            return [...made];
          });
          expect(recoded).toEqual([...direct.codes]);
          expect(view(direct.view.length)).toEqual(direct.view);
          expect([error.below, error.above]).toEqual([expected.below, expected.above]);
          expect(Math.abs(error.signal - expected.signal)).toBeLessThanOrEqual(1e-9 * expected.signal);
        }),
        { numRuns: 150 },
      );
    });

    it('refuses samples off the grid, and too many different ones', () => {
      const table = CodeTable.for(Float32Array.of(0.5, 1.25), 1e6);
      expect(table?.unit).toBe(0.25);
      expect([...(table?.add(Float32Array.of(-3, 0.75)) ?? [])]).toEqual([-12, 3]);
      expect(table?.add(Float32Array.of(0.5, 0.125))).toBeNull();
      expect(CodeTable.for(Float32Array.of(1, 2 ** 20), 1e9)).toBeNull();
      expect(CodeTable.for(Float32Array.of(1, 900), 100)).toBeNull();
      expect(CodeTable.for(Float32Array.of(1, 2), 1e6)?.add(Float32Array.of(2 ** 19))).toBeNull();
    });

    it('finds the unit', () => {
      expect(unitOf(Float32Array.of(0, 0.75, -6))).toBe(0.25);
      expect(unitOf(Float32Array.of(2 ** 30))).toBe(2 ** 30);
      expect(unitOf(new Float32Array(3))).toBeNull();
      expect(unitOf(Float32Array.of(1, Number.NaN))).toBeNull();
      expect(unitOf(Float32Array.of(1, 2 ** -140))).toBeNull();
    });
  });
}
