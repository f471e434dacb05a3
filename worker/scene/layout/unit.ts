/**
 * One level of the picture: boxes side by side and below each other, without anything inside them. Open groups are laid out as units of
 * their own first (see ../layout.ts) and stand here as one item.
 */

/** Where an item must lie: anywhere, on the group's upper border (a wire comes in) or on its lower border (a wire goes out). */
export const FREE = 0;
export const ENTRY = 1;
export const EXIT = 2;

/** Items are numbered in the order in which they should be read where the graph leaves the choice. Lengths in pixels. */
export interface Unit {
  readonly count: number;
  readonly width: Float64Array;
  /** Including `tail`. */
  readonly height: Float64Array;
  /** Room under the box, part of its height: a tag and a label hang there. */
  readonly tail: Float64Array;
  readonly pin: Uint8Array;
  readonly edges: readonly UnitEdge[];
  /** Height of the group's title row, left free above the first row; 0 where there is no group. */
  readonly header: number;
}

/** A wire's way between two items. `wire` names the signal: edges of one signal share their way as long as they can. */
export interface UnitEdge {
  readonly from: number;
  readonly to: number;
  readonly wire: number;
  /** Where it leaves and arrives, from the middle of the item; `null`: the layout chooses. */
  readonly fromAt: number | null;
  readonly toAt: number | null;
  /** Room for a tag on the wire itself; 0 for none. */
  readonly labelWidth: number;
  readonly labelHeight: number;
}

export interface UnitLayout {
  readonly width: number;
  readonly height: number;
  /** Upper left corners. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  /** Per edge: x, y, x, y … from the lower border of `from` to the upper border of `to`. */
  readonly routes: readonly Float64Array[];
  /** Per edge: middle of the room for its tag, or null. */
  readonly labels: readonly (readonly [number, number] | null)[];
}

/** Distances of the drawing, in pixels on the grid of 4. */
export const SPACING = {
  /** Between boxes of one row. */
  item: 28,
  /** Beside a wire that passes boxes. */
  wire: 14,
  /** Between rows whose wires run straight. */
  row: 18,
  /** A row's gap grows with the widest sideways run in it, up to this much more. */
  rowMore: 44,
  /** Between wires in the lanes at the side. */
  lane: 10,
  /** Between the inputs of one box. */
  port: 20,
  /** Between parts that no wire joins. */
  part: 48,
} as const;

/** Up to the grid of 4, so that middles fall on whole pixels. */
export function grid(length: number): number {
  return Math.ceil(length / 4) * 4;
}

/** Wires out of the group reach its lower border, however high the other parts made it. */
export function extendExits(unit: Unit, y: Float64Array, routes: readonly Float64Array[], height: number): void {
  for (let item = 0; item < unit.count; item++) if (unit.pin[item] === EXIT) y[item] = height;
  unit.edges.forEach((edge, i) => {
    const route = routes[i] as Float64Array;
    if (unit.pin[edge.to] === EXIT && route.length > 0) route[route.length - 1] = height;
  });
}
