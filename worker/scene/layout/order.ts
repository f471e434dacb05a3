import type { Breather } from '../breathe.ts';
import { at, listsBy } from './csr.ts';
import { type Layered, SKIP } from './layered.ts';

/** Vertices of each row from left to right, and each vertex's place in its row. */
export interface RowOrder {
  readonly rows: readonly Int32Array[];
  readonly position: Int32Array;
}

const SWEEPS = 8;
/** Rows up to this long are also improved by swapping neighbours. */
const SWAP_ROW = 160;

/**
 * Few crossings by barycentre sweeps up and down from a depth-first start, the best arrangement kept. Each sweep costs
 * O(segments · log segments).
 */
export async function orderRows(layered: Layered, breath: Breather): Promise<RowOrder> {
  const rows = depthFirstRows(layered);
  const position = new Int32Array(layered.total);
  const place = (row: Int32Array) => {
    for (let i = 0; i < row.length; i++) position[at(row, i)] = i;
  };
  for (const row of rows) place(row);
  let best = rows.map((row) => row.slice());
  let fewest = countCrossings(layered, rows, position);
  let idle = 0;
  for (let sweep = 0; sweep < SWEEPS && fewest > 0 && idle < 4; sweep++) {
    const downward = sweep % 2 === 0;
    for (let i = 1; i < rows.length; i++) {
      const row = rows[downward ? i : rows.length - 1 - i] as Int32Array;
      sortRow(layered, row, position, downward, sweep % 4 >= 2);
      place(row);
      if (breath.due()) await breath.rest();
    }
    for (const row of rows) if (row.length <= SWAP_ROW) swapNeighbours(layered, row, position);
    const crossings = countCrossings(layered, rows, position);
    if (crossings < fewest) {
      fewest = crossings;
      best = rows.map((row) => row.slice());
      idle = 0;
    } else idle++;
    if (breath.due()) await breath.rest();
  }
  for (const row of best) place(row);
  return { rows: best, position };
}

/**
 * Rows filled in the order of a depth-first walk: series-parallel graphs come out without crossings, skips at the right of their main
 * path, the longer of two branches at the left.
 */
function depthFirstRows(layered: Layered): Int32Array[] {
  const { total, rank, down, up, lower, weight } = layered;
  const run = branchLengths(layered);
  const sizes = new Int32Array(layered.rows);
  for (const row of rank) sizes[row] = at(sizes, row) + 1;
  const rows = Array.from(sizes, (size) => new Int32Array(size));
  const filled = new Int32Array(layered.rows);
  const seen = new Uint8Array(total);
  const stack: number[] = [];
  const roots: number[] = [];
  for (let vertex = 0; vertex < layered.items; vertex++) if (at(up.start, vertex) === at(up.start, vertex + 1)) roots.push(vertex);
  for (const root of roots) {
    stack.push(root);
    while (stack.length > 0) {
      const vertex = stack.pop() as number;
      if (seen[vertex]) continue;
      seen[vertex] = 1;
      const row = at(rank, vertex);
      const target = rows[row] as Int32Array;
      target[at(filled, row)] = vertex;
      filled[row] = at(filled, row) + 1;
      // The last one pushed is walked first and so drawn at the left.
      const next = Array.from(down.list.subarray(at(down.start, vertex), at(down.start, vertex + 1)));
      const branches = next.filter((segment) => weight[segment] !== SKIP);
      if (branches.length === 2) branches.sort((a, b) => at(run, at(lower, b)) - at(run, at(lower, a)) || a - b);
      for (const segment of [...branches, ...next.filter((segment) => weight[segment] === SKIP)].reverse()) stack.push(at(lower, segment));
    }
  }
  return rows;
}

/** How many boxes follow each other from a vertex on before wires fork or join. */
function branchLengths(layered: Layered): Int32Array {
  const { total, items, rank, rows, down, up, lower } = layered;
  const byRow = listsBy(rows, rank);
  const run = new Int32Array(total);
  for (let i = byRow.list.length - 1; i >= 0; i--) {
    const vertex = at(byRow.list, i);
    const start = at(down.start, vertex);
    const below = at(down.start, vertex + 1) - start === 1 ? at(lower, at(down.list, start)) : -1;
    const single = below >= 0 && at(up.start, below + 1) - at(up.start, below) === 1;
    run[vertex] = (vertex < items ? 1 : 0) + (single ? at(run, below) : 0);
  }
  return run;
}

/** Where a segment meets its upper (lower) row: the place of the vertex, and within it the port where it has one. */
function upperKey(layered: Layered, segment: number, position: Int32Array): number {
  const vertex = at(layered.upper, segment);
  return at(position, vertex) + portShare(at(layered.upperAt, segment), at(layered.width, vertex));
}

