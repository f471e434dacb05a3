import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import type { HostValue } from './hostValue.ts';
import type { Kernels, Value } from './kernels.ts';
import { op } from './op.ts';
import { axisOf, mergeShapes, shapeText } from './shapes.ts';

const concatV2 = op('ConcatV2', {
  inputs: { values: 'list', axis: 'number' },
  shape: ({ values, axis }, attrs) => joinedShape(values, axis, attrs),
  forward: ({ values, axis }, k, attrs) => k.concat(values, axisOf(axis, values[0]?.shape.length ?? 0, attrs)),
  gradient: ({ values, axis }, { dy }, k, attrs) => ({ values: takenApart(dy, values, axisOf(axis, dy.shape.length, attrs), k) }),
  fold: ({ values }) => joinedNumbers(values),
});

/** Its older form: the axis comes first. */
const concat = op('Concat', {
  inputs: { concat_dim: 'number', values: 'list' },
  shape: ({ values, concat_dim }, attrs) => joinedShape(values, concat_dim, attrs),
  forward: ({ values, concat_dim }, k, attrs) => k.concat(values, axisOf(concat_dim, values[0]?.shape.length ?? 0, attrs)),
  gradient: ({ values, concat_dim }, { dy }, k, attrs) => ({
    values: takenApart(dy, values, axisOf(concat_dim, dy.shape.length, attrs), k),
  }),
  fold: ({ values }) => joinedNumbers(values),
});

/** The part of dy that belongs to each operand. */
function takenApart(dy: Value, values: readonly Value[], axis: number, k: Kernels): readonly (() => Value)[] {
  let next = 0;
  return values.map((value) => {
    const start = next;
    next += value.shape[axis] ?? 0;
    const origin = dy.shape.map((_, i) => (i === axis ? start : 0));
    return () =>
      k.stridedSlice(
        dy,
        origin,
        value.shape,
        origin.map(() => 1),
      );
  });
}

function joinedShape(values: readonly Shape[], axis: number | null, attrs: NodeAttrs): Shape {
  const shapes = values.filter((shape) => shape !== null);
  const [first] = shapes;
  if (first === undefined || shapes.length < values.length) return null;
  if (axis === null) return first.map(() => -1);
  const at = axisOf(axis, first.length, attrs);
  return shapes.slice(1).reduce((joined, shape) => joinTwo(joined, shape, at, attrs), first);
}

function joinedNumbers(values: readonly (HostValue | undefined)[]): HostValue | undefined {
  if (values.some((value) => value === undefined || value.shape.length !== 1)) return undefined;
  const joined = values.flatMap((value) => value?.values ?? []);
  return { shape: [joined.length], values: joined };
}

function joinTwo(a: readonly number[], b: readonly number[], axis: number, attrs: NodeAttrs): readonly number[] {
  if (a.length !== b.length) throw attrs.mismatch(`${shapeText(a)} and ${shapeText(b)} cannot be joined.`);
  const open = (shape: readonly number[]): number[] => shape.map((size, i) => (i === axis ? -1 : size));
  const merged = mergeShapes(open(a), open(b), attrs, `joined along axis ${axis}`) ?? [];
  const [left = -1, right = -1] = [a[axis], b[axis]];
  return merged.map((size, i) => (i === axis ? (left < 0 || right < 0 ? -1 : left + right) : size));
}

const pack = op('Pack', {
  inputs: { values: 'list' },
  shape: ({ values }, attrs) => {
    const merged = values.reduce((a, b) => mergeShapes(a, b, attrs, 'packed together'), null);
    if (merged === null) return null;
    const axis = axisOf(attrs.int('axis', 0), merged.length + 1, attrs);
    return merged.toSpliced(axis, 0, values.length);
  },
  forward: ({ values }, k, attrs) => {
    const shape = values[0]?.shape ?? [];
    const axis = axisOf(attrs.int('axis', 0), shape.length + 1, attrs);
    return k.concat(
      values.map((value) => k.reshape(value, shape.toSpliced(axis, 0, 1))),
      axis,
    );
  },
  gradient: ({ values }, { dy }, k, attrs) => {
    const shape = values[0]?.shape ?? [];
    const axis = axisOf(attrs.int('axis', 0), shape.length + 1, attrs);
    const layers = values.map((value) => ({ ...value, shape: shape.toSpliced(axis, 0, 1) }));
    return { values: takenApart(dy, layers, axis, k).map((layer) => () => k.reshape(layer(), shape)) };
  },
  fold: ({ values }): HostValue | undefined => {
    if (values.some((value) => value === undefined || value.shape.length !== 0)) return undefined;
    return { shape: [values.length], values: values.map((value) => value?.values[0] ?? null) };
  },
});

export const joiningOps = [concatV2, concat, pack];
