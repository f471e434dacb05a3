/** The loops over samples in WebAssembly SIMD, four samples a step, on one block of memory of their own. */

import { assemble } from '../../execute/simd/assembler.ts';
import { BLOCK } from '../blocks.ts';
import type { Codes } from '../codes.ts';

/** Where things lie in the memory: samples, codes, a histogram of codes, sums. */
const CODES = 4 * BLOCK;
const VIEW = 2 * CODES;
const MOST_VIEW_BINS = 1024;
const SUMS = VIEW + 4 * MOST_VIEW_BINS;

/** Samples are read at $at, up to $end. */
const TEXT = `
(func $extremes (param $at $end i32) (local $magnitude $least $most v128)
  i32.const 0x7fffffff i32x4.splat local.set $least
  loop $next
    local.get $at v128.load  i32.const 0x7fffffff i32x4.splat  v128.and  local.tee $magnitude
    local.get $least i32x4.min_s local.set $least
    local.get $magnitude local.get $most i32x4.max_s local.set $most
    local.get $at i32.const 16 i32.add local.tee $at
    local.get $end i32.lt_u br_if $next
  end
  i32.const ${SUMS} local.get $least v128.store
  i32.const ${SUMS} local.get $most v128.store offset=16
)

;; Codes of the samples, ∑x², ∑(x − q)², how many lay below n and above p; and a histogram of |code| >> $shift, unless $shift is negative.
(func $encode (param $at $end i32) (param $inverse $scale $n $p f32) (param $shift $last i32)
  (local $x $rounded $code $error $signal $noise $below $above v128)
  loop $next
    local.get $at v128.load local.tee $x
    local.get $inverse f32x4.splat f32x4.mul f32x4.nearest local.tee $rounded
    local.get $n f32x4.splat f32x4.max  local.get $p f32x4.splat f32x4.min  local.tee $code
    local.get $scale f32x4.splat f32x4.mul local.set $error
    local.get $x local.get $error f32x4.sub local.set $error

    local.get $below  local.get $rounded local.get $n f32x4.splat f32x4.lt  i32x4.sub  local.set $below
    local.get $above  local.get $rounded local.get $p f32x4.splat f32x4.gt  i32x4.sub  local.set $above

    local.get $x f64x2.promote_low_f32x4 local.tee $rounded local.get $rounded f64x2.mul
    local.get $signal f64x2.add local.set $signal
    local.get $x local.get $x i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
    f64x2.promote_low_f32x4 local.tee $rounded local.get $rounded f64x2.mul
    local.get $signal f64x2.add local.set $signal
    local.get $error f64x2.promote_low_f32x4 local.tee $rounded local.get $rounded f64x2.mul
    local.get $noise f64x2.add local.set $noise
    local.get $error local.get $error i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15
    f64x2.promote_low_f32x4 local.tee $rounded local.get $rounded f64x2.mul
    local.get $noise f64x2.add local.set $noise

    local.get $at  local.get $code i32x4.trunc_sat_f32x4_s local.tee $code  v128.store offset=${CODES}
    block $plain
      local.get $shift i32.const 0 i32.lt_s br_if $plain
      local.get $code i32x4.abs local.get $shift i32x4.shr_u  local.get $last i32x4.splat i32x4.min_s  local.set $code
      ${[0, 1, 2, 3]
        .map(
          (lane) => `
      local.get $code i32x4.extract_lane ${lane} i32.const 2 i32.shl local.tee $bin
      local.get $bin i32.load offset=${VIEW} i32.const 1 i32.add i32.store offset=${VIEW}`,
        )
        .join('')}
    end
    local.get $at i32.const 16 i32.add local.tee $at
    local.get $end i32.lt_u br_if $next
  end
  i32.const ${SUMS} local.get $signal v128.store
  i32.const ${SUMS} local.get $noise v128.store offset=16
  i32.const ${SUMS} local.get $below v128.store offset=32
  i32.const ${SUMS} local.get $above v128.store offset=48
)

;; Codes in the place of samples become codes of another unit: $factor is the old unit by the new one.
(func $recode (param $at $end i32) (param $factor $n $p f32)
  loop $next
    local.get $at
    local.get $at v128.load f32x4.convert_i32x4_s local.get $factor f32x4.splat f32x4.mul f32x4.nearest
    local.get $n f32x4.splat f32x4.max  local.get $p f32x4.splat f32x4.min  i32x4.trunc_sat_f32x4_s
    v128.store offset=${CODES}
    local.get $at i32.const 16 i32.add local.tee $at
    local.get $end i32.lt_u br_if $next
  end
)

;; Samples as whole multiples of a unit; whether all of them are, and the least and most.
(func $multiples (param $at $end i32) (param $inverse f32) (local $place $code $exact $least $most v128)
  i32.const -1 i32x4.splat local.set $exact
  loop $next
    local.get $at
    local.get $at v128.load local.get $inverse f32x4.splat f32x4.mul local.tee $place
    i32x4.trunc_sat_f32x4_s local.tee $code
    v128.store offset=${CODES}
    local.get $exact  local.get $code f32x4.convert_i32x4_s local.get $place f32x4.eq  v128.and  local.set $exact
    local.get $least local.get $code i32x4.min_s local.set $least
    local.get $most local.get $code i32x4.max_s local.set $most
    local.get $at i32.const 16 i32.add local.tee $at
    local.get $end i32.lt_u br_if $next
  end
  i32.const ${SUMS} local.get $exact v128.store
  i32.const ${SUMS} local.get $least v128.store offset=16
  i32.const ${SUMS} local.get $most v128.store offset=32
)`.replace('$shift $last i32)', '$shift $last i32) (local $bin i32)');

