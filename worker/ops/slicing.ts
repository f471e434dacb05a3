import type { NodeAttrs } from './attrs.ts';
import { scalarLike } from './gradients.ts';
import { type HostValue, known } from './hostValue.ts';
import type { Kernels, Pair, Value } from './kernels.ts';
import { op } from './op.ts';
import { shapeText } from './shapes.ts';

const stridedSlice = op('StridedSlice', {
  inputs: { input: 'tensor', begin: 'numbers', end: 'numbers', strides: 'numbers' },
  shape: ({ input, begin, end, strides }, attrs) => {
    const [from, to, step] = [known(begin), known(end), known(strides)];
    if (input === null || from === null || to === null || step === null) return null;
    return sliced(input, from, to, step, attrs).shape;
  },
  forward: ({ input, begin, end, strides }, k, attrs) => {
    const slice = sliced(input.shape, begin, end, strides, attrs);
    const part = k.stridedSlice(input, slice.begin, slice.size, slice.strides);
    return k.reshape(part, slice.shape);
  },
  gradient: ({ input, begin, end, strides }, { dy }, k, attrs) => {
    const slice = sliced(input.shape, begin, end, strides, attrs);
    return { input: () => putBack(k.reshape(dy, slice.size), input.shape, slice, k) };
  },
  fold: ({ input }, { begin, end, strides }, attrs): HostValue | undefined => {
    const [from, to, step] = [known(begin), known(end), known(strides)];
    if (input === undefined || input.shape.length !== 1 || from === null || to === null || step === null) return undefined;
    const slice = sliced(input.shape, from, to, step, attrs);
    const [start = 0, size = 0, stride = 1] = [slice.begin[0], slice.size[0], slice.strides[0]];
    return { shape: slice.shape, values: Array.from({ length: size }, (_, i) => input.values[start + i * stride] ?? null) };
  },
});

/** A slice put back where it came from, 0 all around. */
export function putBack(part: Value, shape: readonly number[], { begin, strides }: Pick<Slice, 'begin' | 'strides'>, k: Kernels): Value {
  if (part.shape.includes(0)) return k.fill(shape, scalarLike(part, 0, k));
  const turned = strides.some((stride) => stride < 0)
    ? k.stridedSlice(
        part,
        part.shape.map((size, axis) => ((strides[axis] ?? 1) < 0 ? size - 1 : 0)),
        part.shape,
        strides.map((stride) => Math.sign(stride)),
      )
    : part;
  const spread = strides.reduce((x, stride, axis) => spreadAlong(x, axis, Math.abs(stride), k), turned);
  const paddings = spread.shape.map((size, axis): Pair => {
    const first = (begin[axis] ?? 0) - ((strides[axis] ?? 1) < 0 ? size - 1 : 0);
    return [first, (shape[axis] ?? 0) - first - size];
  });
  return k.pad(spread, paddings, 0);
}

/** Zeros between the elements along an axis, so that they lie `step` apart. */
export function spreadAlong(x: Value, axis: number, step: number, k: Pick<Kernels, 'reshape' | 'pad' | 'stridedSlice'>): Value {
  const size = x.shape[axis] ?? 1;
  if (step === 1 || size === 1) return x;
  const product = (sizes: readonly number[]): number => sizes.reduce((a, b) => a * b, 1);
  const [outer, inner] = [product(x.shape.slice(0, axis)), product(x.shape.slice(axis + 1))];
  const none: Pair = [0, 0];
  const wide = k.reshape(k.pad(k.reshape(x, [outer * size, 1, inner]), [none, [0, step - 1], none], 0), [outer, size * step, inner]);
  const reach = (size - 1) * step + 1;
  return k.reshape(k.stridedSlice(wide, [0, 0, 0], [outer, reach, inner], [1, 1, 1]), x.shape.with(axis, reach));
}

/** A slice with its masks worked out: rank kept in begin, size and strides; `shape` after new axes were put in and single ones taken out. */
interface Slice {
  readonly begin: readonly number[];
  readonly size: readonly number[];
  readonly strides: readonly number[];
  readonly shape: readonly number[];
}

