import { at, type Lists, listsBy } from './csr.ts';
import type { Ranks } from './rank.ts';
import { ENTRY, EXIT, SPACING, type Unit } from './unit.ts';

/** How strongly a segment wants to stand upright. */
export const SKIP = 1;
export const PLAIN = 2;
export const INNER = 3;

/**
 * Items and, where an edge passes rows, one bend per row: every segment joins neighbouring rows. Vertices `0 … items - 1` are the
 * items, bends follow.
 */
export interface Layered {
  readonly items: number;
  readonly total: number;
  readonly rows: number;
  readonly rank: Int32Array;
  readonly width: Float64Array;
  readonly height: Float64Array;
  readonly upper: Int32Array;
  readonly lower: Int32Array;
  /** Where the segment meets its vertices, from their middles. */
  readonly upperAt: Float64Array;
  readonly lowerAt: Float64Array;
  readonly weight: Uint8Array;
  /** Segments by upper and by lower vertex. */
  readonly down: Lists;
  readonly up: Lists;
  /** Per edge: its first bend and its last segment; -1 where it has none. */
  readonly firstBend: Int32Array;
  readonly lastSegment: Int32Array;
  /** Per edge: the bend that holds its tag, or -1. */
  readonly labelBend: Int32Array;
  /** Edges drawn in a lane at the side: they close a cycle or pass too many rows. */
  readonly lane: Uint8Array;
}

/** Puts bends into the rows that edges pass. Linear: what would need too many bends takes a lane. */
export function layer(unit: Unit, ranks: Ranks): Layered {
  const { edges, count } = unit;
  const { rank, back } = ranks;
  const outs = new Int32Array(count);
  const ins = new Int32Array(count);
  for (const edge of edges) {
    outs[edge.from] = at(outs, edge.from) + 1;
    ins[edge.to] = at(ins, edge.to) + 1;
  }
  // A wire through the group's border has more ends than are seen here.
  for (let item = 0; item < count; item++) {
    if (unit.pin[item] === ENTRY) outs[item] = 2;
    if (unit.pin[item] === EXIT) ins[item] = 2;
  }
  const skips = Uint8Array.from(edges, (edge) => (at(outs, edge.from) > 1 && at(ins, edge.to) > 1 ? 1 : 0));
  const span = Int32Array.from(edges, (edge, i) => (back[i] ? 0 : at(rank, edge.to) - at(rank, edge.from) - 1));
  // Skips of one wire share their bends; a branch has its own, so that it can stand where it is read.
  const chain = Float64Array.from(edges, (edge, i) => (skips[i] ? edge.wire : -1 - i));
  const limit = spanLimit(unit, chain, span);
  const lane = Uint8Array.from(edges, (_, i) => (back[i] || at(span, i) > limit ? 1 : 0));

  const reach = new Map<number, number>();
  edges.forEach((_, i) => {
    if (!lane[i] && at(span, i) > (reach.get(at(chain, i)) ?? 0)) reach.set(at(chain, i), at(span, i));
  });
  const first = new Map<number, number>();
  let total = count;
  for (const [key, bends] of reach) {
    first.set(key, total);
    total += bends;
  }

  const vertexRank = new Int32Array(total);
  vertexRank.set(rank);
  const width = new Float64Array(total);
  width.set(unit.width);
  const height = new Float64Array(total);
  height.set(unit.height);
  const segments: Segments = { upper: [], lower: [], upperAt: [], lowerAt: [], weight: [] };
  const firstBend = new Int32Array(edges.length).fill(-1);
  const lastSegment = new Int32Array(edges.length).fill(-1);
  const labelBend = new Int32Array(edges.length).fill(-1);
  const made = new Set<number>();
  edges.forEach((edge, i) => {
    if (lane[i]) return;
    const bends = at(span, i);
    const start = first.get(at(chain, i)) ?? -1;
    if (bends > 0) {
      firstBend[i] = start;
      const ends = skips[i] ? SKIP : PLAIN;
      if (!made.has(start)) add(segments, edge.from, start, edge.fromAt ?? 0, 0, ends);
      made.add(start);
      vertexRank[start] = at(rank, edge.from) + 1;
      for (let bend = start + 1; bend < start + bends; bend++) {
        if (made.has(bend)) continue;
        made.add(bend);
        vertexRank[bend] = at(vertexRank, bend - 1) + 1;
        add(segments, bend - 1, bend, 0, 0, INNER);
      }
      lastSegment[i] = add(segments, start + bends - 1, edge.to, 0, edge.toAt ?? Number.NaN, ends);
      if (edge.labelHeight > 0) {
        const bend = start + Math.floor((bends - 1) / 2);
        labelBend[i] = bend;
        width[bend] = edge.labelWidth;
        height[bend] = edge.labelHeight;
      }
    } else {
      lastSegment[i] = add(segments, edge.from, edge.to, edge.fromAt ?? 0, edge.toAt ?? Number.NaN, PLAIN);
    }
  });
  const upper = Int32Array.from(segments.upper);
  const lower = Int32Array.from(segments.lower);
  return {
    items: count,
    total,
    rows: ranks.rows,
    rank: vertexRank,
    width,
    height,
    upper,
    lower,
    upperAt: Float64Array.from(segments.upperAt),
    lowerAt: Float64Array.from(segments.lowerAt),
    weight: Uint8Array.from(segments.weight),
    down: listsBy(total, upper),
    up: listsBy(total, lower),
    firstBend,
    lastSegment,
    labelBend,
    lane,
  };
}

