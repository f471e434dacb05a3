import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { known } from './hostValue.ts';
import type { Kernels, Pair, Value } from './kernels.ts';
import { op } from './op.ts';
import { axisOf, elementCount, isStatic, shapeText } from './shapes.ts';

const reshape = op('Reshape', {
  inputs: { tensor: 'tensor', shape: 'numbers' },
  shape: ({ tensor, shape }, attrs) => (shape === null ? null : reshaped(tensor, shape, attrs)),
  forward: ({ tensor, shape }, k, attrs) => k.reshape(tensor, reshaped(tensor.shape, shape, attrs)),
  gradient: ({ tensor }, { dy }, k) => ({ tensor: () => k.reshape(dy, tensor.shape) }),
  fold: ({ tensor }, shapes, attrs) => {
    const shape = known(shapes.shape);
    return tensor && shape ? { shape: reshaped(tensor.shape, shape, attrs), values: tensor.values } : undefined;
  },
});

/** The wanted shape with -1 worked out; `null` entries stay unknown. */
function reshaped(input: Shape, wanted: readonly (number | null)[], attrs: NodeAttrs): readonly number[] {
  const text = `[${wanted.map((size) => size ?? '?').join(', ')}]`;
  if (wanted.filter((size) => size === -1).length > 1) throw attrs.mismatch(`the wanted shape ${text} has more than one -1.`);
  const sizes = wanted.map((size) => size ?? -1);
  const open = sizes.filter((size) => size < 0).length;
  const rest = sizes.reduce((product, size) => (size < 0 ? product : product * size), 1);
  const count = elementCount(input);
  if (count === undefined) return sizes;
  if (open === 0 && rest !== count) throw attrs.mismatch(`${shapeText(input)} has ${count} elements and the wanted shape ${text} ${rest}.`);
  if (open === 1) {
    if (rest === 0 ? count !== 0 : count % rest !== 0) throw attrs.mismatch(`${shapeText(input)} cannot be given the shape ${text}.`);
    return sizes.map((size) => (size < 0 ? (rest === 0 ? 0 : count / rest) : size));
  }
  return sizes;
}

const squeeze = op('Squeeze', {
  inputs: { input: 'tensor' },
  shape: ({ input }, attrs) => input && squeezed(input, attrs),
  forward: ({ input }, k, attrs) => k.reshape(input, squeezed(input.shape, attrs) ?? input.shape),
  gradient: ({ input }, { dy }, k) => ({ input: () => k.reshape(dy, input.shape) }),
  fold: ({ input }, _shapes, attrs) => {
    const shape = input && squeezed(input.shape, attrs);
    return input && shape ? { shape, values: input.values } : undefined;
  },
});

function squeezed(input: readonly number[], attrs: NodeAttrs): Shape {
  const axes = attrs.ints('squeeze_dims', []).map((axis) => axisOf(axis, input.length, attrs));
  if (axes.length === 0) return isStatic(input) ? input.filter((size) => size !== 1) : null;
  for (const axis of axes) {
    if ((input[axis] ?? 1) > 1) throw attrs.mismatch(`axis ${axis} of ${shapeText(input)} is not 1 and cannot be squeezed.`);
  }
  return input.filter((_, i) => !axes.includes(i));
}

const expandDims = op('ExpandDims', {
  inputs: { input: 'tensor', dim: 'number' },
  shape: ({ input, dim }, attrs) => {
    if (input === null) return null;
    return dim === null ? [...input, 1].map(() => -1) : expanded(input, dim, attrs);
  },
  forward: ({ input, dim }, k, attrs) => k.reshape(input, expanded(input.shape, dim, attrs)),
  gradient: ({ input }, { dy }, k) => ({ input: () => k.reshape(dy, input.shape) }),
  fold: ({ input }, { dim }, attrs) =>
    input && dim !== null ? { shape: expanded(input.shape, dim, attrs), values: input.values } : undefined,
});

function expanded(input: readonly number[], dim: number, attrs: NodeAttrs): readonly number[] {
  return input.toSpliced(axisOf(dim, input.length + 1, attrs), 0, 1);
}

const transpose = op('Transpose', {
  inputs: { x: 'tensor', perm: 'numbers' },
  shape: ({ x, perm }, attrs) => {
    const order = known(perm);
    if (order === null || x === null) return x?.map(() => -1) ?? null;
    return permutation(order, x.length, attrs).map((axis) => x[axis] ?? -1);
  },
  forward: ({ x, perm }, k, attrs) => k.transpose(x, permutation(perm, x.shape.length, attrs)),
  gradient: ({ x, perm }, { dy }, k, attrs) => {
    const order = permutation(perm, x.shape.length, attrs);
    return {
      x: () =>
        k.transpose(
          dy,
          order.map((_, axis) => order.indexOf(axis)),
        ),
    };
  },
});

function permutation(perm: readonly number[], rank: number, attrs: NodeAttrs): readonly number[] {
  const axes = perm.map((axis) => axisOf(axis, rank, attrs));
  if (axes.length !== rank || new Set(axes).size !== rank) throw attrs.mismatch(`[${perm.join(', ')}] is not an order of ${rank} axes.`);
  return axes;
}

/** PadV2 says what to pad with. */
const pads = [
  op('Pad', {
    inputs: { input: 'tensor', paddings: 'numbers' },
    shape: ({ input, paddings }, attrs) => paddedShape(input, paddings, attrs),
    forward: ({ input, paddings }, k) => k.pad(input, pairs(input, paddings), 0),
    gradient: ({ input, paddings }, { dy }, k) => ({ input: () => unpadded(dy, input, paddings, k) }),
  }),
  op('PadV2', {
    inputs: { input: 'tensor', paddings: 'numbers', constant_values: 'number' },
    shape: ({ input, paddings }, attrs) => paddedShape(input, paddings, attrs),
    forward: ({ input, paddings, constant_values }, k) => k.pad(input, pairs(input, paddings), constant_values),
    gradient: ({ input, paddings }, { dy }, k) => {
      const inside = (): Value => unpadded(dy, input, paddings, k);
      return { input: inside, constant_values: () => k.sub(k.sumTo(dy, []), k.sumTo(inside(), [])) };
    },
  }),
];

/** The part of dy that is no padding. */
function unpadded(dy: Value, input: Value, paddings: readonly number[], k: Kernels): Value {
  const begin = input.shape.map((_, axis) => paddings[2 * axis] ?? 0);
  return k.stridedSlice(
    dy,
    begin,
    input.shape,
    begin.map(() => 1),
  );
}

function paddedShape(input: Shape, paddings: readonly (number | null)[] | null, attrs: NodeAttrs): Shape {
  if (input === null) return paddings && Array.from({ length: paddings.length / 2 }, () => -1);
  if (paddings === null) return input.map(() => -1);
  if (paddings.length !== input.length * 2) throw attrs.mismatch(`${paddings.length} paddings do not fit ${shapeText(input)}.`);
  return input.map((size, i) => {
    const [before, after] = [paddings[2 * i] ?? null, paddings[2 * i + 1] ?? null];
    return size < 0 || before === null || after === null ? -1 : size + before + after;
  });
}

function pairs(input: Value, paddings: readonly number[]): readonly Pair[] {
  return input.shape.map((_, i) => [paddings[2 * i] ?? 0, paddings[2 * i + 1] ?? 0] as const);
}

export const rearrangingOps = [reshape, squeeze, expandDims, transpose, ...pads];
