import { at, type Lists, listsBy } from './csr.ts';
import { ENTRY, EXIT, type Unit } from './unit.ts';

export interface Ranks {
  /** Row of each item, 0 on top. */
  readonly rank: Int32Array;
  readonly rows: number;
  /** Edges that close a cycle: they run upwards, in a lane at the side. */
  readonly back: Uint8Array;
}

/**
 * Rows by longest path, then compacted: what only feeds others moves down beside its reader (constants, shape arithmetic), and a lone
 * branch between a fork and a join moves to the middle of its way. Linear in items and edges.
 */
export function rankItems(unit: Unit): Ranks {
  const { count, edges, pin } = unit;
  const from = Int32Array.from(edges, (edge) => edge.from);
  const to = Int32Array.from(edges, (edge) => edge.to);
  const length = Uint8Array.from(edges, (edge) => (edge.labelHeight > 0 ? 2 : 1));
  const out = listsBy(count, from);
  const back = backEdges(count, out, to);
  const into = listsBy(
    count,
    Int32Array.from(to, (item, edge) => (back[edge] ? -1 : item)),
  );
  const forward = listsBy(
    count,
    Int32Array.from(from, (item, edge) => (back[edge] ? -1 : item)),
  );
  const order = topological(count, forward, into, to);

  const rank = new Int32Array(count);
  const top = pin.includes(ENTRY) ? 1 : 0;
  for (const item of order) {
    if (pin[item] !== ENTRY && at(rank, item) < top) rank[item] = top;
    for (let i = at(forward.start, item); i < at(forward.start, item + 1); i++) {
      const edge = at(forward.list, i);
      const target = at(to, edge);
      const least = at(rank, item) + at(length, edge);
      if (at(rank, target) < least) rank[target] = least;
    }
  }
  let last = 0;
  for (let item = 0; item < count; item++) if (pin[item] !== EXIT) last = Math.max(last, at(rank, item));
  let bottom = last + 1;
  for (let item = 0; item < count; item++) if (pin[item] === EXIT) bottom = Math.max(bottom, at(rank, item));
  for (let item = 0; item < count; item++) if (pin[item] === EXIT) rank[item] = bottom;

  const room = (item: number): number => {
    let least = Number.POSITIVE_INFINITY;
    for (let i = at(forward.start, item); i < at(forward.start, item + 1); i++) {
      const edge = at(forward.list, i);
      least = Math.min(least, at(rank, at(to, edge)) - at(length, edge));
    }
    return least;
  };
  const degree = (lists: Lists, item: number) => at(lists.start, item + 1) - at(lists.start, item);

  // What hangs on nothing else but its own inputs can follow its reader down.
  const loose = new Uint8Array(count);
  for (const item of order) {
    if (pin[item] !== 0) continue;
    let free = true;
    for (let i = at(into.start, item); free && i < at(into.start, item + 1); i++) {
      const source = at(from, at(into.list, i));
      free = loose[source] === 1 && degree(forward, source) === 1;
    }
    loose[item] = free ? 1 : 0;
  }
  for (let i = order.length - 1; i >= 0; i--) {
    const item = at(order, i);
    const outs = degree(forward, item);
    if (pin[item] !== 0 || outs === 0) continue;
    if (loose[item] === 1 || outs > degree(into, item)) rank[item] = Math.max(at(rank, item), room(item));
  }
  centreBranches(order, pin, rank, from, to, length, into, forward);
  wrapSources(pin, rank, into);
  let rows = 0;
  for (const row of rank) rows = Math.max(rows, row + 1);
  return { rank, rows, back };
}

/** Boxes without inputs that one row takes: constants and variables of a large reader stand in several rows. */
const SOURCES_PER_ROW = 10;

