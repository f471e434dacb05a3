import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';

/** The output has the shape of the named input. */
export function sameAs<N extends string>(input: N): (inputs: Readonly<Record<N, Shape>>) => Shape {
  return (inputs) => inputs[input];
}

/** "[?, 28, 28, 3]" for messages. */
export function shapeText(shape: Shape): string {
  return shape === null ? 'unknown' : `[${shape.map((size) => (size < 0 ? '?' : size)).join(', ')}]`;
}

/** Whether every dimension is known. */
export function isStatic(shape: Shape): shape is readonly number[] {
  return shape?.every((size) => size >= 0) === true;
}

/** Number of elements; undefined where a dimension is not known. */
export function elementCount(shape: Shape): number | undefined {
  return isStatic(shape) ? shape.reduce((product, size) => product * size, 1) : undefined;
}

/** What two views of one shape say together. @throws GraffitistError `shape-mismatch` */
export function mergeShapes(a: Shape, b: Shape, attrs: NodeAttrs, what: string): Shape {
  if (a === null || b === null) return a ?? b;
  if (a.length !== b.length) throw attrs.mismatch(`${what}: ${shapeText(a)} and ${shapeText(b)} do not agree.`);
  return a.map((size, i) => mergeSize(size, b[i] ?? -1, attrs, what, [a, b]));
}

function mergeSize(a: number, b: number, attrs: NodeAttrs, what: string, [left, right]: readonly [Shape, Shape]): number {
  if (a >= 0 && b >= 0 && a !== b) throw attrs.mismatch(`${what}: ${shapeText(left)} and ${shapeText(right)} do not agree.`);
  return a >= 0 ? a : b;
}

/** Shape of two operands broadcast against each other. @throws GraffitistError `shape-mismatch` */
export function broadcastShapes(a: Shape, b: Shape, attrs: NodeAttrs): Shape {
  if (a === null || b === null) return null;
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - (rank - a.length)] ?? 1;
    const y = b[i - (rank - b.length)] ?? 1;
    if (x === 1) return y;
    if (y === 1) return x;
    if (x < 0 || y < 0) return Math.max(x, y);
    if (x !== y) throw attrs.mismatch(`operands ${shapeText(a)} and ${shapeText(b)} cannot be broadcast against each other.`);
    return x;
  });
}

/** The shape, checked to have a rank. @throws GraffitistError `shape-mismatch` */
export function ofRank(shape: Shape, rank: number, attrs: NodeAttrs, what: string): readonly number[] | null {
  if (shape !== null && shape.length !== rank) throw attrs.mismatch(`${what} has shape ${shapeText(shape)} where rank ${rank} is needed.`);
  return shape;
}

/** An axis counted from the front. @throws GraffitistError `shape-mismatch` */
export function axisOf(axis: number, rank: number, attrs: NodeAttrs): number {
  const front = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || front < 0 || front >= rank)
    throw attrs.mismatch(`axis ${axis} does not exist in a tensor of rank ${rank}.`);
  return front;
}
