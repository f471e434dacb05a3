import type { Breather } from '../breathe.ts';
import { at } from './csr.ts';
import { INNER, type Layered } from './layered.ts';
import type { RowOrder } from './order.ts';
import { SPACING } from './unit.ts';

/**
 * Middles of all vertices, after Brandes and Köpf (Fast and Simple Horizontal Coordinate Assignment, 2001): four assignments that each
 * stand as many segments upright as they can, and the mean of their two middle values. Extended: a segment may meet a vertex beside its
 * middle, and a vertex follows its strongest segments, so that a main path stays straight beside its skips. Linear.
 */
export async function placeRows(layered: Layered, order: RowOrder, breath: Breather): Promise<Float64Array> {
  const conflicts = innerConflicts(layered, order);
  const strength = strengths(layered);
  const runs: Float64Array[] = [];
  for (const downward of [true, false]) {
    for (const leftward of [true, false]) {
      const blocks = align(layered, order, conflicts, strength, downward, leftward);
      runs.push(compact(layered, order, blocks, leftward));
      if (breath.due()) await breath.rest();
    }
  }
  return balance(layered, runs);
}

/** Segments that cross one between two bends: those between bends stay straight. */
function innerConflicts(layered: Layered, order: RowOrder): Uint8Array {
  const { up, upper, weight } = layered;
  const conflicts = new Uint8Array(layered.upper.length);
  for (let r = 1; r < order.rows.length; r++) {
    const row = order.rows[r] as Int32Array;
    const above = (order.rows[r - 1] as Int32Array).length;
    let left = 0;
    let checked = 0;
    for (let i = 0; i < row.length; i++) {
      const inner = innerAbove(layered, at(row, i));
      if (inner < 0 && i + 1 < row.length) continue;
      const right = inner < 0 ? above : at(order.position, inner);
      for (; checked <= i; checked++) {
        const vertex = at(row, checked);
        for (let k = at(up.start, vertex); k < at(up.start, vertex + 1); k++) {
          const segment = at(up.list, k);
          const place = at(order.position, at(upper, segment));
          if ((place < left || place > right) && weight[segment] !== INNER) conflicts[segment] = 1;
        }
      }
      left = right;
    }
  }
  return conflicts;
}

function innerAbove(layered: Layered, vertex: number): number {
  if (vertex < layered.items) return -1;
  for (let i = at(layered.up.start, vertex); i < at(layered.up.start, vertex + 1); i++) {
    const segment = at(layered.up.list, i);
    if (layered.weight[segment] === INNER) return at(layered.upper, segment);
  }
  return -1;
}

/** Vertices that share one upright line, by their first one, and how far each one's middle lies right of that one's. */
interface Blocks {
  readonly root: Int32Array;
  readonly shift: Float64Array;
}

function align(layered: Layered, order: RowOrder, conflicts: Uint8Array, strength: Strength, downward: boolean, leftward: boolean): Blocks {
  const { total, upperAt, lowerAt } = layered;
  const { position } = order;
  const others = downward ? layered.upper : layered.lower;
  const root = Int32Array.from({ length: total }, (_, vertex) => vertex);
  const shift = new Float64Array(total);
  const count = order.rows.length;
  const sign = leftward ? 1 : -1;
  for (let r = 1; r < count; r++) {
    const row = order.rows[downward ? r : count - 1 - r] as Int32Array;
    let reached = leftward ? -1 : Number.POSITIVE_INFINITY;
    for (let i = 0; i < row.length; i++) {
      const vertex = at(row, leftward ? i : row.length - 1 - i);
      const candidates = strongest(layered, strength, downward, vertex);
      if (candidates.length === 0) continue;
      candidates.sort((a, b) => at(position, at(others, a)) - at(position, at(others, b)) || a - b);
      const low = (candidates.length - 1) >> 1;
      const high = candidates.length >> 1;
      for (const median of leftward ? [low, high] : [high, low]) {
        const segment = candidates[median] as number;
        const other = at(others, segment);
        const place = at(position, other);
        if (conflicts[segment] === 1 || (place - reached) * sign <= 0) continue;
        root[vertex] = at(root, other);
        const aside = downward ? at(upperAt, segment) - at(lowerAt, segment) : at(lowerAt, segment) - at(upperAt, segment);
        shift[vertex] = at(shift, other) + aside;
        reached = place;
        break;
      }
    }
  }
  return { root, shift };
}

/** Weight of the strongest segment of each vertex, upwards and downwards. */
interface Strength {
  readonly up: Uint8Array;
  readonly down: Uint8Array;
}

function strengths(layered: Layered): Strength {
  const up = new Uint8Array(layered.total);
  const down = new Uint8Array(layered.total);
  for (let segment = 0; segment < layered.weight.length; segment++) {
    const weight = at(layered.weight, segment);
    const upper = at(layered.upper, segment);
    const lower = at(layered.lower, segment);
    if (weight > at(down, upper)) down[upper] = weight;
    if (weight > at(up, lower)) up[lower] = weight;
  }
  return { up, down };
}

/** Segments that neither end has a stronger one to prefer: a skip does not draw a box away from its main path. */
function strongest(layered: Layered, strength: Strength, downward: boolean, vertex: number): number[] {
  const lists = downward ? layered.up : layered.down;
  const others = downward ? layered.upper : layered.lower;
  const most = at(downward ? strength.up : strength.down, vertex);
  const back = downward ? strength.down : strength.up;
  const segments: number[] = [];
  for (let i = at(lists.start, vertex); i < at(lists.start, vertex + 1); i++) {
    const segment = at(lists.list, i);
    if (layered.weight[segment] === most && back[at(others, segment)] === most) segments.push(segment);
  }
  return segments;
}

