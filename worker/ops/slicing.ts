import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { type HostValue, known } from './hostValue.ts';
import type { Value } from './kernels.ts';
import { Outputs, op } from './op.ts';
import { axisOf, shapeText } from './shapes.ts';

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
  fold: ({ input }, { begin, end, strides }, attrs): HostValue | undefined => {
    const [from, to, step] = [known(begin), known(end), known(strides)];
    if (input === undefined || input.shape.length !== 1 || from === null || to === null || step === null) return undefined;
    const slice = sliced(input.shape, from, to, step, attrs);
    const [start = 0, size = 0, stride = 1] = [slice.begin[0], slice.size[0], slice.strides[0]];
    return { shape: slice.shape, values: Array.from({ length: size }, (_, i) => input.values[start + i * stride] ?? null) };
  },
});

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

/** Pieces of given lengths along an axis: convolutions split over their input channels. */
const splitV = op('SplitV', {
  inputs: { value: 'tensor', size_splits: 'numbers', axis: 'number' },
  shape: ({ value, size_splits, axis }, attrs) => {
    const count = attrs.int('num_split', size_splits?.length ?? 0);
    if (value === null || size_splits === null || axis === null) return new Outputs<Shape>(...Array.from({ length: count }, () => null));
    const at = axisOf(axis, value.length, attrs);
    return new Outputs<Shape>(...pieces(value[at] ?? -1, size_splits, attrs).map((length) => value.with(at, length)));
  },
  forward: ({ value, size_splits, axis }, k, attrs) => {
    const at = axisOf(axis, value.shape.length, attrs);
    const lengths = pieces(value.shape[at] ?? -1, size_splits, attrs);
    let start = 0;
    const parts = lengths.map((length) => {
      const begin = value.shape.map((_, i) => (i === at ? start : 0));
      start += length;
      return k.stridedSlice(
        value,
        begin,
        value.shape.with(at, length),
        begin.map(() => 1),
      );
    });
    return new Outputs<Value>(...parts);
  },
});

/** Lengths of the pieces; one -1 takes the rest. */
function pieces(size: number, wanted: readonly (number | null)[], attrs: NodeAttrs): readonly number[] {
  const lengths = wanted.map((length) => length ?? -1);
  const given = lengths.reduce((sum, length) => sum + Math.max(0, length), 0);
  const open = lengths.filter((length) => length < 0).length;
  if (size >= 0 && (given > size || (open === 0 && given !== size))) {
    throw attrs.mismatch(`pieces of ${lengths.join(', ')} do not fill an axis of ${size}.`);
  }
  return lengths.map((length) => (length >= 0 ? length : size >= 0 && open === 1 ? size - given : -1));
}

export const slicingOps = [stridedSlice, splitV];
