import { mapHost } from './elementwise.ts';
import { type HostValue, zipHost } from './hostValue.ts';
import type { Comparison } from './kernels.ts';
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
    fold: ({ x, y }) => zipHost(x, y, (a, b) => Number(fold(a, b))),
  }),
);

const logicalAnd = op('LogicalAnd', {
  inputs: { x: 'tensor', y: 'tensor' },
  shape: ({ x, y }, attrs) => broadcastShapes(x, y, attrs),
  forward: ({ x, y }, k) => k.cast(k.mul(k.cast(x, 'int32'), k.cast(y, 'int32')), 'bool'),
  fold: ({ x, y }) => zipHost(x, y, (a, b) => Number(a !== 0 && b !== 0)),
});

const logicalOr = op('LogicalOr', {
  inputs: { x: 'tensor', y: 'tensor' },
  shape: ({ x, y }, attrs) => broadcastShapes(x, y, attrs),
  forward: ({ x, y }, k) => k.cast(k.maximum(k.cast(x, 'int32'), k.cast(y, 'int32')), 'bool'),
  fold: ({ x, y }) => zipHost(x, y, (a, b) => Number(a !== 0 || b !== 0)),
});

const logicalNot = op('LogicalNot', {
  inputs: { x: 'tensor' },
  shape: sameAs('x'),
  forward: ({ x }, k) => k.compare(k.cast(x, 'int32'), k.constant('int32', [], [0]), 'equal'),
  fold: ({ x }) => mapHost(x, (value) => Number(value === 0)),
});

/** One of two tensors of one shape, by element; a vector of conditions picks whole rows. */
const select = op('Select', {
  inputs: { condition: 'tensor', t: 'tensor', e: 'tensor' },
  shape: ({ t, e }, attrs) => broadcastShapes(t, e, attrs),
  forward: ({ condition, t, e }, k) => {
    const rows = condition.shape.length === 1 && t.shape.length > 1;
    return k.select(
      rows
        ? k.reshape(
            condition,
            t.shape.map((length, axis) => (axis === 0 ? length : 1)),
          )
        : condition,
      t,
      e,
    );
  },
  fold: ({ condition, t, e }) => chosen(condition, t, e),
});

const selectV2 = op('SelectV2', {
  inputs: { condition: 'tensor', t: 'tensor', e: 'tensor' },
  shape: ({ condition, t, e }, attrs) => broadcastShapes(condition, broadcastShapes(t, e, attrs), attrs),
  forward: ({ condition, t, e }, k) => k.select(condition, t, e),
  fold: ({ condition, t, e }) => chosen(condition, t, e),
});

/** A single condition on small numbers picks one side, even where the other is not known. */
function chosen(condition: HostValue | undefined, t: HostValue | undefined, e: HostValue | undefined): HostValue | undefined {
  const [holds] = condition?.values ?? [];
  if (condition?.shape.length !== 0 || holds === undefined || holds === null) return undefined;
  const picked = holds !== 0 ? t : e;
  return picked !== undefined && (t ?? picked).shape.length === (e ?? picked).shape.length ? picked : undefined;
}

export const logicOps = [...comparisons, logicalAnd, logicalOr, logicalNot, select, selectV2];