interface Segments {
  readonly upper: number[];
  readonly lower: number[];
  readonly upperAt: number[];
  readonly lowerAt: number[];
  readonly weight: number[];
}

function add(segments: Segments, upper: number, lower: number, upperAt: number, lowerAt: number, weight: number): number {
  segments.upper.push(upper);
  segments.lower.push(lower);
  segments.upperAt.push(upperAt);
  segments.lowerAt.push(lowerAt);
  segments.weight.push(weight);
  return segments.upper.length - 1;
}

/** The longest way through rows that may have bends, so that bends stay in proportion to items and edges. */
function spanLimit(unit: Unit, chain: Float64Array, span: Int32Array): number {
  const budget = 2000 + 3 * (unit.count + unit.edges.length);
  const longest = new Map<number, number>();
  chain.forEach((key, i) => {
    longest.set(key, Math.max(longest.get(key) ?? 0, at(span, i)));
  });
  const spans = [...longest.values()];
  const bends = (limit: number) => spans.reduce((sum, length) => sum + (length <= limit ? length : 0), 0);
  let low = 0;
  let high = spans.reduce((most, length) => Math.max(most, length), 0);
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (bends(middle) <= budget) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** After the order of rows is known: inputs of one box arrive beside each other, the plain one in the middle. */
export function spreadInputs(layered: Layered, unit: Unit, position: Int32Array): void {
  for (let item = 0; item < layered.items; item++) {
    const start = at(layered.up.start, item);
    const end = at(layered.up.start, item + 1);
    const arriving: number[] = [];
    for (let i = start; i < end; i++) {
      const segment = at(layered.up.list, i);
      if (Number.isNaN(at(layered.lowerAt, segment))) arriving.push(segment);
    }
    if (arriving.length === 0) continue;
    arriving.sort((a, b) => at(position, at(layered.upper, a)) - at(position, at(layered.upper, b)) || a - b);
    const plain = arriving.filter((segment) => at(layered.weight, segment) === PLAIN);
    const room = Math.max(0, at(unit.width, item) - 24);
    const step = arriving.length < 2 ? 0 : Math.min(SPACING.port, room / (arriving.length - 1));
    const middle = plain.length === 1 ? arriving.indexOf(plain[0] as number) : (arriving.length - 1) / 2;
    arriving.forEach((segment, i) => {
      const offset = (i - middle) * step;
      layered.lowerAt[segment] = Math.max(-room / 2, Math.min(room / 2, offset));
    });
  }
}