interface Functions {
  readonly memory: WebAssembly.Memory;
  extremes(at: number, end: number): void;
  encode(at: number, end: number, inverse: number, scale: number, n: number, p: number, shift: number, last: number): void;
  multiples(at: number, end: number, inverse: number): void;
  recode(at: number, end: number, factor: number, n: number, p: number): void;
}

/** One block of samples is put into `values`; a kernel leaves its results in `codes`, `view` and the sums. */
export interface BlockKernels {
  /** Least and most of |x| as bits, merged into `found`. */
  extremes(values: Float32Array, found: Int32Array): void;
  /** Codes of the samples, to be read before the next call. Adds ∑x², ∑(x − q)², counts below n and above p to `total`, and to `view`. */
  encode(
    values: Float32Array,
    format: { readonly n: number; readonly p: number; readonly scale: number },
    total: Float64Array,
    view: { readonly counts: Uint32Array; readonly shift: number } | null,
  ): Int32Array;
  /** Codes below 2²⁴ of one unit as codes of another, rounded half to even: `factor` is the old unit by the new one. */
  recode(codes: Codes, factor: number, format: { readonly n: number; readonly p: number }): Int32Array;
  /** Codes of samples that are whole multiples of 1 / inverse, null where one is none; widens `range` to hold them. */
  multiples(values: Float32Array, inverse: number, range: Int32Array): Int32Array | null;
}

/** The kernels, or null where the platform has no SIMD. */
export function blockKernels(): BlockKernels | null {
  const bytes = assemble(TEXT, Math.ceil((SUMS + 64) / 65536));
  if (!WebAssembly.validate(bytes as BufferSource)) return null;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes as BufferSource));
  const functions = exports as unknown as Functions;
  const { buffer } = functions.memory;
  const samples = new Float32Array(buffer, 0, BLOCK);
  const places = new Int32Array(buffer, 0, BLOCK);
  const codes = new Int32Array(buffer, CODES, BLOCK);
  const counts = new Uint32Array(buffer, VIEW, MOST_VIEW_BINS);
  const integers = new Int32Array(buffer, SUMS, 16);
  const floats = new Float64Array(buffer, SUMS, 4);
  /** Puts a block in place, filled up to whole steps with `filler`. */
  const put = (values: Float32Array, filler: number): number => {
    samples.set(values);
    const end = (values.length + 3) & ~3;
    samples.fill(filler, values.length, end);
    return 4 * end;
  };
  return {
    extremes(values, found) {
      functions.extremes(0, put(values, values.at(-1) ?? 0));
      for (let lane = 0; lane < 4; lane++) {
        found[0] = Math.min(found[0] as number, integers[lane] as number);
        found[1] = Math.max(found[1] as number, integers[4 + lane] as number);
      }
    },
    encode(values, { n, p, scale }, total, view) {
      const end = put(values, 0);
      const bins = view?.counts.length ?? 0;
      counts.fill(0, 0, bins);
      functions.encode(0, end, 1 / scale, scale, n, p, view?.shift ?? -1, bins - 1);
      for (let lane = 0; lane < 2; lane++) {
        total[0] = (total[0] as number) + (floats[lane] as number);
        total[1] = (total[1] as number) + (floats[2 + lane] as number);
      }
      for (let lane = 0; lane < 4; lane++) {
        total[2] = (total[2] as number) + (integers[8 + lane] as number);
        total[3] = (total[3] as number) + (integers[12 + lane] as number);
      }
      if (view !== null) {
        for (let bin = 0; bin < bins; bin++) view.counts[bin] = (view.counts[bin] as number) + (counts[bin] as number);
        view.counts[0] = (view.counts[0] as number) - (end / 4 - values.length);
      }
      return codes.subarray(0, values.length);
    },
    recode(given, factor, { n, p }) {
      places.set(given);
      functions.recode(0, 4 * ((given.length + 3) & ~3), factor, n, p);
      return codes.subarray(0, given.length);
    },
    multiples(values, inverse, range) {
      functions.multiples(0, put(values, 0), inverse);
      for (let lane = 0; lane < 4; lane++) {
        if (integers[lane] === 0) return null;
        range[0] = Math.min(range[0] as number, integers[4 + lane] as number);
        range[1] = Math.max(range[1] as number, integers[8 + lane] as number);
      }
      return codes.subarray(0, values.length);
    },
  };
}
