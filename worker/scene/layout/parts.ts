import type { Breather } from '../breathe.ts';
import { layoutConnected } from './connected.ts';
import { at } from './csr.ts';
import { extendExits, FREE, grid, SPACING, type Unit, type UnitEdge, type UnitLayout } from './unit.ts';

/**
 * Lays out a unit whose parts may not be joined: each part for itself, then in shelves beside and below each other; lone items fill a
 * block. Parts that reach a group's borders stay together.
 */
export async function layoutUnit(unit: Unit, breath: Breather): Promise<UnitLayout> {
  const parts = split(unit);
  if (parts.length <= 1) return layoutConnected(unit, breath);
  const x = new Float64Array(unit.count);
  const y = new Float64Array(unit.count);
  const routes: Float64Array[] = unit.edges.map(() => new Float64Array());
  const labels: (readonly [number, number] | null)[] = unit.edges.map(() => null);
  const laid: { readonly part: Part; readonly layout: UnitLayout }[] = [];
  for (const part of parts) {
    const sub = subUnit(unit, part);
    laid.push({ part, layout: part.edges.length === 0 && part.items.length > 1 ? block(sub) : await layoutConnected(sub, breath) });
    if (breath.due()) await breath.rest();
  }
  const bounded = laid.filter(({ part }) => part.bounded);
  const loose = laid.filter(({ part }) => !part.bounded);
  if (bounded.length === 0) loose.sort((a, b) => b.layout.height - a.layout.height);
  const pad = unit.header > 0 ? 16 : 0;
  const put = (entry: (typeof laid)[number], left: number, top: number) => {
    entry.part.items.forEach((item, i) => {
      x[item] = at(entry.layout.x, i) + left;
      y[item] = at(entry.layout.y, i) + top;
    });
    entry.part.edges.forEach((edge, i) => {
      routes[edge] = (entry.layout.routes[i] as Float64Array).map((value, k) => value + (k % 2 === 0 ? left : top));
      const label = entry.layout.labels[i] ?? null;
      labels[edge] = label === null ? null : [label[0] + left, label[1] + top];
    });
  };
  let left = 0;
  let height = 0;
  for (const entry of bounded) {
    put(entry, 0, 0);
    left = entry.layout.width + (SPACING.part - pad);
    height = entry.layout.height;
  }
  const area = loose.reduce((sum, { layout }) => sum + (layout.width + SPACING.part) * (layout.height + SPACING.part), 0);
  const widest = loose.reduce((most, { layout }) => Math.max(most, layout.width), 0);
  const shelf = left + Math.max(widest, Math.sqrt(area * 1.5));
  let shelfTop = unit.header;
  let shelfHeight = 0;
  const start = left === 0 ? pad : left;
  let cursor = start;
  let right = left;
  for (const entry of loose) {
    if (cursor > start && cursor + entry.layout.width > shelf) {
      shelfTop += shelfHeight + SPACING.part;
      cursor = start;
      shelfHeight = 0;
    }
    put(entry, cursor, shelfTop);
    cursor += entry.layout.width + SPACING.part;
    right = Math.max(right, cursor - SPACING.part + pad);
    shelfHeight = Math.max(shelfHeight, entry.layout.height);
  }
  height = Math.max(height, shelfTop + shelfHeight + pad);
  height = grid(height);
  extendExits(unit, y, routes, height);
  return { width: grid(Math.max(left - (SPACING.part - pad), right)), height, x, y, routes, labels };
}

interface Part {
  readonly items: number[];
  readonly edges: number[];
  /** It holds a wire's way into or out of the group. */
  bounded: boolean;
}

/** Connected parts; all that reach a border are one, all lone items are one. */
function split(unit: Unit): Part[] {
  const parent = Int32Array.from({ length: unit.count }, (_, i) => i);
  const find = (item: number) => {
    let root = item;
    while (parent[root] !== root) root = at(parent, root);
    for (let i = item; parent[i] !== root; ) {
      const next = at(parent, i);
      parent[i] = root;
      i = next;
    }
    return root;
  };
  const degree = new Uint8Array(unit.count);
  for (const edge of unit.edges) {
    parent[find(edge.from)] = find(edge.to);
    degree[edge.from] = 1;
    degree[edge.to] = 1;
  }
  const parts = new Map<number, Part>();
  const bounded = -1;
  const lone = -2;
  const bound = new Set<number>();
  for (let item = 0; item < unit.count; item++) if (unit.pin[item] !== FREE) bound.add(find(item));
  const keyOf = (item: number) => (bound.has(find(item)) ? bounded : degree[item] === 0 ? lone : find(item));
  for (let item = 0; item < unit.count; item++) {
    const key = keyOf(item);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { items: [item], edges: [], bounded: key === bounded });
    else part.items.push(item);
  }
  unit.edges.forEach((edge, i) => {
    parts.get(keyOf(edge.from))?.edges.push(i);
  });
  return [...parts.values()];
}

/** A part as a unit of its own; only the part at the border keeps the title row. */
function subUnit(unit: Unit, part: Part): Unit {
  const index = new Map(part.items.map((item, i) => [item, i]));
  const pick = (array: Float64Array) => Float64Array.from(part.items, (item) => at(array, item));
  return {
    count: part.items.length,
    width: pick(unit.width),
    height: pick(unit.height),
    tail: pick(unit.tail),
    pin: Uint8Array.from(part.items, (item) => at(unit.pin, item)),
    edges: part.edges.map((i) => {
      const edge = unit.edges[i] as UnitEdge;
      return { ...edge, from: index.get(edge.from) as number, to: index.get(edge.to) as number };
    }),
    header: part.bounded ? unit.header : 0,
  };
}

/** Items without wires in rows, about as wide as high. */
function block(unit: Unit): UnitLayout {
  const x = new Float64Array(unit.count);
  const y = new Float64Array(unit.count);
  let area = 0;
  let widest = 0;
  for (let item = 0; item < unit.count; item++) {
    area += (at(unit.width, item) + SPACING.item) * (at(unit.height, item) + SPACING.row);
    widest = Math.max(widest, at(unit.width, item));
  }
  const limit = Math.max(widest, Math.sqrt(area * 1.5));
  let left = 0;
  let top = 0;
  let rowHeight = 0;
  let right = 0;
  for (let item = 0; item < unit.count; item++) {
    if (left > 0 && left + at(unit.width, item) > limit) {
      top += rowHeight + SPACING.row;
      left = 0;
      rowHeight = 0;
    }
    x[item] = left;
    y[item] = top;
    left += at(unit.width, item) + SPACING.item;
    right = Math.max(right, left - SPACING.item);
    rowHeight = Math.max(rowHeight, at(unit.height, item));
  }
  return { width: grid(right), height: grid(top + rowHeight), x, y, routes: [], labels: [] };
}
