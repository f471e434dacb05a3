import type { DType } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { known } from './hostValue.ts';
import type { ValueType } from './kernels.ts';
import { op } from './op.ts';
import { elementCount, sameAs } from './shapes.ts';

const cast = op('Cast', {
  inputs: { x: 'tensor' },
  shape: sameAs('x'),
  forward: ({ x }, k, attrs) => k.cast(x, valueType(attrs.type('DstT'), attrs)),
  fold: ({ x }, _shapes, attrs) => {
    const whole = /int/.test(attrs.type('DstT'));
    return x && { shape: x.shape, values: x.values.map((value) => (value === null || !whole ? value : Math.trunc(value))) };
  },
});

const fill = op('Fill', {
  inputs: { dims: 'numbers', value: 'tensor' },
  shape: ({ dims }) => dims?.map((size) => size ?? -1) ?? null,
  forward: ({ dims, value }, k) => k.fill(dims, value),
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
  fold: (_numbers, { input }) =>
    input === null ? undefined : { shape: [input.length], values: input.map((size) => (size < 0 ? null : size)) },
});

const size = op('Size', {
  inputs: { input: 'tensor' },
  shape: () => [],
  forward: ({ input }, k, attrs) => k.constant(valueType(attrs.type('out_type', 'int32'), attrs), [], [elementCount(input.shape) ?? 0]),
  fold: (_numbers, { input }) => {
    const count = elementCount(input);
    return count === undefined ? undefined : { shape: [], values: [count] };
  },
});

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

export const typeOps = [cast, fill, shape, size];
