import { at } from './csr.ts';
import type { Layered } from './layered.ts';
import { SPACING, type Unit } from './unit.ts';

export interface Lanes {
  /** Per edge: where its lane runs; 0 for edges without. */
  readonly x: Float64Array;
  readonly right: number;
}

/** Upright lanes right of everything, one per wire and direction, a lane used again below where one ended. Linear in edges and rows. */
export function assignLanes(unit: Unit, layered: Layered, left: number): Lanes {
  const x = new Float64Array(unit.edges.length);
  const spans = new Map<string, { first: number; last: number; readonly edges: number[] }>();
  unit.edges.forEach((edge, i) => {
    if (!layered.lane[i]) return;
    const from = at(layered.rank, edge.from) + 1;
    const to = at(layered.rank, edge.to);
    const key = `${edge.wire} ${to < from ? 'up' : 'down'}`;
    const span = spans.get(key);
    if (span === undefined) spans.set(key, { first: Math.min(from, to), last: Math.max(from, to), edges: [i] });
    else {
      span.first = Math.min(span.first, to);
      span.last = Math.max(span.last, to);
      span.edges.push(i);
    }
  });
  const sorted = [...spans.values()].sort((a, b) => a.first - b.first || b.last - a.last);
  const ending = new Map<number, number[]>();
  const free: number[] = [];
  let lanes = 0;
  let row = 0;
  for (const span of sorted) {
    for (; row < span.first; row++) free.push(...(ending.get(row) ?? []));
    const lane = free.pop() ?? lanes++;
    const list = ending.get(span.last);
    if (list === undefined) ending.set(span.last, [lane]);
    else list.push(lane);
    for (const edge of span.edges) x[edge] = left + lane * SPACING.lane;
  }
  return { x, right: lanes === 0 ? 0 : left + lanes * SPACING.lane };
}
