import type { Kernels, Value } from './kernels.ts';
import type { OpSpec } from './op.ts';

/** How an op of one operand is differentiated, as a part of its declaration. */
export type UnaryGradient = Pick<OpSpec<{ readonly x: 'tensor' }>, 'gradient' | 'keeps'>;

/** dx from dy and x. */
export function ofX(dx: (dy: Value, x: Value, k: Kernels) => Value): UnaryGradient {
  return { gradient: ({ x }, { dy }, k) => ({ x: () => dx(dy, x, k) }), keeps: ['x'] };
}

/** dx from dy and y: where the output says as much as the input, it is what the op behind keeps anyway. */
export function ofY(dx: (dy: Value, y: Value, k: Kernels) => Value): UnaryGradient {
  return { gradient: (_inputs, { dy, y }, k) => ({ x: () => dx(dy, y, k) }), keeps: ['output'] };
}

/** dx from dy alone. */
export function ofDy(dx: (dy: Value, k: Kernels) => Value): UnaryGradient {
  return { gradient: (_inputs, { dy }, k) => ({ x: () => dx(dy, k) }) };
}

/** How an op of two operands that broadcast is differentiated, as a part of its declaration. */
export type BinaryGradient = Pick<OpSpec<{ readonly x: 'tensor'; readonly y: 'tensor' }>, 'gradient' | 'keeps'>;

/** What dx or dy of a pair is made from; `d` is the derivative by the result z. */
type PairSlope = (d: Value, x: Value, y: Value, k: Kernels, z: Value) => Value;

/** Both derivatives at the shape of the result; each is summed over the axes along which its operand was broadcast. */
export function ofPair(dx: PairSlope, dy: PairSlope, keeps: BinaryGradient['keeps'] = []): BinaryGradient {
  return {
    gradient: ({ x, y }, { dy: d, y: z }, k) => ({
      x: () => k.sumTo(dx(d, x, y, k, z), x.shape),
      y: () => k.sumTo(dy(d, x, y, k, z), y.shape),
    }),
    keeps,
  };
}

/** x · factor. */
export function scaled(x: Value, factor: number, k: Pick<Kernels, 'constant' | 'mul'>): Value {
  return k.mul(x, k.constant(x.dtype, [], [factor]));
}

/** 1 where a condition holds, else 0, in the type of x: the library's WebGPU backend keeps a cast condition as whole numbers. */
export function indicator(condition: Value, x: Value, k: Pick<Kernels, 'constant' | 'select'>): Value {
  return k.select(condition, scalarLike(x, 1, k), scalarLike(x, 0, k));
}

/** A scalar of the type of x. */
export function scalarLike(x: Value, value: number, k: Pick<Kernels, 'constant'>): Value {
  return k.constant(x.dtype, [], [value]);
}

/** A result that the reduction took axes from, spread over them again. */
export function spreadOver(dy: Value, shape: readonly number[], axes: readonly number[], k: Kernels): Value {
  const kept = k.reshape(
    dy,
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
  return kept.shape.every((size, axis) => size === shape[axis]) ? kept : k.mul(kept, k.fill(shape, scalarLike(dy, 1, k)));
}
