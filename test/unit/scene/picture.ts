import type { Layout, LayoutBox, LayoutEdge, PlacedBox } from '../../../worker/scene/layout.ts';

/** What is wrong with a drawing, in words; empty where it keeps the rules of the layout. */
export function faults(boxes: readonly LayoutBox[], edges: readonly LayoutEdge[], layout: Layout): string[] {
  return [...overlaps(boxes, layout), ...spills(boxes, layout), ...strays(boxes, edges, layout)];
}

/** Boxes of one level that lie on each other, by a sweep over their left borders. */
function overlaps(boxes: readonly LayoutBox[], layout: Layout): string[] {
  const found: string[] = [];
  const levels = new Map<number, number[]>();
  boxes.forEach((box, i) => {
    const level = levels.get(box.parent);
    if (level === undefined) levels.set(box.parent, [i]);
    else level.push(i);
  });
  for (const members of levels.values()) {
    members.sort((a, b) => place(layout, a).x - place(layout, b).x);
    const open = new Set<number>();
    for (const i of members) {
      const a = place(layout, i);
      for (const k of open) {
        const b = place(layout, k);
        if (b.x + b.width <= a.x) open.delete(k);
        else if (a.y < b.y + b.height && b.y < a.y + a.height) found.push(`${i} lies on ${k}`);
      }
      open.add(i);
    }
  }
  return found;
}

/** Boxes outside the group or the picture that holds them. */
function spills(boxes: readonly LayoutBox[], layout: Layout): string[] {
  return boxes.flatMap((box, i) => {
    const inner = place(layout, i);
    const outer = box.parent < 0 ? { x: 0, y: 0, width: layout.width, height: layout.height } : place(layout, box.parent);
    const inside =
      inner.x >= outer.x &&
      inner.y >= outer.y &&
      inner.x + inner.width <= outer.x + outer.width + 0.01 &&
      inner.y + inner.height <= outer.y + outer.height + 0.01;
    return inside ? [] : [`${i} leaves ${box.parent}`];
  });
}

/** Wires that do not join their boxes, and upright stretches that run through a box. */
function strays(boxes: readonly LayoutBox[], edges: readonly LayoutEdge[], layout: Layout): string[] {
  const found: string[] = [];
  edges.forEach((edge, i) => {
    const points = layout.edges[i]?.points ?? [];
    const first = points[0];
    const last = points.at(-1);
    const from = place(layout, edge.from);
    const to = place(layout, edge.to);
    if (first === undefined || last === undefined) {
      found.push(`edge ${i} has no points`);
      return;
    }
    if (first[1] !== from.y + from.height || first[0] < from.x || first[0] > from.x + from.width)
      found.push(`edge ${i} does not leave ${edge.from}`);
    if (last[1] !== to.y || last[0] < to.x || last[0] > to.x + to.width) found.push(`edge ${i} does not reach ${edge.to}`);
    for (let k = 1; k < points.length; k++) {
      const [x, top] = points[k - 1] as readonly [number, number];
      const [right, bottom] = points[k] as readonly [number, number];
      if (x !== right) continue;
      boxes.forEach((box, b) => {
        const { x: left, y, width, height } = place(layout, b);
        if (!box.open && left < x && x < left + width && Math.min(top, bottom) < y + height && y < Math.max(top, bottom)) {
          found.push(`edge ${i} runs through ${b}`);
        }
      });
    }
  });
  return found;
}

/** Edges that arrive above the place they left from. */
export function rising(edges: readonly LayoutEdge[], layout: Layout): number[] {
  return edges.flatMap((edge, i) => {
    const from = place(layout, edge.from);
    return from.y + from.height > place(layout, edge.to).y ? [i] : [];
  });
}

export function place(layout: Layout, box: number): PlacedBox {
  const placed = layout.boxes[box];
  if (placed === undefined) throw new Error(`Box ${box} was not placed.`);
  return placed;
}
