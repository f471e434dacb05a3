import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import type { BinaryGradient, UnaryGradient } from './gradients.ts';
import { type HostValue, zipHost } from './hostValue.ts';
import type { Kernels, Value } from './kernels.ts';
import { type Op, op } from './op.ts';
import { broadcastShapes, sameAs } from './shapes.ts';

/** An op on two operands that broadcast against each other; `fold` follows it through small numbers. */
export function binary(
  name: string,
  forward: (x: Value, y: Value, k: Kernels) => Value,
  fold: (x: number, y: number) => number,
  gradient: BinaryGradient = {},
): Op {
  return op(name, {
    inputs: { x: 'tensor', y: 'tensor' },
    shape: ({ x, y }: { x: Shape; y: Shape }, attrs: NodeAttrs) => broadcastShapes(x, y, attrs),
    forward: ({ x, y }, k) => forward(x, y, k),
    fold: ({ x, y }) => zipHost(x, y, fold),
    ...gradient,
  });
}

/** An op on every element by itself. Without `fold` small numbers are not followed through it. */
export function unary(
  name: string,
  forward: (x: Value, k: Kernels) => Value,
  fold?: (x: number) => number,
  gradient: UnaryGradient = {},
): Op {
  return op(name, {
    inputs: { x: 'tensor' },
    shape: sameAs('x'),
    forward: ({ x }, k) => forward(x, k),
    ...(fold === undefined ? {} : { fold: ({ x }: { readonly x: HostValue | undefined }) => mapHost(x, fold) }),
    ...gradient,
  });
}

/** Small numbers, one by one; what is not known stays so. */
export function mapHost(x: HostValue | undefined, f: (x: number) => number): HostValue | undefined {
  return x && { shape: x.shape, values: x.values.map((value) => (value === null ? null : f(value))) };
}

/** Whether a value holds whole numbers. */
export function isWhole(x: Value): boolean {
  return x.dtype === 'int32' || x.dtype === 'int64' || x.dtype === 'uint8';
}
