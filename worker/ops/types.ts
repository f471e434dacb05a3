import type { DType, Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { mapHost } from './elementwise.ts';
import { type HostValue, known, LONGEST } from './hostValue.ts';
import type { Value, ValueType } from './kernels.ts';
import { Outputs, op } from './op.ts';
import { elementCount, sameAs } from './shapes.ts';

const cast = op('Cast', {
  inputs: { x: 'tensor' },
  shape: sameAs('x'),
  forward: ({ x }, k, attrs) => k.cast(x, valueType(attrs.type('DstT'), attrs)),
  gradient: ({ x }, { dy }, k, attrs) => {
    // A value that became whole numbers on its way lost its derivative, which nobody should find out by a zero.
    if (!isFloat(x.dtype)) throw attrs.notDifferentiable('Keep the value in float up to the loss.');
    return { x: () => k.cast(dy, x.dtype) };
  },
  fold: ({ x }, _shapes, attrs) => {
    const to = attrs.type('DstT');
    if (to === 'bool') return mapHost(x, (value) => Number(value !== 0));
    return to.includes('int') ? mapHost(x, Math.trunc) : x;
  },
});

const isFloat = (dtype: ValueType): boolean => dtype === 'float32' || dtype === 'float64';

const fill = op('Fill', {
  inputs: { dims: 'numbers', value: 'tensor' },
  shape: ({ dims }) => dims?.map((size) => size ?? -1) ?? null,
  forward: ({ dims, value }, k) => k.fill(dims, value),
  gradient: (_inputs, { dy }, k) => ({ value: () => k.sumTo(dy, []) }),
  fold: ({ dims, value }) => {
    const sizes = known(dims?.values ?? null);
    const count = sizes?.reduce((product, size) => product * size, 1) ?? Number.POSITIVE_INFINITY;
    if (!sizes || !value || count > 64) return undefined;
    return { shape: sizes, values: Array.from({ length: count }, () => value.values[0] ?? null) };
  },
});

const shape = op('Shape', {
  inputs: { input: 'tensor' },
  shape: ({ input }) => [input === null ? -1 : input.length],
  forward: ({ input }, k, attrs) => k.constant(valueType(attrs.type('out_type', 'int32'), attrs), [input.shape.length], input.shape),
  gradient: 'none',
  fold: (_numbers, { input }) => sizesOf(input),
});

/** The sizes of a shape as small numbers. */
function sizesOf(shape: Shape): HostValue | undefined {
  return shape === null ? undefined : { shape: [shape.length], values: shape.map((size) => (size < 0 ? null : size)) };
}

const size = op('Size', {
  inputs: { input: 'tensor' },
  shape: () => [],
  forward: ({ input }, k, attrs) => k.constant(valueType(attrs.type('out_type', 'int32'), attrs), [], [elementCount(input.shape) ?? 0]),
  gradient: 'none',
  fold: (_numbers, { input }) => {
    const count = elementCount(input);
    return count === undefined ? undefined : { shape: [], values: [count] };
  },
});

const rank = op('Rank', {
  inputs: { input: 'tensor' },
  shape: () => [],
  forward: ({ input }, k) => k.constant('int32', [], [input.shape.length]),
  gradient: 'none',
  fold: (_numbers, { input }) => (input === null ? undefined : { shape: [], values: [input.length] }),
});

const shapeN = op('ShapeN', {
  inputs: { input: 'list' },
  shape: ({ input }) => new Outputs<Shape>(...input.map((shape) => [shape === null ? -1 : shape.length])),
  forward: ({ input }, k, attrs) => {
    const type = valueType(attrs.type('out_type', 'int32'), attrs);
    return new Outputs<Value>(...input.map((x) => k.constant(type, [x.shape.length], x.shape)));
  },
  gradient: 'none',
  fold: (_numbers, { input }) => new Outputs<HostValue | undefined>(...input.map(sizesOf)),
});

/** The numbers from `start` on in steps of `delta`, without `limit`. */
const range = op('Range', {
  inputs: { start: 'number', limit: 'number', delta: 'number' },
  shape: ({ start, limit, delta }, attrs) => [start === null || limit === null || delta === null ? -1 : steps(start, limit, delta, attrs)],
  forward: ({ start, limit, delta }, k, attrs) => {
    const length = steps(start, limit, delta, attrs);
    const values = Array.from({ length }, (_, i) => start + i * delta);
    return k.constant(valueType(attrs.type('Tidx', 'int32'), attrs), [length], values);
  },
  gradient: 'none',
  fold: (_numbers, { start, limit, delta }, attrs) => {
    if (start === null || limit === null || delta === null) return undefined;
    const length = steps(start, limit, delta, attrs);
    return length > LONGEST ? undefined : { shape: [length], values: Array.from({ length }, (_, i) => start + i * delta) };
  },
});

function steps(start: number, limit: number, delta: number, attrs: NodeAttrs): number {
  if (delta === 0) throw attrs.malformed('its step is 0.');
  return Math.max(0, Math.ceil((limit - start) / delta));
}

const likes = [0, 1].map((value) =>
  op(value === 0 ? 'ZerosLike' : 'OnesLike', {
    inputs: { x: 'tensor' },
    shape: sameAs('x'),
    forward: ({ x }, k) => k.fill(x.shape, k.constant(x.dtype, [], [value])),
    gradient: 'none',
    fold: ({ x }) => mapHost(x, () => value),
  }),
);

/** The element type as backends have it. @throws GraffitistError `op-unsupported` */
export function valueType(dtype: DType, attrs: NodeAttrs): ValueType {
  switch (dtype) {
    case 'float32':
    case 'float64':
    case 'int32':
    case 'int64':
    case 'bool':
    case 'uint8':
      return dtype;
    default:
      throw attrs.unsupported(`elements of type ${dtype} are not computed with.`);
  }
}

export const typeOps = [cast, fill, shape, shapeN, size, rank, range, ...likes];
