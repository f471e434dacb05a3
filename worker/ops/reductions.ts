import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { indicator, scaled, spreadOver } from './gradients.ts';
import type { HostValue } from './hostValue.ts';
import type { Kernels, Reduction, Value } from './kernels.ts';
import { type Op, op } from './op.ts';
import { axisOf, elementCount } from './shapes.ts';

/** A reduction along given axes, in any order and counted from either end. `fold` joins small numbers where all of them become one. */
function reduction(
  name: string,
  how: Reduction,
  fold: ((values: readonly number[]) => number) | undefined,
  { slope, keeps }: ReductionGradient = {},
): Op {
  return op(name, {
    inputs: { input: 'tensor', reduction_indices: 'numbers' },
    shape: ({ input, reduction_indices }, attrs) => reducedShape(input, reduction_indices, attrs),
    forward: ({ input, reduction_indices }, k, attrs) =>
      k.reduce(input, how, reducedAxes(reduction_indices, input.shape.length, attrs), attrs.bool('keep_dims', false)),
    fold: ({ input, reduction_indices }, _shapes, attrs) => {
      if (fold === undefined || input === undefined || reduction_indices === undefined) return undefined;
      const axes = new Set(reduction_indices.values);
      if (input.shape.length !== 1 || axes.size !== 1 || axes.has(null)) return undefined;
      const values = input.values.flatMap((value) => (value === null ? [] : [value]));
      const value = values.length === input.values.length ? fold(values) : null;
      return { shape: attrs.bool('keep_dims', false) ? [1] : [], values: [value] } satisfies HostValue;
    },
    gradient:
      slope &&
      (({ input, reduction_indices }, { dy, y }, k, attrs) => {
        const axes = reducedAxes(reduction_indices, input.shape.length, attrs);
        const spread = (value: Value): Value => spreadOver(value, input.shape, axes, k);
        return { input: () => slope({ dy, y, input, axes, spread }, k) };
      }),
    keeps: keeps ?? [],
  });
}

/** How a reduction is differentiated: `spread` repeats one of its results along the axes that it took. */
interface ReductionGradient {
  readonly slope?: (
    given: {
      readonly dy: Value;
      readonly y: Value;
      readonly input: Value;
      readonly axes: readonly number[];
      readonly spread: (result: Value) => Value;
    },
    k: Kernels,
  ) => Value;
  readonly keeps?: readonly ('input' | 'output')[];
}

/** Of equal extremes each takes its share, as in TensorFlow. */
const shared: ReductionGradient = {
  slope: ({ dy, y, input, axes, spread }, k) => {
    const extreme = indicator(k.compare(input, spread(y), 'equal'), input, k);
    const count = k.reduce(extreme, 'sum', axes, true);
    return k.mul(k.div(extreme, count), spread(dy));
  },
  keeps: ['input', 'output'],
};

function reducedShape(input: Shape, given: readonly (number | null)[] | null, attrs: NodeAttrs): Shape {
  const keep = attrs.bool('keep_dims', false);
  if (input === null) return null;
  if (given === null || given.includes(null)) return keep ? input.map(() => -1) : null;
  const axes = given.map((axis) => axisOf(axis ?? 0, input.length, attrs));
  return keep ? input.map((size, i) => (axes.includes(i) ? 1 : size)) : input.filter((_, i) => !axes.includes(i));
}

function reducedAxes(given: readonly number[], rank: number, attrs: NodeAttrs): readonly number[] {
  return [...new Set(given.map((axis) => axisOf(axis, rank, attrs)))].sort((a, b) => a - b);
}

const mean = reduction('Mean', 'mean', undefined, {
  slope: ({ dy, input, spread }, k) => spread(scaled(dy, (elementCount(dy.shape) ?? 1) / (elementCount(input.shape) ?? 1), k)),
});
const sum = reduction('Sum', 'sum', (values) => values.reduce((a, b) => a + b, 0), { slope: ({ dy, spread }) => spread(dy) });
const max = reduction('Max', 'max', (values) => Math.max(...values), shared);
const min = reduction('Min', 'min', (values) => Math.min(...values), shared);
const prod = reduction('Prod', 'prod', (values) => values.reduce((a, b) => a * b, 1));

/** Whether all, or any, of the bools along some axes hold. */
const quantified = (['All', 'Any'] as const).map((name) =>
  op(name, {
    inputs: { input: 'tensor', reduction_indices: 'numbers' },
    shape: ({ input, reduction_indices }, attrs) => reducedShape(input, reduction_indices, attrs),
    forward: ({ input, reduction_indices }, k, attrs) => {
      const axes = reducedAxes(reduction_indices, input.shape.length, attrs);
      const numbers = k.reduce(k.cast(input, 'int32'), name === 'All' ? 'min' : 'max', axes, attrs.bool('keep_dims', false));
      return k.cast(numbers, 'bool');
    },
    gradient: 'none',
  }),
);

const argExtremes = (['max', 'min'] as const).map((which) =>
  op(which === 'max' ? 'ArgMax' : 'ArgMin', {
    inputs: { input: 'tensor', dimension: 'number' },
    shape: ({ input, dimension }, attrs) => {
      if (input === null) return null;
      if (dimension === null) return input.slice(1).map(() => -1);
      return input.toSpliced(axisOf(dimension, input.length, attrs), 1);
    },
    forward: ({ input, dimension }, k, attrs) => {
      const dtype = attrs.type('output_type', 'int64');
      if (dtype !== 'int32' && dtype !== 'int64') throw attrs.unsupported(`indices of type ${dtype} are not computed.`);
      return k.argExtreme(input, which, axisOf(dimension, input.shape.length, attrs), dtype);
    },
    gradient: 'none',
  }),
);

export const reductionOps = [mean, sum, max, min, prod, ...quantified, ...argExtremes];
