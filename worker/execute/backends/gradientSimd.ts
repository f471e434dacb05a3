import type { QuantRule, RoundingMode } from '../../ops/kernels.ts';
import { quantConstants } from '../fakeQuant.ts';
import { assemble } from '../simd/assembler.ts';

const ROUND: Readonly<Record<RoundingMode, string>> = { round: 'f32x4.nearest', floor: 'f32x4.floor', ceil: 'f32x4.ceil' };

/** Σ of four products of floats in float64: two lanes into each of two sums. */
const addProducts = (a: string, b: string): string => `
    local.get ${a} f64x2.promote_low_f32x4  local.get ${b} f64x2.promote_low_f32x4  f64x2.mul
    local.get $low f64x2.add local.set $low
    local.get ${a} local.get ${a} i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15  f64x2.promote_low_f32x4
    local.get ${b} local.get ${b} i8x16.shuffle 8 9 10 11 12 13 14 15 8 9 10 11 12 13 14 15  f64x2.promote_low_f32x4
    f64x2.mul  local.get $high f64x2.add local.set $high`;

/** As fakeQuantGrad: r = rnd(q), dx = dy where n ≤ r ≤ p, and dy · (r − q, n or p) summed at $sums. */
const quantizer = (mode: RoundingMode): string => `
(func $quant_${mode} (param $x $dy $dx $end $sums i32) (param $inverse $n $p $tiny f32)
  (local $q $r $d $below $above $low $high v128)
  loop $next
    local.get $x v128.load local.tee $q
    local.get $q f32x4.abs local.get $tiny f32x4.splat f32x4.lt  v128.andnot
    local.get $inverse f32x4.splat f32x4.mul local.tee $q
    ${ROUND[mode]} local.tee $r
    local.get $n f32x4.splat f32x4.lt local.set $below
    local.get $r local.get $p f32x4.splat f32x4.gt local.set $above
    local.get $dx
    local.get $dy v128.load local.tee $d
    local.get $below local.get $above v128.or  v128.andnot
    v128.store
    local.get $n f32x4.splat
    local.get $p f32x4.splat  local.get $r local.get $q f32x4.sub  local.get $above v128.bitselect
    local.get $below v128.bitselect local.set $r
    ${addProducts('$d', '$r')}
    local.get $dy i32.const 16 i32.add local.set $dy
    local.get $dx i32.const 16 i32.add local.set $dx
    local.get $x i32.const 16 i32.add local.tee $x
    local.get $end i32.lt_u br_if $next
  end
  local.get $sums local.get $low v128.store
  local.get $sums local.get $high v128.store offset=16
)`;