/** Least distance of the middles of two neighbours in a row. */
export function separation(layered: Layered, left: number, right: number): number {
  const bends = (left >= layered.items ? 1 : 0) + (right >= layered.items ? 1 : 0);
  const gap = bends === 0 ? SPACING.item : SPACING.wire;
  return (at(layered.width, left) + at(layered.width, right)) / 2 + gap;
}

/** Moves the blocks together: first all as far to one side as they go, then each back as near to its neighbour on the other side. */
function compact(layered: Layered, order: RowOrder, blocks: Blocks, leftward: boolean): Float64Array {
  const { total } = layered;
  const { root, shift } = blocks;
  const from: number[] = [];
  const to: number[] = [];
  const distance: number[] = [];
  for (const row of order.rows) {
    for (let i = 0; i + 1 < row.length; i++) {
      const left = at(row, i);
      const right = at(row, i + 1);
      const apart = separation(layered, left, right) + at(shift, left) - at(shift, right);
      from.push(at(root, leftward ? left : right));
      to.push(at(root, leftward ? right : left));
      distance.push(apart);
    }
  }
  const { order: sorted, out } = blockOrder(total, from, to);
  const x = new Float64Array(total).fill(Number.NEGATIVE_INFINITY);
  // Coordinates grow away from the side they are pushed to; a block may reach over its root's middle, hence the common start at 0.
  for (const block of sorted) {
    if (at(root, block) !== block) continue;
    if (x[block] === Number.NEGATIVE_INFINITY) x[block] = 0;
    for (let i = at(out.start, block); i < at(out.start, block + 1); i++) {
      const edge = at(out.list, i);
      const target = to[edge] as number;
      x[target] = Math.max(at(x, target), at(x, block) + (distance[edge] as number));
    }
  }
  for (let i = sorted.length - 1; i >= 0; i--) {
    const block = at(sorted, i);
    let room = Number.POSITIVE_INFINITY;
    for (let k = at(out.start, block); k < at(out.start, block + 1); k++) {
      const edge = at(out.list, k);
      room = Math.min(room, at(x, to[edge] as number) - (distance[edge] as number));
    }
    if (room !== Number.POSITIVE_INFINITY) x[block] = Math.max(at(x, block), room);
  }
  const middles = new Float64Array(total);
  for (let vertex = 0; vertex < total; vertex++) {
    const base = at(x, at(root, vertex));
    middles[vertex] = leftward ? base + at(shift, vertex) : -base + at(shift, vertex);
  }
  return middles;
}

function blockOrder(total: number, from: readonly number[], to: readonly number[]) {
  const start = new Int32Array(total + 1);
  for (const block of from) start[block + 1] = at(start, block + 1) + 1;
  for (let i = 0; i < total; i++) start[i + 1] = at(start, i + 1) + at(start, i);
  const fill = start.slice(0, total);
  const list = new Int32Array(from.length);
  const waiting = new Int32Array(total);
  for (let edge = 0; edge < from.length; edge++) {
    const block = from[edge] as number;
    list[at(fill, block)] = edge;
    fill[block] = at(fill, block) + 1;
    const target = to[edge] as number;
    waiting[target] = at(waiting, target) + 1;
  }
  const order = new Int32Array(total);
  let filled = 0;
  for (let block = 0; block < total; block++) if (waiting[block] === 0) order[filled++] = block;
  for (let read = 0; read < filled; read++) {
    const block = at(order, read);
    for (let i = at(start, block); i < at(start, block + 1); i++) {
      const target = to[at(list, i)] as number;
      waiting[target] = at(waiting, target) - 1;
      if (waiting[target] === 0) order[filled++] = target;
    }
  }
  return { order, out: { start, list } };
}

/** The four assignments moved onto the narrowest one, then the mean of the two middle values of each vertex. */
function balance(layered: Layered, runs: readonly Float64Array[]): Float64Array {
  const bounds = runs.map((middles) => {
    let left = Number.POSITIVE_INFINITY;
    let right = Number.NEGATIVE_INFINITY;
    for (let vertex = 0; vertex < middles.length; vertex++) {
      const half = at(layered.width, vertex) / 2;
      left = Math.min(left, at(middles, vertex) - half);
      right = Math.max(right, at(middles, vertex) + half);
    }
    return { left, right };
  });
  let narrow = 0;
  bounds.forEach((bound, i) => {
    const best = bounds[narrow] as { left: number; right: number };
    if (bound.right - bound.left < best.right - best.left) narrow = i;
  });
  const target = bounds[narrow] as { left: number; right: number };
  const moves = bounds.map((bound, i) => (i % 2 === 0 ? target.left - bound.left : target.right - bound.right));
  const middles = new Float64Array(layered.total);
  const values = [0, 0, 0, 0];
  for (let vertex = 0; vertex < layered.total; vertex++) {
    for (let i = 0; i < 4; i++) values[i] = at(runs[i] as Float64Array, vertex) + (moves[i] as number);
    values.sort((a, b) => a - b);
    middles[vertex] = ((values[1] as number) + (values[2] as number)) / 2;
  }
  return middles;
}