function lowerKey(layered: Layered, segment: number, position: Int32Array): number {
  const vertex = at(layered.lower, segment);
  return at(position, vertex) + portShare(at(layered.lowerAt, segment), at(layered.width, vertex));
}

/** A port's place within its box, between -0.45 and 0.45; 0 where the box has no ports. */
function portShare(offset: number, width: number): number {
  return Number.isNaN(offset) || offset === 0 || width === 0 ? 0 : Math.max(-0.45, Math.min(0.45, offset / width));
}

/** Sorts a row by the mean place of its neighbours above (or below); vertices without any keep their place. */
function sortRow(layered: Layered, row: Int32Array, position: Int32Array, downward: boolean, later: boolean): void {
  const lists = downward ? layered.up : layered.down;
  const key = downward ? upperKey : lowerKey;
  const keys = new Float64Array(row.length);
  const movable: number[] = [];
  for (let i = 0; i < row.length; i++) {
    const vertex = at(row, i);
    let sum = 0;
    const start = at(lists.start, vertex);
    const end = at(lists.start, vertex + 1);
    for (let k = start; k < end; k++) sum += key(layered, at(lists.list, k), position);
    if (end > start) {
      keys[i] = sum / (end - start);
      movable.push(i);
    }
  }
  const sorted = movable.slice().sort((a, b) => at(keys, a) - at(keys, b) || (later ? b - a : a - b));
  const before = row.slice();
  for (let i = 0; i < movable.length; i++) row[movable[i] as number] = at(before, sorted[i] as number);
}

/** Swaps neighbours while that takes crossings away. */
function swapNeighbours(layered: Layered, row: Int32Array, position: Int32Array): void {
  for (let pass = 0; pass < 3; pass++) {
    let swapped = false;
    for (let i = 0; i + 1 < row.length; i++) {
      const left = at(row, i);
      const right = at(row, i + 1);
      if (pairCrossings(layered, left, right, position) <= pairCrossings(layered, right, left, position)) continue;
      row[i] = right;
      row[i + 1] = left;
      position[right] = i;
      position[left] = i + 1;
      swapped = true;
    }
    if (!swapped) return;
  }
}

function pairCrossings(layered: Layered, left: number, right: number, position: Int32Array): number {
  let crossings = 0;
  for (let side = 0; side < 2; side++) {
    const lists = side === 0 ? layered.up : layered.down;
    const key = side === 0 ? upperKey : lowerKey;
    for (let i = at(lists.start, left); i < at(lists.start, left + 1); i++) {
      const place = key(layered, at(lists.list, i), position);
      for (let k = at(lists.start, right); k < at(lists.start, right + 1); k++) {
        if (key(layered, at(lists.list, k), position) < place) crossings++;
      }
    }
  }
  return crossings;
}

/** Crossings between all neighbouring rows: inversions of the segments' lower places, counted with a tree of sums. */
export function countCrossings(layered: Layered, rows: readonly Int32Array[], position: Int32Array): number {
  const { down } = layered;
  let crossings = 0;
  let tree = new Int32Array(64);
  for (let r = 0; r + 1 < rows.length; r++) {
    const segments: number[] = [];
    for (const vertex of rows[r] as Int32Array) {
      for (let i = at(down.start, vertex); i < at(down.start, vertex + 1); i++) segments.push(at(down.list, i));
    }
    if (segments.length < 2) continue;
    const upper = segments.map((segment) => upperKey(layered, segment, position));
    const lower = segments.map((segment) => lowerKey(layered, segment, position));
    const places = new Map([...new Set(lower)].sort((a, b) => a - b).map((key, place) => [key, place + 1]));
    if (tree.length < places.size + 2) tree = new Int32Array(2 * places.size + 2);
    else tree.fill(0, 0, places.size + 2);
    const order = segments.map((_, i) => i).sort((a, b) => (upper[a] as number) - (upper[b] as number));
    let counted = 0;
    for (let first = 0; first < order.length; ) {
      let end = first;
      while (end < order.length && upper[order[end] as number] === upper[order[first] as number]) end++;
      for (let i = first; i < end; i++) {
        let notRight = 0;
        for (let k = places.get(lower[order[i] as number] as number) as number; k > 0; k -= k & -k) notRight += at(tree, k);
        crossings += counted - notRight;
      }
      for (let i = first; i < end; i++) {
        for (let k = places.get(lower[order[i] as number] as number) as number; k <= places.size; k += k & -k) tree[k] = at(tree, k) + 1;
        counted++;
      }
      first = end;
    }
  }
  return crossings;
}
