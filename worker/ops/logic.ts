import { mapHost } from './elementwise.ts';
import { scalarLike } from './gradients.ts';
import { type HostValue, zipHost } from './hostValue.ts';
import type { Comparison, Kernels, Value } from './kernels.ts';
import { type Op, op } from './op.ts';
import { broadcastShapes, sameAs } from './shapes.ts';

const COMPARISONS: readonly (readonly [name: string, how: Comparison, fold: (x: number, y: number) => boolean])[] = [
  ['Equal', 'equal', (x, y) => x === y],
  ['NotEqual', 'notEqual', (x, y) => x !== y],
  ['Less', 'less', (x, y) => x < y],
  ['LessEqual', 'lessEqual', (x, y) => x <= y],
  ['Greater', 'greater', (x, y) => x > y],
  ['GreaterEqual', 'greaterEqual', (x, y) => x >= y],
];

const comparisons: readonly Op[] = COMPARISONS.map(([name, how, fold]) =>
  op(name, {
    inputs: { x: 'tensor', y: 'tensor' },
    shape: ({ x, y }, attrs) => broadcastShapes(x, y, attrs),
    forward: ({ x, y }, k) => k.compare(x, y, how),
    gradient: 'none',
    fold: ({ x, y }) => zipHost(x, y, (a, b) => Number(fold(a, b))),
  }),
);

const logicalAnd = op('LogicalAnd', {
  inputs: { x: 'tensor', y: 'tensor' },
  shape: ({ x, y }, attrs) => broadcastShapes(x, y, attrs),
  forward: ({ x, y }, k) => k.cast(k.mul(k.cast(x, 'int32'), k.cast(y, 'int32')), 'bool'),
  gradient: 'none',
  fold: ({ x, y }) => zipHost(x, y, (a, b) => Number(a !== 0 && b !== 0)),
});

const logicalOr = op('LogicalOr', {
  inputs: { x: 'tensor', y: 'tensor' },
  shape: ({ x, y }, attrs) => broadcastShapes(x, y, attrs),
  forward: ({ x, y }, k) => k.cast(k.maximum(k.cast(x, 'int32'), k.cast(y, 'int32')), 'bool'),
  gradient: 'none',
  fold: ({ x, y }) => zipHost(x, y, (a, b) => Number(a !== 0 || b !== 0)),
});

const logicalNot = op('LogicalNot', {
  inputs: { x: 'tensor' },
  shape: sameAs('x'),
  forward: ({ x }, k) => k.compare(k.cast(x, 'int32'), k.constant('int32', [], [0]), 'equal'),
  gradient: 'none',
  fold: ({ x }) => mapHost(x, (value) => Number(value === 0)),
});

/** One of two tensors of one shape, by element; a vector of conditions picks whole rows. */
const select = op('Select', {
  inputs: { condition: 'tensor', t: 'tensor', e: 'tensor' },
  shape: ({ t, e }, attrs) => broadcastShapes(t, e, attrs),
  forward: ({ condition, t, e }, k) => k.select(byRows(condition, t, k), t, e),
  gradient: ({ condition, t, e }, { dy }, k) => chosenGradients(byRows(condition, t, k), t, e, dy, k),
  keeps: ['condition'],
  fold: ({ condition, t, e }) => chosen(condition, t, e),
});

const selectV2 = op('SelectV2', {
  inputs: { condition: 'tensor', t: 'tensor', e: 'tensor' },
  shape: ({ condition, t, e }, attrs) => broadcastShapes(condition, broadcastShapes(t, e, attrs), attrs),
  forward: ({ condition, t, e }, k) => k.select(condition, t, e),
  gradient: ({ condition, t, e }, { dy }, k) => chosenGradients(condition, t, e, dy, k),
  keeps: ['condition'],
  fold: ({ condition, t, e }) => chosen(condition, t, e),
});

/** A vector of conditions as a column before the rows that it picks. */
function byRows(condition: Value, t: Value, k: Kernels): Value {
  if (condition.shape.length !== 1 || t.shape.length < 2) return condition;
  return k.reshape(
    condition,
    t.shape.map((length, axis) => (axis === 0 ? length : 1)),
  );
}

/** Each side has the derivative where it was chosen. */
function chosenGradients(condition: Value, t: Value, e: Value, dy: Value, k: Kernels) {
  return {
    t: () => k.sumTo(k.select(condition, dy, scalarLike(dy, 0, k)), t.shape),
    e: () => k.sumTo(k.select(condition, scalarLike(dy, 0, k), dy), e.shape),
  };
}

/** A single condition on small numbers picks one side, even where the other is not known. */
function chosen(condition: HostValue | undefined, t: HostValue | undefined, e: HostValue | undefined): HostValue | undefined {
  const [holds] = condition?.values ?? [];
  if (condition?.shape.length !== 0 || holds === undefined || holds === null) return undefined;
  const picked = holds !== 0 ? t : e;
  return picked !== undefined && (t ?? picked).shape.length === (e ?? picked).shape.length ? picked : undefined;
}

export const logicOps = [...comparisons, logicalAnd, logicalOr, logicalNot, select, selectV2];