/** Loops over pixels at $step bytes from each other, four channels at a time; $channels are bytes, a multiple of 16. */
const TEXT = `
${quantizer('round')}${quantizer('floor')}${quantizer('ceil')}

;; dy where low < y < high
(func $pass (param $y $dy $dx $end i32) (param $low $high f32) (local $value v128)
  loop $next
    local.get $dx
    local.get $dy v128.load
    local.get $y v128.load local.tee $value  local.get $low f32x4.splat f32x4.gt
    local.get $value local.get $high f32x4.splat f32x4.lt  v128.and  v128.and
    v128.store
    local.get $dy i32.const 16 i32.add local.set $dy
    local.get $dx i32.const 16 i32.add local.set $dx
    local.get $y i32.const 16 i32.add local.tee $y
    local.get $end i32.lt_u br_if $next
  end
)

;; For every channel: $out += ∑ a · b over pixels from $a and $b on, $count of them.
(func $products (param $a $b $out $channels $count $a_step $b_step i32) (local $left $at_a $at_b $end i32) (local $sum v128)
  local.get $out local.get $channels i32.add local.set $end
  loop $block
    local.get $out v128.load local.set $sum
    local.get $a local.set $at_a
    local.get $b local.set $at_b
    local.get $count local.set $left
    loop $next
      local.get $at_a v128.load local.get $at_b v128.load f32x4.mul
      local.get $sum f32x4.add local.set $sum
      local.get $at_a local.get $a_step i32.add local.set $at_a
      local.get $at_b local.get $b_step i32.add local.set $at_b
      local.get $left i32.const -1 i32.add local.tee $left  i32.const 0 i32.gt_s br_if $next
    end
    local.get $out local.get $sum v128.store
    local.get $a i32.const 16 i32.add local.set $a
    local.get $b i32.const 16 i32.add local.set $b
    local.get $out i32.const 16 i32.add local.tee $out
    local.get $end i32.lt_u br_if $block
  end
)

;; For every pixel and channel: $out += a · w, with one $w per channel.
(func $spread (param $a $w $out $channels $count $a_step $out_step i32) (local $at_a $at_w $at_out $end i32)
  local.get $w local.get $channels i32.add local.set $end
  loop $pixel
    local.get $a local.set $at_a
    local.get $w local.set $at_w
    local.get $out local.set $at_out
    loop $next
      local.get $at_out
      local.get $at_a v128.load local.get $at_w v128.load f32x4.mul
      local.get $at_out v128.load f32x4.add
      v128.store
      local.get $at_a i32.const 16 i32.add local.set $at_a
      local.get $at_out i32.const 16 i32.add local.set $at_out
      local.get $at_w i32.const 16 i32.add local.tee $at_w
      local.get $end i32.lt_u br_if $next
    end
    local.get $a local.get $a_step i32.add local.set $a
    local.get $out local.get $out_step i32.add local.set $out
    local.get $count i32.const -1 i32.add local.tee $count  i32.const 0 i32.gt_s br_if $pixel
  end
)

;; For every channel: $out += ∑ a over pixels.
(func $sum (param $a $out $channels $count $step i32) (local $left $at $end i32) (local $sum v128)
  local.get $out local.get $channels i32.add local.set $end
  loop $block
    local.get $out v128.load local.set $sum
    local.get $a local.set $at
    local.get $count local.set $left
    loop $next
      local.get $at v128.load local.get $sum f32x4.add local.set $sum
      local.get $at local.get $step i32.add local.set $at
      local.get $left i32.const -1 i32.add local.tee $left  i32.const 0 i32.gt_s br_if $next
    end
    local.get $out local.get $sum v128.store
    local.get $a i32.const 16 i32.add local.set $a
    local.get $out i32.const 16 i32.add local.tee $out
    local.get $end i32.lt_u br_if $block
  end
)`;

type Loop = (...args: number[]) => void;

/** Loops of derivatives on the memory of another module; addresses and steps in bytes, lengths whole multiples of four floats. */
export interface GradientLoops {
  /** Writes dx; answers Σ for the scale. */
  quantizer(x: number, dy: number, dx: number, bytes: number, rule: QuantRule): number;
  readonly pass: (y: number, dy: number, dx: number, end: number, low: number, high: number) => void;
  readonly products: (a: number, b: number, out: number, channels: number, count: number, aStep: number, bStep: number) => void;
  readonly spread: (a: number, w: number, out: number, channels: number, count: number, aStep: number, outStep: number) => void;
  readonly sum: (a: number, out: number, channels: number, count: number, step: number) => void;
}

/** @param scratch address of 32 bytes that belong to the loops @returns null where the platform has no SIMD */
export function gradientLoops(memory: WebAssembly.Memory, scratch: number): GradientLoops | null {
  const bytes = assemble(TEXT, 'imported') as BufferSource;
  if (!WebAssembly.validate(bytes)) return null;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const loops = exports as Readonly<Record<string, Loop>>;
  const named = (name: string): Loop => loops[name] as Loop;
  return {
    quantizer(x, dy, dx, length, rule) {
      const { inverse, min, max, tiny } = quantConstants(rule);
      named(`quant_${rule.rounding}`)(x, dy, dx, x + length, scratch, inverse, min, max, tiny);
      return new Float64Array(memory.buffer, scratch, 4).reduce((sum, part) => sum + part, 0);
    },
    pass: named('pass'),
    products: named('products'),
    spread: named('spread'),
    sum: named('sum'),
  };
}
