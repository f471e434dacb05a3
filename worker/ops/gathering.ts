import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { scalarLike } from './gradients.ts';
import { type HostValue, known } from './hostValue.ts';
import type { Kernels, Value } from './kernels.ts';
import { op } from './op.ts';
import { axisOf, broadcastShapes, shapeText } from './shapes.ts';

/** Positions picked along `axis`, the first `batch` axes of both operands going together. @throws GraffitistError `shape-mismatch` */
function gatheredShape(params: Shape, indices: Shape, axis: number | null, batch: number, attrs: NodeAttrs): Shape {
  if (params === null || indices === null) return null;
  if (axis === null) return [...params, ...indices].slice(batch + 1).map(() => -1);
  const at = axisOf(axis, params.length, attrs);
  const together = batch < 0 ? batch + indices.length : batch;
  if (together > at || together > indices.length)
    throw attrs.mismatch(`batch_dims ${batch} do not fit axis ${axis} and ${shapeText(indices)}.`);
  const lead = broadcastShapes(params.slice(0, together), indices.slice(0, together), attrs) ?? [];
  return [...lead, ...params.slice(together, at), ...indices.slice(together), ...params.slice(at + 1)];
}

function gathered(params: Value, indices: Value, axis: number, batch: number, k: Kernels, attrs: NodeAttrs): Value {
  const at = axisOf(axis, params.shape.length, attrs);
  const together = batch < 0 ? batch + indices.shape.length : batch;
  if (indices.shape.length > 0) return k.gather(params, indices, at, together);
  return k.reshape(k.gather(params, k.reshape(indices, [1]), at, 0), params.shape.toSpliced(at, 1));
}

/** What was picked, added up where it came from. */
function gatheredBack(dy: Value, params: Value, indices: Value, axis: number, batch: number, k: Kernels, attrs: NodeAttrs): Value {
  const at = axisOf(axis, params.shape.length, attrs);
  const together = batch < 0 ? batch + indices.shape.length : batch;
  if (indices.shape.length > 0) return k.gatherGrad(dy, indices, params.shape, at, together);
  return k.gatherGrad(k.reshape(dy, params.shape.with(at, 1)), k.reshape(indices, [1]), params.shape, at, 0);
}

/** Numbers picked from a vector of small numbers. */
function pickedNumbers(
  params: HostValue | undefined,
  indices: HostValue | undefined,
  axis: number | null | undefined,
): HostValue | undefined {
  if (params?.shape.length !== 1 || indices === undefined || (axis !== 0 && axis !== -1)) return undefined;
  return { shape: indices.shape, values: indices.values.map((i) => (i === null ? null : (params.values[i] ?? null))) };
}

const gather = op('Gather', {
  inputs: { params: 'tensor', indices: 'tensor' },
  shape: ({ params, indices }, attrs) => gatheredShape(params, indices, 0, 0, attrs),
  forward: ({ params, indices }, k, attrs) => gathered(params, indices, 0, 0, k, attrs),
  gradient: ({ params, indices }, { dy }, k, attrs) => ({ params: () => gatheredBack(dy, params, indices, 0, 0, k, attrs) }),
  keeps: ['indices'],
  fold: ({ params, indices }) => pickedNumbers(params, indices, 0),
});

const gatherV2 = op('GatherV2', {
  inputs: { params: 'tensor', indices: 'tensor', axis: 'number' },
  shape: ({ params, indices, axis }, attrs) => gatheredShape(params, indices, axis, attrs.int('batch_dims', 0), attrs),
  forward: ({ params, indices, axis }, k, attrs) => gathered(params, indices, axis, attrs.int('batch_dims', 0), k, attrs),
  gradient: ({ params, indices, axis }, { dy }, k, attrs) => ({
    params: () => gatheredBack(dy, params, indices, axis, attrs.int('batch_dims', 0), k, attrs),
  }),
  keeps: ['indices'],
  fold: ({ params, indices, axis }) => pickedNumbers(params, indices, axis?.values[0]),
});

/** Picks positions given by a rule along one axis; an axis that stays as it is costs nothing. */
function pickAlong(x: Value, axis: number, length: number, position: (i: number) => number, k: Kernels): Value {
  if (length === (x.shape[axis] ?? 1) && Array.from({ length }, (_, i) => position(i)).every((at, i) => at === i)) return x;
  return k.gather(
    x,
    k.constant(
      'int32',
      [length],
      Array.from({ length }, (_, i) => position(i)),
    ),
    axis,
    0,
  );
}

