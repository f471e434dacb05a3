import type { PlainValue } from './reference.ts';

/** Walks over plain row-major tensors. */

/** Number of elements. */
export function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** How far apart neighbours along each axis lie. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  for (let i = shape.length - 1, step = 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] ?? 1;
  }
  return strides;
}

/** Shape of two operands broadcast against each other. */
export function broadcast(a: readonly number[], b: readonly number[]): readonly number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[i - (rank - a.length)] ?? 1, b[i - (rank - b.length)] ?? 1];
    return x === 1 ? y : x;
  });
}

/** Visits every index of `shape` in order with the offset that `strides` give it. */
export function walk(
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
  visit: (index: number, at: number) => void,
): void {
  const count = size(shape);
  const position = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < count; i++) {
    visit(i, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] as number) + 1;
      at += strides[axis] ?? 0;
      if (next < (shape[axis] ?? 1)) {
        position[axis] = next;
        break;
      }
      position[axis] = 0;
      at -= next * (strides[axis] ?? 0);
    }
  }
}

/** f of the elements of two operands as they are broadcast onto `out`; the common cases (equal, scalar, last axes) without index work. */
export function zipElements(a: PlainValue, b: PlainValue, out: PlainValue, f: (x: number, y: number) => number): void {
  const { data, shape } = out;
  const [x, y] = [a.data, b.data];
  if (repeats(a.shape, shape) && repeats(b.shape, shape)) {
    const [m, n] = [x.length, y.length];
    for (let i = 0, j = 0, k = 0; i < data.length; i++) {
      data[i] = f(x[j] as number, y[k] as number);
      if (++j === m) j = 0;
      if (++k === n) k = 0;
    }
    return;
  }
  const right = spread(b, shape);
  walk(shape, spreadSteps(a.shape, shape), 0, (i, at) => {
    data[i] = f(x[at] as number, right[i] as number);
  });
}

/** Sums over the axes along which `shape` was broadcast to that of x, in float64. */
export function summedTo({ shape: whole, data }: PlainValue, shape: readonly number[]): Float64Array {
  const sums = new Float64Array(size(shape));
  const length = sums.length;
  if (repeats(shape, whole)) {
    for (let i = 0, at = 0; i < data.length; i++) {
      sums[at] = (sums[at] as number) + (data[i] as number);
      if (++at === length) at = 0;
    }
    return sums;
  }
  walk(whole, spreadSteps(shape, whole), 0, (i, at) => {
    sums[at] = (sums[at] as number) + (data[i] as number);
  });
  return sums;
}

/** Strides that walk an operand as it is broadcast onto `shape`. */
function spreadSteps(operand: readonly number[], shape: readonly number[]): number[] {
  const steps = stridesOf(operand);
  const missing = shape.length - operand.length;
  return shape.map((_, i) => ((operand[i - missing] ?? 1) === 1 ? 0 : (steps[i - missing] ?? 0)));
}

/** An operand's elements, broadcast onto `shape`. */
export function spread(operand: PlainValue, shape: readonly number[]): Float64Array {
  const elements = new Float64Array(size(shape));
  walk(shape, spreadSteps(operand.shape, shape), 0, (i, at) => {
    elements[i] = operand.data[at] as number;
  });
  return elements;
}

/** Whether an operand's elements simply repeat along the output, which has as many axes or more: it spans the last axes in full. */
export function repeats(operand: readonly number[], shape: readonly number[]): boolean {
  const core = operand.slice(operand.findIndex((length) => length !== 1));
  if (operand.every((length) => length === 1)) return true;
  return core.every((length, i) => length === shape[shape.length - core.length + i]);
}
