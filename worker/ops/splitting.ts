import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { scalarLike } from './gradients.ts';
import type { HostValue } from './hostValue.ts';
import type { Kernels, Value } from './kernels.ts';
import { Outputs, op } from './op.ts';
import { axisOf } from './shapes.ts';

/** Pieces of given lengths along an axis: convolutions split over their input channels. */
const splitV = op('SplitV', {
  inputs: { value: 'tensor', size_splits: 'numbers', axis: 'number' },
  shape: ({ value, size_splits, axis }, attrs) => {
    const count = attrs.int('num_split', size_splits?.length ?? 0);
    if (value === null || size_splits === null || axis === null) return unknownPieces(count);
    const at = axisOf(axis, value.length, attrs);
    return new Outputs<Shape>(...pieces(value[at] ?? -1, size_splits, attrs).map((length) => value.with(at, length)));
  },
  forward: ({ value, size_splits, axis }, k, attrs) => {
    const at = axisOf(axis, value.shape.length, attrs);
    return new Outputs<Value>(...cut(value, at, pieces(value.shape[at] ?? -1, size_splits, attrs), k));
  },
  gradient: ({ value, size_splits, axis }, { dys }, k, attrs) => {
    const at = axisOf(axis, value.shape.length, attrs);
    return { value: () => joined(dys, value, at, pieces(value.shape[at] ?? -1, size_splits, attrs), k) };
  },
  fold: ({ value }, { size_splits }, attrs) => {
    if (value?.shape.length !== 1 || size_splits === null) return undefined;
    return cutNumbers(value, pieces(value.values.length, size_splits, attrs));
  },
});

/** Equal pieces along an axis. */
const split = op('Split', {
  inputs: { split_dim: 'number', value: 'tensor' },
  shape: ({ value, split_dim }, attrs) => {
    const count = attrs.int('num_split');
    if (value === null || split_dim === null) return unknownPieces(count);
    const at = axisOf(split_dim, value.length, attrs);
    return new Outputs<Shape>(...equalPieces(value[at] ?? -1, count, attrs).map((length) => value.with(at, length)));
  },
  forward: ({ value, split_dim }, k, attrs) => {
    const at = axisOf(split_dim, value.shape.length, attrs);
    return new Outputs<Value>(...cut(value, at, equalPieces(value.shape[at] ?? -1, attrs.int('num_split'), attrs), k));
  },
  gradient: ({ value, split_dim }, { dys }, k, attrs) => {
    const at = axisOf(split_dim, value.shape.length, attrs);
    return { value: () => joined(dys, value, at, equalPieces(value.shape[at] ?? -1, attrs.int('num_split'), attrs), k) };
  },
  fold: ({ value }, _shapes, attrs) => {
    if (value?.shape.length !== 1) return undefined;
    return cutNumbers(value, equalPieces(value.values.length, attrs.int('num_split'), attrs));
  },
});

/** Slices of length 1 along an axis, which goes. */
const unpack = op('Unpack', {
  inputs: { value: 'tensor' },
  shape: ({ value }, attrs) => {
    const count = attrs.int('num');
    if (value === null) return unknownPieces(count);
    const at = axisOf(attrs.int('axis', 0), value.length, attrs);
    const length = value[at] ?? -1;
    if (length >= 0 && length !== count) throw attrs.mismatch(`an axis of ${length} is to be unpacked into ${count}.`);
    return new Outputs<Shape>(...Array.from({ length: count }, () => value.toSpliced(at, 1)));
  },
  forward: ({ value }, k, attrs) => {
    const at = axisOf(attrs.int('axis', 0), value.shape.length, attrs);
    const lengths = Array.from({ length: attrs.int('num') }, () => 1);
    return new Outputs<Value>(...cut(value, at, lengths, k).map((part) => k.reshape(part, value.shape.toSpliced(at, 1))));
  },
  gradient: ({ value }, { dys }, k, attrs) => {
    const at = axisOf(attrs.int('axis', 0), value.shape.length, attrs);
    const slices = dys.map((dy) => dy && k.reshape(dy, value.shape.with(at, 1)));
    const lengths = dys.map(() => 1);
    return { value: () => joined(slices, value, at, lengths, k) };
  },
  fold: ({ value }) => {
    if (value?.shape.length !== 1) return undefined;
    return new Outputs<HostValue | undefined>(...value.values.map((element) => ({ shape: [], values: [element] })));
  },
});

function unknownPieces(count: number): Outputs<Shape> {
  return new Outputs<Shape>(...Array.from({ length: count }, () => null));
}

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

function equalPieces(size: number, count: number, attrs: NodeAttrs): readonly number[] {
  if (size >= 0 && size % count !== 0) throw attrs.mismatch(`an axis of ${size} cannot be split into ${count} equal pieces.`);
  return Array.from({ length: count }, () => (size < 0 ? -1 : size / count));
}

/** The derivatives by the pieces, one behind the other; 0 where the loss does not depend on a piece. */
function joined(dys: readonly (Value | undefined)[], value: Value, axis: number, lengths: readonly number[], k: Kernels): Value {
  const zeros = (length: number): Value => k.fill(value.shape.with(axis, length), scalarLike(value, 0, k));
  return k.concat(
    lengths.map((length, i) => dys[i] ?? zeros(length)),
    axis,
  );
}

function cut(value: Value, axis: number, lengths: readonly number[], k: Kernels): readonly Value[] {
  let start = 0;
  return lengths.map((length) => {
    const begin = value.shape.map((_, i) => (i === axis ? start : 0));
    start += length;
    return k.stridedSlice(
      value,
      begin,
      value.shape.with(axis, length),
      begin.map(() => 1),
    );
  });
}

function cutNumbers(value: HostValue, lengths: readonly number[]): Outputs<HostValue | undefined> | undefined {
  if (lengths.includes(-1)) return undefined;
  let start = 0;
  return new Outputs<HostValue | undefined>(
    ...lengths.map((length) => {
      start += length;
      return { shape: [length], values: value.values.slice(start - length, start) };
    }),
  );
}

export const splittingOps = [splitV, split, unpack];
