import { indicator, scalarLike } from '../../ops/gradients.ts';
import type { ConvGeometry, Kernels, Pair, PoolGeometry, Value } from '../../ops/kernels.ts';
import { spreadAlong } from '../../ops/slicing.ts';

type Composed =
  | 'passBetween'
  | 'sumTo'
  | 'conv2dInputGrad'
  | 'conv2dFilterGrad'
  | 'depthwiseConv2dInputGrad'
  | 'depthwiseConv2dFilterGrad'
  | 'maxPoolGrad'
  | 'avgPoolGrad'
  | 'gatherGrad';
/** Kernels of derivatives that can be made from the others. */
export type ComposedGradients = Pick<Kernels, Composed>;
/** What they are made from. */
export type Primitive = Omit<Kernels, Composed | 'linearQuantGrad'>;

const NONE: Pair = [0, 0];
const ONCE: Pair = [1, 1];
/** Most elements of the taps of a window side by side: 32 MB. */
export const WIDEST = 2 ** 23;

/** Derivatives composed from other kernels: right on every backend; a backend overrides those that it has something faster for. */
export function composedGradients(k: Primitive): ComposedGradients {
  const gradients: ComposedGradients = {
    passBetween: (dy, y, low, high) => {
      const zero = scalarLike(dy, 0, k);
      const above = low === Number.NEGATIVE_INFINITY ? dy : k.select(k.compare(y, scalarLike(y, low, k), 'greater'), dy, zero);
      return high === Number.POSITIVE_INFINITY ? above : k.select(k.compare(y, scalarLike(y, high, k), 'less'), above, zero);
    },
    sumTo: (x, shape) => {
      const missing = x.shape.length - shape.length;
      const axes = x.shape.flatMap((size, axis) => (axis < missing || ((shape[axis - missing] ?? 1) === 1 && size !== 1) ? [axis] : []));
      return axes.length === 0 ? k.identity(x) : k.reshape(k.reduce(x, 'sum', axes, true), shape);
    },
    conv2dInputGrad: (dy, filter, shape, geometry) => {
      if (isPointwise(filter.shape, geometry)) {
        const [inputs = 1, outputs = 1] = filter.shape.slice(2);
        const [rows, weights] = [k.reshape(dy, [count(dy.shape) / outputs, outputs]), k.reshape(filter, [inputs, outputs])];
        return k.reshape(k.matMul(rows, weights, { transposeA: false, transposeB: true }), shape);
      }
      const turned = k.transpose(turnedRound(filter, k), [0, 1, 3, 2]);
      return k.conv2d(spreadOut(dy, filter, shape, geometry, k), turned, walkOnce(geometry));
    },
    conv2dFilterGrad: (x, dy, shape, geometry) => {
      const [inputs = 1, outputs = 1] = shape.slice(2);
      const rows = k.reshape(dy, [count(dy.shape) / outputs, outputs]);
      const product = (part: Value, width: number): Value =>
        k.matMul(k.reshape(part, [count(part.shape) / width, width]), rows, { transposeA: true, transposeB: false });
      if (isPointwise(shape, geometry)) return k.reshape(product(x, inputs), shape);
      const parts = taps(x, dy, shape, geometry, k);
      // One product of a wide matrix is faster than many of narrow ones, as long as there is room for it.
      const side = parts.length * count(parts[0]?.shape ?? []) <= WIDEST ? [k.concat(parts, 3)] : parts;
      return k.reshape(
        stacked(
          side.map((part) => product(part, part.shape[3] ?? 1)),
          k,
        ),
        shape,
      );
    },
    depthwiseConv2dInputGrad: (dy, filter, shape, geometry) => {
      const [rows = 1, columns = 1, channels = 1, multiplier = 1] = filter.shape;
      const all = k.reshape(turnedRound(filter, k), [rows, columns, channels * multiplier, 1]);
      const found = k.depthwiseConv2d(spreadOut(dy, filter, shape, geometry, k), all, walkOnce(geometry));
      return multiplier === 1 ? found : k.reshape(k.reduce(k.reshape(found, [...shape, multiplier]), 'sum', [4], false), shape);
    },
    depthwiseConv2dFilterGrad: (x, dy, shape, geometry) => {
      const [channels = 1, multiplier = 1] = shape.slice(2);
      const upstream = k.reshape(dy, [...dy.shape.slice(0, 3), channels, multiplier]);
      const tap = (part: Value): Value => gradients.sumTo(k.mul(k.reshape(part, [...part.shape, 1]), upstream), [channels, multiplier]);
      return k.reshape(stacked(taps(x, dy, shape, geometry, k).map(tap), k), shape);
    },
    maxPoolGrad: (x, dy, geometry) => {
      const walk = { ...geometry, dilations: ONCE };
      const window = [...geometry.size, 1, 1];
      const y = k.maxPool(x, geometry);
      const nothing = k.fill(dy.shape, scalarLike(dy, 0, k));
      let left = k.fill(dy.shape, scalarLike(dy, 1, k));
      const parts = taps(x, dy, window, walk, k, Number.NEGATIVE_INFINITY).map((part) => {
        const hit = k.mul(indicator(k.compare(part, y, 'equal'), x, k), left);
        left = k.sub(left, hit);
        return k.select(k.compare(hit, nothing, 'greater'), dy, nothing);
      });
      return putTapsBack(parts, x.shape, geometry, k);
    },
    avgPoolGrad: (dy, shape, geometry) => {
      const [, rows = 1, columns = 1] = dy.shape;
      const seen = [0, 1].map((axis) => realElements(shape[axis + 1] ?? 1, axis === 0 ? rows : columns, axis, geometry));
      const shares = (seen[0] ?? []).flatMap((down) => (seen[1] ?? []).map((across) => 1 / (down * across)));
      const ones = k.fill([...geometry.size, shape[3] ?? 1, 1], scalarLike(dy, 1, k));
      const shared = k.mul(dy, k.constant(dy.dtype, [1, rows, columns, 1], shares));
      return gradients.depthwiseConv2dInputGrad(shared, ones, shape, { ...geometry, dilations: ONCE });
    },
    gatherGrad: (dy, indices, shape, axis, batch) => {
      const [lead, outer, inner] = [shape.slice(0, batch), shape.slice(batch, axis), shape.slice(axis + 1)];
      const [length, each] = [shape[axis] ?? 1, count(indices.shape.slice(batch))];
      const places = k.constant(
        'int32',
        [length, 1],
        Array.from({ length }, (_, i) => i),
      );
      const wanted = k.reshape(k.cast(indices, 'int32'), batch === 0 ? [1, each] : [count(lead), 1, 1, each]);
      const chosen = indicator(k.compare(places, wanted, 'equal'), dy, k);
      const rows = k.reshape(dy, batch === 0 ? [count(outer), each, count(inner)] : [count(lead), count(outer), each, count(inner)]);
      return k.reshape(k.matMul(chosen, rows, { transposeA: false, transposeB: false }), shape);
    },
  };
  return gradients;
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** A window of one element that is never moved off the image: a product of matrices. */
export function isPointwise(filter: readonly number[], { strides, padding }: ConvGeometry): boolean {
  return [...filter.slice(0, 2), ...strides].every((size) => size === 1) && padding.flat().every((size) => size === 0);
}

/** Results of the taps of a window, one behind the other. */
function stacked(parts: readonly Value[], k: Primitive): Value {
  return k.concat(
    parts.map((part) => k.reshape(part, [1, ...part.shape])),
    0,
  );
}

function turnedRound(filter: Value, k: Primitive): Value {
  const [rows = 1, columns = 1] = filter.shape;
  if (rows === 1 && columns === 1) return filter;
  return k.stridedSlice(filter, [rows - 1, columns - 1, 0, 0], filter.shape, [-1, -1, 1, 1]);
}

function walkOnce({ dilations }: ConvGeometry): ConvGeometry {
  return { strides: ONCE, dilations, padding: [NONE, NONE] };
}

/**
 * dy with strides − 1 zeros between its pixels and as much around them that a walk of the turned filter gives an image of `shape`
 * (Dumoulin and Visin 2016, section 4).
 */
function spreadOut(dy: Value, filter: Value, shape: readonly number[], { strides, dilations, padding }: ConvGeometry, k: Primitive): Value {
  const spread = spreadAlong(spreadAlong(dy, 1, strides[0], k), 2, strides[1], k);
  const borders = [0, 1].map((axis): Pair => {
    const reach = ((filter.shape[axis] ?? 1) - 1) * (dilations[axis] ?? 1);
    const before = reach - (padding[axis]?.[0] ?? 0);
    return [before, (shape[axis + 1] ?? 1) + reach - before - (spread.shape[axis + 1] ?? 1)];
  });
  return bordered(spread, [NONE, ...borders, NONE], k);
}

/** Pads, and cuts off where the width is negative. */
function bordered(x: Value, widths: readonly Pair[], k: Primitive, value = 0): Value {
  const cut = widths.map(([before, after]): Pair => [Math.max(0, -before), Math.max(0, -after)]);
  const inner = cut.flat().some((width) => width > 0)
    ? k.stridedSlice(
        x,
        cut.map(([before]) => before),
        x.shape.map((size, axis) => size - (cut[axis]?.[0] ?? 0) - (cut[axis]?.[1] ?? 0)),
        cut.map(() => 1),
      )
    : x;
  const added = widths.map(([before, after]): Pair => [Math.max(0, before), Math.max(0, after)]);
  return added.flat().some((width) => width > 0) ? k.pad(inner, added, value) : inner;
}

/** For every tap of a window, in the order of rows, what of x lies under it at each of dy's pixels. */
function taps(
  x: Value,
  dy: Value,
  [rows = 1, columns = 1]: readonly number[],
  { strides, dilations, padding }: ConvGeometry,
  k: Primitive,
  outside = 0,
): readonly Value[] {
  const padded = bordered(x, [NONE, ...padding, NONE], k, outside);
  const size = [...dy.shape.slice(0, 3), x.shape[3] ?? 1];
  return Array.from({ length: rows * columns }, (_, tap) => {
    const begin = [0, Math.floor(tap / columns) * dilations[0], (tap % columns) * dilations[1], 0];
    return k.stridedSlice(padded, begin, size, [1, ...strides, 1]);
  });
}

/** The other way round: what each tap of a pooling window hands to an image of `shape`, added up there. */
function putTapsBack(parts: readonly Value[], shape: readonly number[], { size, strides, padding }: PoolGeometry, k: Primitive): Value {
  const placed = parts.map((part, tap) => {
    const spread = spreadAlong(spreadAlong(part, 1, strides[0], k), 2, strides[1], k);
    const at = [Math.floor(tap / size[1]), tap % size[1]];
    const borders = [0, 1].map((axis): Pair => {
      const before = (at[axis] ?? 0) - (padding[axis]?.[0] ?? 0);
      return [before, (shape[axis + 1] ?? 1) - before - (spread.shape[axis + 1] ?? 1)];
    });
    return bordered(spread, [NONE, ...borders, NONE], k);
  });
  return placed.reduce((sum, part) => k.add(sum, part));
}

/** How many real elements a pooling window sees at each of its positions along one axis. */
function realElements(input: number, output: number, axis: number, { size, strides, padding }: PoolGeometry): readonly number[] {
  return Array.from({ length: output }, (_, o) => {
    const start = o * (strides[axis] ?? 1) - (padding[axis]?.[0] ?? 0);
    return Math.min(input, start + (size[axis] ?? 1)) - Math.max(0, start);
  });
}
