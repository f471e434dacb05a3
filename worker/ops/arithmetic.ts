import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { type HostValue, zipHost } from './hostValue.ts';
import type { Kernels, Value } from './kernels.ts';
import { type Op, op } from './op.ts';
import { axisOf, broadcastShapes, sameAs } from './shapes.ts';

/** An op on two operands that broadcast against each other; `fold` follows it through small numbers. */
function binary(name: string, forward: (x: Value, y: Value, k: Kernels) => Value, fold: (x: number, y: number) => number): Op {
  return op(name, {
    inputs: { x: 'tensor', y: 'tensor' },
    shape: ({ x, y }: { x: Shape; y: Shape }, attrs: NodeAttrs) => broadcastShapes(x, y, attrs),
    forward: ({ x, y }, k) => forward(x, y, k),
    fold: ({ x, y }) => zipHost(x, y, fold),
  });
}

/** An op on every element by itself. */
function unary(name: string, forward: (x: Value, k: Kernels) => Value, fold: (x: number) => number): Op {
  return op(name, {
    inputs: { x: 'tensor' },
    shape: sameAs('x'),
    forward: ({ x }, k) => forward(x, k),
    fold: ({ x }) => mapHost(x, fold),
  });
}

function mapHost(x: HostValue | undefined, f: (x: number) => number): HostValue | undefined {
  return x && { shape: x.shape, values: x.values.map((value) => (value === null ? null : f(value))) };
}

const add = binary(
  'Add',
  (x, y, k) => k.add(x, y),
  (x, y) => x + y,
);
const addV2 = binary(
  'AddV2',
  (x, y, k) => k.add(x, y),
  (x, y) => x + y,
);
const sub = binary(
  'Sub',
  (x, y, k) => k.sub(x, y),
  (x, y) => x - y,
);
const mul = binary(
  'Mul',
  (x, y, k) => k.mul(x, y),
  (x, y) => x * y,
);
const realDiv = binary(
  'RealDiv',
  (x, y, k) => k.div(x, y),
  (x, y) => x / y,
);
const maximum = binary('Maximum', (x, y, k) => k.maximum(x, y), Math.max);
const pow = binary(
  'Pow',
  (x, y, k) => k.pow(x, y),
  (x, y) => x ** y,
);
const neg = unary(
  'Neg',
  (x, k) => k.neg(x),
  (x) => -x,
);
const sqrt = unary('Sqrt', (x, k) => k.sqrt(x), Math.sqrt);
const rsqrt = unary(
  'Rsqrt',
  (x, k) => k.rsqrt(x),
  (x) => 1 / Math.sqrt(x),
);
const ceil = unary('Ceil', (x, k) => k.ceil(x), Math.ceil);

const mean = op('Mean', {
  inputs: { input: 'tensor', reduction_indices: 'numbers' },
  shape: ({ input, reduction_indices }, attrs) => {
    const keep = attrs.bool('keep_dims', false);
    if (input === null) return null;
    if (reduction_indices === null || reduction_indices.includes(null)) return keep ? input.map(() => -1) : null;
    const axes = reduction_indices.map((axis) => axisOf(axis ?? 0, input.length, attrs));
    return keep ? input.map((size, i) => (axes.includes(i) ? 1 : size)) : input.filter((_, i) => !axes.includes(i));
  },
  forward: ({ input, reduction_indices }, k, attrs) => {
    const axes = reduction_indices.map((axis) => axisOf(axis, input.shape.length, attrs));
    return k.mean(
      input,
      [...new Set(axes)].sort((a, b) => a - b),
      attrs.bool('keep_dims', false),
    );
  },
});

/** Half the sum of squares: regularization in training graphs. */
const l2Loss = op('L2Loss', { inputs: { t: 'tensor' }, shape: () => [] });

export const arithmeticOps = [add, addV2, sub, mul, realDiv, maximum, pow, neg, sqrt, rsqrt, ceil, mean, l2Loss];
