import type { Breather } from '../breathe.ts';
import { at } from './csr.ts';
import { assignLanes } from './lanes.ts';
import { type Layered, layer, spreadInputs } from './layered.ts';
import { orderRows, type RowOrder } from './order.ts';
import { placeRows } from './place.ts';
import { rankItems } from './rank.ts';
import { ENTRY, EXIT, extendExits, grid, SPACING, type Unit, type UnitLayout } from './unit.ts';

/** Room left and right of what a group holds, and below it. */
const PADDING = { side: 16, bottom: 16 } as const;
/** How far the bend of a wire may reach into a group's title row. */
const TITLE_LAP = 8;
/** A lane needs this much of a gap between rows to turn in. */
const LANE_TURN = 24;

/** Lays out one connected unit: rows, order within rows, places, ways of the wires. Near-linear. */
export async function layoutConnected(unit: Unit, breath: Breather): Promise<UnitLayout> {
  const ranks = rankItems(unit);
  const layered = layer(unit, ranks);
  if (breath.due()) await breath.rest();
  const order = await orderRows(layered, breath);
  spreadInputs(layered, unit, order.position);
  const middles = await placeRows(layered, order, breath);
  const side = unit.header > 0 ? PADDING.side : 0;
  const right = shiftRight(layered, middles, side);
  const bands = rowBands(unit, layered, order, middles);
  const lanes = assignLanes(unit, layered, right + SPACING.item);

  const x = new Float64Array(unit.count);
  const y = new Float64Array(unit.count);
  for (let item = 0; item < unit.count; item++) {
    const band = bands.rows[at(layered.rank, item)] as Band;
    x[item] = at(middles, item) - at(unit.width, item) / 2;
    y[item] = unit.pin[item] === ENTRY ? band.top : Math.round((band.top + band.bottom - at(unit.height, item)) / 2);
  }
  const routes = unit.edges.map((edge, i) => {
    const points: number[] = [];
    const start = at(middles, edge.from) + (edge.fromAt ?? 0);
    points.push(start, at(y, edge.from) + at(unit.height, edge.from) - at(unit.tail, edge.from));
    points.push(start, bands.bottom(at(layered.rank, edge.from)));
    let end: number;
    if (layered.lane[i]) {
      const aside = Math.min(SPACING.port, Math.max(0, at(unit.width, edge.to) / 2 - 12));
      end = at(middles, edge.to) + (edge.toAt ?? aside);
      const lane = at(lanes.x, i);
      points.push(lane, bands.top(at(layered.rank, edge.from) + 1), lane, bands.bottom(at(layered.rank, edge.to) - 1));
    } else {
      const first = at(layered.firstBend, i);
      const bends = first < 0 ? 0 : at(layered.rank, edge.to) - at(layered.rank, edge.from) - 1;
      for (let bend = first; bend < first + bends; bend++) {
        const row = at(layered.rank, bend);
        points.push(at(middles, bend), bands.top(row), at(middles, bend), bands.bottom(row));
      }
      end = at(middles, edge.to) + at(layered.lowerAt, at(layered.lastSegment, i));
    }
    points.push(end, bands.top(at(layered.rank, edge.to)), end, at(y, edge.to));
    return Float64Array.from(withoutMiddles(points));
  });
  const labels = unit.edges.map((_, i) => {
    const bend = at(layered.labelBend, i);
    if (bend < 0) return null;
    const row = at(layered.rank, bend);
    return [at(middles, bend), (bands.top(row) + bands.bottom(row)) / 2] as const;
  });
  const drawnRight = Math.max(right, lanes.right);
  const height = grid(bands.height);
  extendExits(unit, y, routes, height);
  return { width: grid(drawnRight + side), height, x, y, routes, labels };
}

/** Moves everything so that it starts at `side`; returns where it ends. Places are rounded to whole pixels. */
function shiftRight(layered: Layered, middles: Float64Array, side: number): number {
  let left = Number.POSITIVE_INFINITY;
  for (let vertex = 0; vertex < layered.total; vertex++) left = Math.min(left, at(middles, vertex) - at(layered.width, vertex) / 2);
  let right = 0;
  for (let vertex = 0; vertex < layered.total; vertex++) {
    const half = at(layered.width, vertex) / 2;
    middles[vertex] = Math.round(at(middles, vertex) - half - left) + half + side;
    right = Math.max(right, at(middles, vertex) + half);
  }
  return right;
}

interface Band {
  readonly top: number;
  readonly bottom: number;
}

/** Rows from top to bottom; gaps grow with the widest sideways run in them. */
function rowBands(unit: Unit, layered: Layered, order: RowOrder, middles: Float64Array) {
  const entries = unit.pin.includes(ENTRY);
  const turns = new Uint8Array(layered.rows + 1);
  unit.edges.forEach((edge, i) => {
    if (!layered.lane[i]) return;
    turns[at(layered.rank, edge.from) + 1] = 1;
    turns[at(layered.rank, edge.to)] = 1;
  });
  const sideways = new Float64Array(layered.rows + 1);
  for (let segment = 0; segment < layered.upper.length; segment++) {
    const upper = at(layered.upper, segment);
    const lower = at(layered.lower, segment);
    const run = Math.abs(at(middles, upper) + at(layered.upperAt, segment) - at(middles, lower) - at(layered.lowerAt, segment));
    const row = at(layered.rank, lower);
    if (run > at(sideways, row)) sideways[row] = run;
  }
  const rows: Band[] = [];
  let y = entries ? 0 : unit.header;
  if (turns[0]) y += LANE_TURN;
  for (let r = 0; r < layered.rows; r++) {
    if (r > 0) {
      const gap = SPACING.row + Math.min(SPACING.rowMore, at(sideways, r) * 0.08);
      y += Math.max(gap, turns[r] ? LANE_TURN : 0);
    }
    // Wires cross the title row upright; they part below it.
    let height = r === 0 && entries ? Math.max(0, unit.header - TITLE_LAP) : 0;
    for (const vertex of order.rows[r] as Int32Array) height = Math.max(height, at(layered.height, vertex));
    y = Math.round(y);
    rows.push({ top: y, bottom: y + height });
    y += height;
  }
  const last = y;
  const exits = unit.pin.includes(EXIT);
  let height = last;
  if (turns[layered.rows]) height += LANE_TURN;
  if (unit.header > 0 && !exits) height += PADDING.bottom;
  return {
    rows,
    height,
    top: (row: number) => (row < layered.rows ? (rows[row] as Band).top : last + LANE_TURN),
    bottom: (row: number) => (row >= 0 ? (rows[row] as Band).bottom : (rows[0] as Band).top - LANE_TURN),
  };
}

/** Drops points on the straight upright line between their neighbours. */
function withoutMiddles(points: readonly number[]): number[] {
  const kept: number[] = [];
  for (let i = 0; i < points.length; i += 2) {
    const x = points[i] as number;
    const y = points[i + 1] as number;
    const n = kept.length;
    if (n >= 2 && kept[n - 2] === x && kept[n - 1] === y) continue;
    if (n >= 4 && kept[n - 2] === x && kept[n - 4] === x) kept[n - 1] = y;
    else kept.push(x, y);
  }
  return kept;
}
