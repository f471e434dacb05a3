import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { syntheticNetwork } from '../../../bench/syntheticNetwork.ts';
import { type LayoutBox, type LayoutEdge, layoutGraph } from '../../../worker/scene/layout.ts';
import { faults, place, rising } from './picture.ts';

const box = (parent = -1): LayoutBox => ({ width: 204, height: 66, tail: 26, parent, open: false });
const group = (parent = -1): LayoutBox => ({ width: 160, height: 32, tail: 0, parent, open: true });
const wire = (from: number, to: number, tag = false): LayoutEdge => ({ from, to, labelWidth: tag ? 76 : 0, labelHeight: tag ? 24 : 0 });
const middle = (layout: Awaited<ReturnType<typeof layoutGraph>>, i: number) => place(layout, i).x + place(layout, i).width / 2;

describe('layered layout', () => {
  it('keeps a chain upright', async () => {
    const boxes = [box(), { ...box(), width: 96 }, box(), box()];
    const edges = [wire(0, 1), wire(1, 2), wire(2, 3)];
    const layout = await layoutGraph(boxes, edges);
    expect(new Set(boxes.map((_, i) => middle(layout, i))).size).toBe(1);
    expect(layout.edges.every(({ points }) => points.length === 2)).toBe(true);
  });

  it('keeps the main path of residual blocks upright and their skips at its right', async () => {
    const boxes = Array.from({ length: 9 }, () => box());
    const edges = [
      wire(0, 1),
      wire(1, 2),
      wire(2, 3),
      wire(0, 3, true),
      wire(3, 4),
      wire(4, 5),
      wire(5, 6),
      wire(3, 6),
      wire(6, 7),
      wire(7, 8),
    ];
    const layout = await layoutGraph(boxes, edges);
    expect(new Set(boxes.map((_, i) => middle(layout, i))).size).toBe(1);
    expect(layout.edges[3]?.label?.[0]).toBeGreaterThan(place(layout, 1).x + place(layout, 1).width);
    expect(faults(boxes, edges, layout)).toEqual([]);
  });

  it('draws a projection shortcut and its main path on both sides of their join', async () => {
    const boxes = [box(), box(), box(), box(), box(), box()];
    const edges = [wire(0, 1), wire(1, 2), wire(2, 3), wire(0, 4), wire(3, 5), wire(4, 5)];
    const layout = await layoutGraph(boxes, edges);
    expect(middle(layout, 0)).toBe(middle(layout, 5));
    expect(middle(layout, 1) + middle(layout, 4)).toBe(2 * middle(layout, 0));
    expect(place(layout, 4).y).toBe(place(layout, 2).y);
  });

  it('puts four branches side by side in reading order, fork and join in their middle', async () => {
    const boxes = Array.from({ length: 9 }, () => box());
    const edges = [wire(0, 1), wire(0, 2), wire(0, 3), wire(0, 4), wire(2, 5), wire(3, 6), wire(6, 7)];
    const join = 8;
    const layout = await layoutGraph(boxes, [...edges, wire(1, join), wire(5, join), wire(7, join), wire(4, join)]);
    const order = [1, 2, 3, 4].map((i) => middle(layout, i));
    expect(order).toEqual(order.toSorted((a, b) => a - b));
    expect(middle(layout, 0)).toBe(middle(layout, join));
    expect(middle(layout, 2)).toBe(middle(layout, 5));
    expect(middle(layout, 3)).toBe(middle(layout, 7));
  });

  it('lays out open groups around what they hold and lets wires pass their borders upright', async () => {
    const boxes = [box(), group(), box(1), box(1), group(1), box(4), box(4), box()];
    const edges = [wire(0, 2), wire(2, 3), wire(3, 5), wire(5, 6), wire(2, 6), wire(6, 7), wire(0, 7)];
    const layout = await layoutGraph(boxes, edges);
    expect(faults(boxes, edges, layout)).toEqual([]);
    expect(rising(edges, layout)).toEqual([]);
    expect(middle(layout, 0)).toBe(middle(layout, 7));
  });

  it('puts constants beside their reader, not into the first row', async () => {
    const boxes = Array.from({ length: 7 }, () => box());
    const edges = [wire(0, 1), wire(1, 2), wire(2, 3), wire(4, 5), wire(5, 3), wire(6, 5)];
    const layout = await layoutGraph(boxes, edges);
    expect(place(layout, 5).y).toBe(place(layout, 2).y);
    expect(place(layout, 4).y).toBe(place(layout, 1).y);
  });

  it('draws a loop: one wire rises, at the side', async () => {
    const boxes = [box(), box(), box(), box()];
    const edges = [wire(0, 1), wire(1, 2), wire(2, 1), wire(2, 3), wire(3, 3)];
    const layout = await layoutGraph(boxes, edges);
    expect(rising(edges, layout)).toEqual([2, 4]);
    expect(faults(boxes, edges, layout)).toEqual([]);
  });

  it('draws nothing, one box and boxes without wires', async () => {
    expect(await layoutGraph([], [])).toMatchObject({ width: 0, height: 0, boxes: [], edges: [] });
    const boxes = [group(), ...Array.from({ length: 30 }, () => box(0)), box(), box(), group()];
    const layout = await layoutGraph(boxes, [wire(1, 2), wire(31, 2)]);
    expect(faults(boxes, [wire(1, 2), wire(31, 2)], layout)).toEqual([]);
  });

  it('takes a hub with thousands of readers and a wire past thousands of rows', async () => {
    const boxes = Array.from({ length: 6000 }, () => box());
    const edges = [
      ...Array.from({ length: 2999 }, (_, i) => wire(i, i + 1)),
      ...Array.from({ length: 3000 }, (_, i) => wire(3000, i)),
      ...Array.from({ length: 2999 }, (_, i) => wire(i, 3001 + i)),
    ];
    const layout = await layoutGraph(boxes, edges);
    expect(rising(edges, layout)).toEqual([]);
    expect(layout.edges.length).toBe(edges.length);
  });

  it('takes groups nested thousands deep', async () => {
    const boxes: LayoutBox[] = Array.from({ length: 3000 }, (_, i) => group(i - 1));
    boxes.push(box(2999), box(2999), box());
    const edges = [wire(3000, 3001), wire(3001, 3002)];
    const layout = await layoutGraph(boxes, edges);
    expect(faults(boxes, [], layout)).toEqual([]);
    expect(rising(edges, layout)).toEqual([]);
  });

  it('gives the same picture for the same input', async () => {
    const { boxes, edges } = syntheticNetwork(800, 7, true);
    expect(await layoutGraph(boxes, edges)).toEqual(await layoutGraph(boxes, edges));
  });

  it.each([
    [1, false],
    [2, true],
  ])('draws a large network without faults (seed %d, groups %s)', async (seed, groups) => {
    const { boxes, edges } = syntheticNetwork(1500, seed, groups);
    const layout = await layoutGraph(boxes, edges);
    expect(faults(boxes, edges, layout)).toEqual([]);
    expect(rising(edges, layout)).toEqual([]);
  });

  it('ends when it is no longer wanted', async () => {
    const { boxes, edges } = syntheticNetwork(20_000, 1);
    const { breather } = await import('../../../worker/scene/breathe.ts');
    await expect(layoutGraph(boxes, edges, breather(AbortSignal.abort()))).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('draws any graph without faults; without cycles, nothing rises', async () => {
    const graphs = fc.integer({ min: 1, max: 24 }).chain((count) =>
      fc.record({
        // A group is named before what it holds.
        parents: fc.array(fc.tuple(fc.nat(count), fc.boolean()), { minLength: count, maxLength: count }),
        wires: fc.array(fc.tuple(fc.nat(count - 1), fc.nat(count - 1), fc.boolean()), { maxLength: 40 }),
        downward: fc.boolean(),
      }),
    );
    await fc.assert(
      fc.asyncProperty(graphs, async ({ parents, wires, downward }) => {
        const boxes: LayoutBox[] = [];
        const open: number[] = [];
        for (const [pick, isGroup] of parents) {
          const parent = downward ? -1 : (open[pick % (open.length + 1)] ?? -1);
          if (isGroup && !downward) open.push(boxes.length);
          boxes.push(isGroup && !downward ? group(parent) : box(parent));
        }
        const edges = wires
          .map(([a, b, tag]) => (downward ? wire(Math.min(a, b), Math.max(a, b), tag) : wire(a, b, tag)))
          .filter(({ from, to }) => !boxes[from]?.open && !boxes[to]?.open && (!downward || from !== to));
        const layout = await layoutGraph(boxes, edges);
        expect(faults(boxes, edges, layout)).toEqual([]);
        if (downward) expect(rising(edges, layout)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });
});
