import { type Breather, breather } from './breathe.ts';
import { at } from './layout/csr.ts';
import { layoutUnit } from './layout/parts.ts';
import { ENTRY, EXIT, type Unit, type UnitEdge, type UnitLayout } from './layout/unit.ts';

/** A box to place, or an open group around boxes. Lengths in pixels. */
export interface LayoutBox {
  /** Of an open group: the least width, for its title. */
  readonly width: number;
  /** Of an open group: height of its title row. */
  readonly height: number;
  /** Room for a tag and a label under the box; 0 for open groups. */
  readonly tail: number;
  /** Index of the open group around it, -1 at the top. */
  readonly parent: number;
  readonly open: boolean;
}

/** A wire between two boxes that are not open groups. Wires from one box run together as long as they can. */
export interface LayoutEdge {
  readonly from: number;
  readonly to: number;
  /** Room for a tag on the wire itself, 0 for none; such a wire runs alone. */
  readonly labelWidth: number;
  readonly labelHeight: number;
}

export interface PlacedBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedEdge {
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Middle of the room for its tag. */
  readonly label: readonly [x: number, y: number] | null;
}

export interface Layout {
  readonly boxes: readonly PlacedBox[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

/**
 * Layered layout, top to bottom: no box on another, open groups around what they hold, wires around boxes. Each open group is laid out
 * as a unit, deepest first; wires enter at its upper and leave at its lower border. Same input, same picture. Near-linear in boxes and
 * edges; gives way at least every 50 ms. Boxes are read in the order given where the graph leaves the choice.
 *
 * @throws GraffitistError `cancelled`
 */
export async function layoutGraph(
  boxes: readonly LayoutBox[],
  edges: readonly LayoutEdge[],
  breath: Breather = breather(),
): Promise<Layout> {
  const depth = depths(boxes);
  const units = new Units(boxes);
  const ways = edges.map((edge, i) => units.route(edge, i, depth));
  const groups = boxes.flatMap((box, i) => (box.open ? [i] : [])).sort((a, b) => at(depth, b) - at(depth, a) || a - b);
  for (const group of [...groups, ROOT]) {
    await units.get(group).layOut(units, breath);
    if (breath.due()) await breath.rest();
  }
  return assemble(boxes, edges, ways, units, groups);
}

const ROOT = -1;

/** A stretch of an edge inside one unit. */
interface Stretch {
  readonly unit: number;
  readonly edge: number;
}

class Units {
  readonly boxes: readonly LayoutBox[];
  readonly #byGroup = new Map<number, UnitBuilder>();

  constructor(boxes: readonly LayoutBox[]) {
    this.boxes = boxes;
    this.#byGroup.set(ROOT, new UnitBuilder(ROOT, 0));
    boxes.forEach((box, i) => {
      if (box.open) this.#byGroup.set(i, new UnitBuilder(i, box.height));
    });
    boxes.forEach((box, i) => {
      this.get(box.parent).addBox(i);
    });
  }

  get(group: number): UnitBuilder {
    const unit = this.#byGroup.get(group);
    if (unit === undefined) throw new RangeError(`Box ${group} holds boxes and is not an open group.`);
    return unit;
  }

  /**
   * Cuts an edge at the borders of the groups that it crosses. All edges of one box are one wire; only in the unit of its target a
   * tagged edge runs alone.
   */
  route(edge: LayoutEdge, index: number, depth: Int32Array): Stretch[] {
    const wire = edge.from;
    const own = edge.labelHeight > 0 ? { wire: this.boxes.length + index, label: edge } : { wire, label: null };
    const up: Stretch[] = [];
    const down: Stretch[] = [];
    let from = edge.from;
    let to = edge.to;
    while (this.#parent(from) !== this.#parent(to)) {
      if (depthOf(depth, this.#parent(from)) >= depthOf(depth, this.#parent(to))) {
        const unit = this.get(this.#parent(from));
        up.push(unit.connect(unit.item(from), unit.port(EXIT, wire), wire, this.#exitOf(from, wire), null));
        from = this.#parent(from);
      } else {
        const unit = this.get(this.#parent(to));
        const last = to === edge.to ? own : { wire, label: null };
        down.push(unit.connect(unit.port(ENTRY, wire), unit.item(to), last.wire, null, this.#entryOf(to, wire), last.label));
        to = this.#parent(to);
      }
    }
    const unit = this.get(this.#parent(from));
    const last = to === edge.to ? own : { wire, label: null };
    const middle = unit.connect(unit.item(from), unit.item(to), last.wire, this.#exitOf(from, wire), this.#entryOf(to, wire), last.label);
    return [...up, middle, ...down.reverse()];
  }

  #parent(box: number): number {
    return (this.boxes[box] as LayoutBox).parent;
  }

  #exitOf(box: number, wire: number): PortRef | null {
    return (this.boxes[box] as LayoutBox).open ? { group: box, item: this.get(box).port(EXIT, wire) } : null;
  }

  #entryOf(box: number, wire: number): PortRef | null {
    return (this.boxes[box] as LayoutBox).open ? { group: box, item: this.get(box).port(ENTRY, wire) } : null;
  }
}

interface PortRef {
  readonly group: number;
  readonly item: number;
}

interface Connection {
  readonly from: number;
  readonly to: number;
  readonly wire: number;
  readonly fromPort: PortRef | null;
  readonly toPort: PortRef | null;
  readonly label: LayoutEdge | null;
}

/** One level in the making: its boxes first, then the ports on its border, then the wires between them. */
class UnitBuilder {
  readonly group: number;
  readonly header: number;
  readonly members: number[] = [];
  readonly #items = new Map<number, number>();
  readonly #ports = new Map<string, number>();
  readonly #pins: number[] = [];
  readonly #connections: Connection[] = [];
  readonly #known = new Map<string, number>();
  layout: UnitLayout | undefined;

  constructor(group: number, header: number) {
    this.group = group;
    this.header = header;
  }

  addBox(box: number): void {
    this.#items.set(box, this.members.length);
    this.members.push(box);
  }

  item(box: number): number {
    return this.#items.get(box) as number;
  }

  /** The port of a wire on the border; all boxes are known before the first port is asked for. */
  port(pin: number, wire: number): number {
    const key = `${pin} ${wire}`;
    const known = this.#ports.get(key);
    if (known !== undefined) return known;
    const item = this.members.length + this.#pins.length;
    this.#pins.push(pin);
    this.#ports.set(key, item);
    return item;
  }

  connect(
    from: number,
    to: number,
    wire: number,
    fromPort: PortRef | null,
    toPort: PortRef | null,
    label: LayoutEdge | null = null,
  ): Stretch {
    const key = `${wire} ${to}`;
    let edge = this.#known.get(key);
    if (edge === undefined) {
      edge = this.#connections.length;
      this.#known.set(key, edge);
      this.#connections.push({ from, to, wire, fromPort, toPort, label });
    }
    return { unit: this.group, edge };
  }

  async layOut(units: Units, breath: Breather): Promise<void> {
    const count = this.members.length + this.#pins.length;
    const width = new Float64Array(count);
    const height = new Float64Array(count);
    const tail = new Float64Array(count);
    this.members.forEach((index, item) => {
      const box = units.boxes[index] as LayoutBox;
      const inner = box.open ? units.get(index).layout : undefined;
      width[item] = inner?.width ?? box.width;
      height[item] = (inner?.height ?? box.height) + box.tail;
      tail[item] = box.tail;
    });
    const unit: Unit = {
      count,
      width,
      height,
      tail,
      pin: Uint8Array.from({ length: count }, (_, item) => this.#pins[item - this.members.length] ?? 0),
      edges: this.#connections.map((connection) => unitEdge(connection, units)),
      header: this.header,
    };
    const least = this.group === ROOT ? 0 : (units.boxes[this.group] as LayoutBox).width;
    this.layout = widen(await layoutUnit(unit, breath), least);
  }
}

function unitEdge(connection: Connection, units: Units): UnitEdge {
  const aside = (port: PortRef | null) => {
    const layout = port === null ? undefined : units.get(port.group).layout;
    return port === null || layout === undefined ? null : at(layout.x, port.item) - layout.width / 2;
  };
  return {
    from: connection.from,
    to: connection.to,
    wire: connection.wire,
    fromAt: aside(connection.fromPort),
    toAt: aside(connection.toPort),
    labelWidth: connection.label?.labelWidth ?? 0,
    labelHeight: connection.label?.labelHeight ?? 0,
  };
}

/** A group is at least as wide as its title; what it holds then stands in the middle. */
function widen(layout: UnitLayout, least: number): UnitLayout {
  if (layout.width >= least) return layout;
  const aside = Math.floor((least - layout.width) / 2);
  return {
    ...layout,
    width: least,
    x: layout.x.map((x) => x + aside),
    routes: layout.routes.map((route) => route.map((value, i) => (i % 2 === 0 ? value + aside : value))),
    labels: layout.labels.map((label) => (label === null ? null : ([label[0] + aside, label[1]] as const))),
  };
}

function assemble(
  boxes: readonly LayoutBox[],
  edges: readonly LayoutEdge[],
  ways: readonly (readonly Stretch[])[],
  units: Units,
  groups: readonly number[],
): Layout {
  const placed: PlacedBox[] = new Array(boxes.length);
  const origin = (group: number) => (group === ROOT ? { x: 0, y: 0 } : (placed[group] as PlacedBox));
  for (const group of [ROOT, ...[...groups].reverse()]) {
    const unit = units.get(group);
    const layout = unit.layout as UnitLayout;
    const { x, y } = origin(group);
    unit.members.forEach((index, item) => {
      const box = boxes[index] as LayoutBox;
      const inner = box.open ? units.get(index).layout : undefined;
      placed[index] = {
        x: x + at(layout.x, item),
        y: y + at(layout.y, item),
        width: inner?.width ?? box.width,
        height: inner?.height ?? box.height,
      };
    });
  }
  const drawn = edges.map((_, i): PlacedEdge => {
    const points: [number, number][] = [];
    let label: readonly [number, number] | null = null;
    for (const stretch of ways[i] as readonly Stretch[]) {
      const layout = units.get(stretch.unit).layout as UnitLayout;
      const { x, y } = origin(stretch.unit);
      const route = layout.routes[stretch.edge] as Float64Array;
      for (let k = 0; k < route.length; k += 2) append(points, at(route, k) + x, at(route, k + 1) + y);
      const here = layout.labels[stretch.edge] ?? null;
      if (here !== null) label = [here[0] + x, here[1] + y];
    }
    return { points, label };
  });
  const root = units.get(ROOT).layout as UnitLayout;
  return { boxes: placed, edges: drawn, width: root.width, height: root.height };
}

/** Joins stretches: no doubled points, no points within an upright line. */
function append(points: [number, number][], x: number, y: number): void {
  const last = points.at(-1);
  const before = points.at(-2);
  if (last !== undefined && last[0] === x && last[1] === y) return;
  if (last !== undefined && before !== undefined && last[0] === x && before[0] === x && y > last[1]) last[1] = y;
  else points.push([x, y]);
}

/** Depth of each box: 0 at the top. */
function depths(boxes: readonly LayoutBox[]): Int32Array {
  const depth = new Int32Array(boxes.length).fill(-1);
  boxes.forEach((_, index) => {
    const path: number[] = [];
    let box = index;
    while (box !== ROOT && depth[box] === -1) {
      path.push(box);
      box = (boxes[box] as LayoutBox).parent;
    }
    let next = box === ROOT ? 0 : at(depth, box) + 1;
    for (let i = path.length - 1; i >= 0; i--) depth[path[i] as number] = next++;
  });
  return depth;
}

function depthOf(depth: Int32Array, group: number): number {
  return group === ROOT ? -1 : at(depth, group);
}