/** Works out begin, end, strides and the five masks as TensorFlow does; unknown input sizes give unknown output sizes. */
function sliced(
  input: readonly number[],
  begin: readonly number[],
  end: readonly number[],
  strides: readonly number[],
  attrs: NodeAttrs,
): Slice {
  if (begin.length !== end.length || begin.length !== strides.length) throw attrs.malformed('begin, end and strides differ in length.');
  const mask = (name: string): ((bit: number) => boolean) => {
    const bits = attrs.int(name, 0);
    return (bit) => (bits & (1 << bit)) !== 0;
  };
  const [beginMask, endMask] = [mask('begin_mask'), mask('end_mask')];
  const [ellipsis, newAxis, shrink] = [mask('ellipsis_mask'), mask('new_axis_mask'), mask('shrink_axis_mask')];
  const taken = begin.filter((_, i) => !newAxis(i) && !ellipsis(i)).length;
  const result = { begin: [] as number[], size: [] as number[], strides: [] as number[], shape: [] as number[] };
  const keep = (until: number): void => {
    while (result.begin.length < until) {
      const size = input[result.begin.length] ?? -1;
      result.begin.push(0);
      result.size.push(size);
      result.strides.push(1);
      result.shape.push(size);
    }
  };
  if (taken > input.length) throw attrs.mismatch(`${taken} slices were given for an input of ${shapeText(input)}.`);
  let sparseLeft = taken;
  for (let i = 0; i < begin.length; i++) {
    if (ellipsis(i)) keep(input.length - sparseLeft);
    else if (newAxis(i)) result.shape.push(1);
    else {
      sparseLeft--;
      const size = input[result.begin.length] ?? -1;
      const step = strides[i] ?? 1;
      if (step === 0) throw attrs.malformed('a stride of a slice is 0.');
      const single = shrink(i);
      const span = single
        ? at(begin[i] ?? 0, size, attrs)
        : range(beginMask(i) ? undefined : begin[i], endMask(i) ? undefined : end[i], step, size);
      result.begin.push(span.from);
      result.size.push(span.size);
      result.strides.push(single ? 1 : step);
      if (!single) result.shape.push(span.size);
    }
  }
  keep(input.length);
  return result;
}

function at(index: number, size: number, attrs: NodeAttrs): { readonly from: number; readonly size: number } {
  const from = index < 0 && size >= 0 ? index + size : index;
  if (size >= 0 && (from < 0 || from >= size)) throw attrs.mismatch(`index ${index} lies outside an axis of ${size}.`);
  return { from, size: 1 };
}

function range(
  begin: number | undefined,
  end: number | undefined,
  step: number,
  size: number,
): { readonly from: number; readonly size: number } {
  if (size < 0) return { from: begin ?? 0, size: -1 };
  const [low, high] = step > 0 ? [0, size] : [-1, size - 1];
  const clamp = (index: number): number => Math.min(high, Math.max(low, index < 0 ? index + size : index));
  const from = begin === undefined ? (step > 0 ? low : high) : clamp(begin);
  const to = end === undefined ? (step > 0 ? high : low) : clamp(end);
  return { from, size: Math.max(0, Math.ceil((to - from) / step)) };
}

/** A part given by its first element and its size; -1 takes what is left. */
const plainSlice = op('Slice', {
  inputs: { input: 'tensor', begin: 'numbers', size: 'numbers' },
  shape: ({ input, begin, size }, attrs) => {
    const from = known(begin);
    if (size === null) return input?.map(() => -1) ?? null;
    if (input === null) return size.map((length) => length ?? -1);
    return partSizes(input, from ?? input.map(() => null), size, attrs);
  },
  forward: ({ input, begin, size }, k, attrs) =>
    k.stridedSlice(
      input,
      begin,
      partSizes(input.shape, begin, size, attrs),
      begin.map(() => 1),
    ),
  gradient: ({ input, begin }, { dy }, k) => ({ input: () => putBack(dy, input.shape, { begin, strides: begin.map(() => 1) }, k) }),
  fold: ({ input }, { begin, size }, attrs): HostValue | undefined => {
    const [from, length] = [known(begin), known(size)];
    if (input?.shape.length !== 1 || from === null || length === null) return undefined;
    const [count = 0] = partSizes(input.shape, from, length, attrs);
    return { shape: [count], values: input.values.slice(from[0], (from[0] ?? 0) + count) };
  },
});

function partSizes(
  input: readonly number[],
  begin: readonly (number | null)[],
  size: readonly (number | null)[],
  attrs: NodeAttrs,
): readonly number[] {
  if (begin.length !== input.length || size.length !== input.length)
    throw attrs.mismatch(`a slice of ${size.length} axes does not fit ${shapeText(input)}.`);
  return input.map((length, axis) => {
    const [from, wanted] = [begin[axis] ?? null, size[axis] ?? null];
    if (wanted === -1) return length < 0 || from === null ? -1 : length - from;
    if (length >= 0 && from !== null && from + (wanted ?? 0) > length) {
      throw attrs.mismatch(`elements ${from} to ${from + (wanted ?? 0)} lie outside an axis of ${length}.`);
    }
    return wanted ?? -1;
  });
}

export const slicingOps = [stridedSlice, plainSlice];
