import { describe, expect, it } from 'vitest';
import { simd } from '../../../worker/calibrate/simd/simd.ts';
import { assemble } from '../../../worker/execute/simd/assembler.ts';
import { testSampleLoops } from './sampleLoops.ts';

describe('loops over samples in SIMD', () => {
  it('are in use', () => {
    expect(simd()).not.toBeNull();
  });
  testSampleLoops();
});

describe('the assembler', () => {
  const run = (text: string) => {
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(text, 1) as BufferSource));
    return exports as { readonly memory: WebAssembly.Memory; readonly f: (...args: number[]) => number };
  };

  it('makes what the text says', () => {
    const sum = run(`
      ;; the sum below n, kept in memory
      (func $f (param $n i32) (result i32) (local $k i32)
        loop $next
          i32.const 8  i32.const 8 i32.load offset=4  local.get $k i32.add  i32.store offset=4
          local.get $k i32.const 1 i32.add local.tee $k
          local.get $n i32.lt_u br_if $next
        end
        i32.const 8 i32.load offset=4
      )`);
    expect(sum.f(200)).toBe(19900);
    expect(new Int32Array(sum.memory.buffer, 12, 1)[0]).toBe(19900);
  });

  it('writes numbers of any size, and leaves blocks', () => {
    const leave = (value: number) => run(`(func $f (result i32) (local $x i32) i32.const ${value} local.set $x local.get $x)`).f();
    for (const value of [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, 0x7fffffff, -0x80000000]) expect(leave(value)).toBe(value);
    const chosen = run(
      '(func $f (param $x i32) (result i32) (local $y i32) block $out local.get $x br_if $out i32.const 7 local.set $y end local.get $y)',
    );
    expect([chosen.f(0), chosen.f(1)]).toEqual([7, 0]);
  });

  it('says what it does not know', () => {
    expect(() => assemble('(func $f i32.rotl)', 1)).toThrow('unknown instruction i32.rotl');
    expect(() => assemble('(func $f local.get $x)', 1)).toThrow('unknown local $x');
    expect(() => assemble('(func $f (param $x i16))', 1)).toThrow('no type');
    expect(() => assemble('func', 1)).toThrow('a function was expected');
  });
});