const tile = op('Tile', {
  inputs: { input: 'tensor', multiples: 'numbers' },
  shape: ({ input, multiples }, attrs) => {
    if (input === null || multiples === null) return input?.map(() => -1) ?? multiples?.map(() => -1) ?? null;
    if (multiples.length !== input.length) throw attrs.mismatch(`${multiples.length} multiples do not fit ${shapeText(input)}.`);
    return input.map((size, i) => (size < 0 || (multiples[i] ?? null) === null ? -1 : size * (multiples[i] ?? 1)));
  },
  forward: ({ input, multiples }, k) => {
    if (multiples.includes(0))
      return k.constant(
        input.dtype,
        input.shape.map((size, axis) => size * (multiples[axis] ?? 1)),
        [],
      );
    const tiled = multiples.reduce((x, times, axis) => {
      const size = input.shape[axis] ?? 1;
      return pickAlong(x, axis, size * times, (i) => i % size, k);
    }, input);
    return tiled === input ? k.identity(input) : tiled;
  },
  gradient: ({ input, multiples }, { dy }, k) => ({
    input: () => {
      if (multiples.includes(0)) return k.fill(input.shape, scalarLike(dy, 0, k));
      const apart = k.reshape(
        dy,
        input.shape.flatMap((size, axis) => [multiples[axis] ?? 1, size]),
      );
      return k.reduce(
        apart,
        'sum',
        input.shape.map((_, axis) => 2 * axis),
        false,
      );
    },
  }),
  fold: ({ input, multiples }) => {
    const [times] = multiples?.values ?? [];
    if (input?.shape.length !== 1 || times === undefined || times === null || times * input.values.length > 64) return undefined;
    const values = Array.from({ length: times }, () => input.values).flat();
    return { shape: [values.length], values };
  },
});

const broadcastTo = op('BroadcastTo', {
  inputs: { input: 'tensor', shape: 'numbers' },
  shape: ({ input, shape }, attrs) => {
    const wanted = shape?.map((size) => size ?? -1) ?? null;
    broadcastShapes(input, wanted, attrs);
    return wanted;
  },
  forward: ({ input, shape }, k) => {
    const start = k.reshape(input, [...Array.from({ length: shape.length - input.shape.length }, () => 1), ...input.shape]);
    return shape.reduce((x, size, axis) => (x.shape[axis] === size ? x : pickAlong(x, axis, size, () => 0, k)), start);
  },
  gradient: ({ input }, { dy }, k) => ({ input: () => k.sumTo(dy, input.shape) }),
});

const reverseV2 = op('ReverseV2', {
  inputs: { tensor: 'tensor', axis: 'numbers' },
  shape: ({ tensor }) => tensor,
  forward: ({ tensor, axis }, k, attrs) => turnedRound(tensor, axis, k, attrs),
  gradient: ({ axis }, { dy }, k, attrs) => ({ tensor: () => turnedRound(dy, axis, k, attrs) }),
});

function turnedRound(tensor: Value, axis: readonly number[], k: Kernels, attrs: NodeAttrs): Value {
  const turned = new Set(axis.map((one) => axisOf(one, tensor.shape.length, attrs)));
  return k.stridedSlice(
    tensor,
    tensor.shape.map((size, i) => (turned.has(i) ? size - 1 : 0)),
    tensor.shape,
    tensor.shape.map((_, i) => (turned.has(i) ? -1 : 1)),
  );
}

/** REFLECT leaves the border out, SYMMETRIC repeats it. */
const mirrorPad = op('MirrorPad', {
  inputs: { input: 'tensor', paddings: 'numbers' },
  shape: ({ input, paddings }, attrs) => {
    const pads = known(paddings);
    if (input === null || pads === null) return input?.map(() => -1) ?? null;
    if (pads.length !== input.length * 2) throw attrs.mismatch(`${pads.length} paddings do not fit ${shapeText(input)}.`);
    const most = attrs.string('mode') === 'REFLECT' ? 1 : 0;
    return input.map((size, i) => {
      const [before, after] = [pads[2 * i] ?? 0, pads[2 * i + 1] ?? 0];
      if (size >= 0 && Math.max(before, after) > size - most)
        throw attrs.mismatch(`${shapeText(input)} is too small to be mirrored by ${before}, ${after}.`);
      return size < 0 ? -1 : size + before + after;
    });
  },
  forward: ({ input, paddings }, k, attrs) => {
    const padded = input.shape.reduce((x, size, axis) => {
      const { length, position } = mirrored(size, axis, paddings, attrs);
      return pickAlong(x, axis, length, position, k);
    }, input);
    return padded === input ? k.identity(input) : padded;
  },
  gradient: ({ input, paddings }, { dy }, k, attrs) => ({
    input: () =>
      input.shape.reduce((d, size, axis) => {
        const { length, position } = mirrored(size, axis, paddings, attrs);
        if (length === size) return d;
        const positions = Array.from({ length }, (_, i) => position(i));
        return k.gatherGrad(d, k.constant('int32', [length], positions), d.shape.with(axis, size), axis, 0);
      }, dy),
  }),
});

/** Where each element along a mirrored axis comes from. */
function mirrored(size: number, axis: number, paddings: readonly number[], attrs: NodeAttrs) {
  const shift = attrs.string('mode') === 'REFLECT' ? 0 : 1;
  const [before, after] = [paddings[2 * axis] ?? 0, paddings[2 * axis + 1] ?? 0];
  const inside = (at: number): number => (at < 0 ? -at - shift : at >= size ? 2 * size - 2 - at + shift : at);
  return { length: before + size + after, position: (i: number): number => inside(i - before) };
}

export const gatheringOps = [gather, gatherV2, tile, broadcastTo, reverseV2, mirrorPad];
