import type { QuantRule, RoundingMode } from '../../ops/kernels.ts';
import { quantConstants } from '../fakeQuant.ts';

/** Quantizes `count` floats from byte offset `source` to byte offset `target` of a WebAssembly memory. */
export type HeapQuant = (source: number, target: number, count: number, rule: QuantRule) => void;

/**
 * `fakeQuant` in WebAssembly SIMD, four elements a step, working on the memory of another module. Written out as instructions because
 * a toolchain for one loop of eleven would cost more than it saves. Counts must be multiples of four and scales powers of two.
 *
 * @returns null where the platform has no SIMD
 */
export function simdQuant(memory: WebAssembly.Memory): HeapQuant | null {
  const bytes = new Uint8Array(moduleBytes());
  if (!WebAssembly.validate(bytes)) return null;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const run = exports as Record<RoundingMode, (source: number, target: number, end: number, ...constants: number[]) => void>;
  return (source, target, count, rule) => {
    const { inverse, scale, min, max, tiny } = quantConstants(rule);
    run[rule.rounding](source, target, source + count * 4, inverse, scale, min, max, tiny);
  };
}

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;
const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
const get = (local: number): number[] => [0x20, local];
const set = (local: number): number[] => [0x21, local];
const tee = (local: number): number[] => [0x22, local];
const load = [...simd(0x00), 2, 0];
const store = [...simd(0x0b), 2, 0];
const splat = simd(0x13);
const [abs, add, mul, pmin, pmax] = [0xe0, 0xe4, 0xe6, 0xea, 0xeb].map(simd) as [number[], number[], number[], number[], number[]];
const lessThan = simd(0x43);
const andNot = simd(0x4f);
const zero = [...simd(0x0c), ...new Array<number>(16).fill(0)];
const ROUNDING: Record<RoundingMode, number[]> = { round: simd(0x6a), floor: simd(0x68), ceil: simd(0x67) };

/** Parameters and locals of the loop. */
const [SOURCE, TARGET, END, CONSTANTS, VECTORS, X] = [0, 1, 2, 3, 8, 13] as const;
const [INVERSE, SCALE, MIN, MAX, TINY] = [VECTORS, VECTORS + 1, VECTORS + 2, VECTORS + 3, VECTORS + 4] as const;

function loop(rounding: number[]): number[] {
  const advance = (pointer: number): number[] => [...get(pointer), 0x41, 16, 0x6a, ...set(pointer)];
  return [
    ...[0, 1, 2, 3, 4].flatMap((i) => [...get(CONSTANTS + i), ...splat, ...set(VECTORS + i)]),
    ...[0x02, 0x40, 0x03, 0x40], // block, loop
    ...[...get(SOURCE), ...get(END), 0x4f, 0x0d, 1], // leave at the end
    ...get(TARGET),
    ...[...get(SOURCE), ...load, ...tee(X)],
    ...[...get(X), ...abs, ...get(TINY), ...lessThan, ...andNot], // what a device would flush is zero
    ...[...get(INVERSE), ...mul],
    ...[...get(MIN), ...pmax, ...get(MAX), ...pmin], // NaN passes
    ...rounding,
    ...[...get(SCALE), ...mul],
    ...[...zero, ...add], // −0 becomes +0
    ...store,
    ...[...advance(SOURCE), ...advance(TARGET)],
    ...[0x0c, 0, 0x0b, 0x0b], // again
    0x0b,
  ];
}

function moduleBytes(): number[] {
  const modes = Object.entries(ROUNDING);
  const parameters = [I32, I32, I32, F32, F32, F32, F32, F32];
  const bodies = modes.map(([, rounding]) => sized([1, 6, V128, ...loop(rounding)]));
  return [
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [[0x60, ...vector(parameters.map((type) => [type])), 0]]),
    ...section(2, [[...text('env'), ...text('memory'), 0x02, 0x00, 0x00]]),
    ...section(
      3,
      modes.map(() => [0]),
    ),
    ...section(
      7,
      modes.map(([name], i) => [...text(name), 0x00, i]),
    ),
    ...section(10, bodies),
  ];
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  return [id, ...sized(vector(items))];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function text(value: string): number[] {
  return sized([...new TextEncoder().encode(value)]);
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}