/** Where a row holds many boxes without inputs, they get rows of their own above it. */
function wrapSources(pin: Uint8Array, rank: Int32Array, into: Lists): void {
  const sources = new Map<number, number[]>();
  for (let item = 0; item < rank.length; item++) {
    if (pin[item] !== 0 || at(into.start, item) !== at(into.start, item + 1)) continue;
    const row = sources.get(at(rank, item));
    if (row === undefined) sources.set(at(rank, item), [item]);
    else row.push(item);
  }
  const added = new Map<number, number>();
  for (const [row, items] of sources) if (items.length > SOURCES_PER_ROW) added.set(row, Math.ceil(items.length / SOURCES_PER_ROW) - 1);
  if (added.size === 0) return;
  let last = 0;
  for (const row of rank) last = Math.max(last, row);
  const shift = new Int32Array(last + 1);
  for (let row = 0, sum = 0; row <= last; row++) {
    sum += added.get(row) ?? 0;
    shift[row] = sum;
  }
  for (let item = 0; item < rank.length; item++) rank[item] = at(rank, item) + at(shift, at(rank, item));
  for (const row of added.keys()) {
    // In turns, so that wires from the upper rows find their way between the boxes of the lower ones.
    const rows = (added.get(row) ?? 0) + 1;
    sources.get(row)?.forEach((item, i) => {
      rank[item] = at(rank, item) - (i % rows);
    });
  }
}

/** A chain of boxes with one input and one output each, whose join lies further down than it reaches: to the middle of that way. */
function centreBranches(
  order: Int32Array,
  pin: Uint8Array,
  rank: Int32Array,
  from: Int32Array,
  to: Int32Array,
  length: Uint8Array,
  into: Lists,
  forward: Lists,
): void {
  const single = (item: number) =>
    pin[item] === 0 && at(forward.start, item + 1) - at(forward.start, item) === 1 && at(into.start, item + 1) - at(into.start, item) === 1;
  const next = (item: number) => at(to, at(forward.list, at(forward.start, item)));
  const before = (item: number) => at(from, at(into.list, at(into.start, item)));
  for (const first of order) {
    if (!single(first) || single(before(first))) continue;
    const chain = [first];
    let end = first;
    while (single(next(end))) {
      end = next(end);
      chain.push(end);
    }
    const slack = at(rank, next(end)) - at(length, at(forward.list, at(forward.start, end))) - at(rank, end);
    const shift = Math.floor(slack / 2);
    if (shift > 0) for (const item of chain) rank[item] = at(rank, item) + shift;
  }
}

/** Edges into an item that is still being visited, depth first, in reading order. */
function backEdges(count: number, out: Lists, to: Int32Array): Uint8Array {
  const back = new Uint8Array(to.length);
  const state = new Uint8Array(count);
  const hasInput = new Uint8Array(count);
  for (const item of to) hasInput[item] = 1;
  const cursor = out.start.slice(0, count);
  const stack = new Int32Array(count);
  for (let pass = 0; pass < 2; pass++) {
    for (let root = 0; root < count; root++) {
      if (state[root] !== 0 || (pass === 0 && hasInput[root] === 1)) continue;
      let depth = 0;
      stack[0] = root;
      state[root] = 1;
      while (depth >= 0) {
        const item = at(stack, depth);
        if (at(cursor, item) === at(out.start, item + 1)) {
          state[item] = 2;
          depth--;
          continue;
        }
        const edge = at(out.list, at(cursor, item));
        cursor[item] = at(cursor, item) + 1;
        const target = at(to, edge);
        if (state[target] === 1) back[edge] = 1;
        else if (state[target] === 0) {
          state[target] = 1;
          stack[++depth] = target;
        }
      }
    }
  }
  return back;
}

function topological(count: number, forward: Lists, into: Lists, to: Int32Array): Int32Array {
  const waiting = new Int32Array(count);
  const order = new Int32Array(count);
  let filled = 0;
  for (let item = 0; item < count; item++) {
    waiting[item] = at(into.start, item + 1) - at(into.start, item);
    if (waiting[item] === 0) order[filled++] = item;
  }
  for (let read = 0; read < filled; read++) {
    const item = at(order, read);
    for (let i = at(forward.start, item); i < at(forward.start, item + 1); i++) {
      const target = at(to, at(forward.list, i));
      waiting[target] = at(waiting, target) - 1;
      if (waiting[target] === 0) order[filled++] = target;
    }
  }
  return order;
}
