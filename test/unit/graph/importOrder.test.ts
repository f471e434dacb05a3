import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { importOrder } from '../../../worker/graph/importOrder.ts';

const op = (name: string, inputs: readonly string[] = [], controls: readonly string[] = [], kind = 'Op') =>
  GraphNode.make({ name, op: kind, inputs, controls });
const names = (graph: Graph) => graph.nodes.map((node) => node.name);

describe('importOrder', () => {
  it('takes the ready node that stands first in the list', () => {
    const graph = new Graph([op('d', ['b', 'c']), op('c', ['a']), op('e'), op('a'), op('b', ['a:1'])]);
    expect(names(importOrder(graph))).toEqual(['e', 'a', 'c', 'b', 'd']);
  });

  it('waits for control inputs and for every use of one producer', () => {
    const graph = new Graph([op('late', ['a', 'a'], ['z']), op('a'), op('z')]);
    expect(names(importOrder(graph))).toEqual(['a', 'z', 'late']);
  });

  it('hands back the same graph where nothing moves', () => {
    const graph = new Graph([op('a'), op('b', ['a'])]);
    expect(importOrder(graph)).toBe(graph);
  });

  it('names a node of a cycle, and lets while loops go round', () => {
    expect(() => importOrder(new Graph([op('a', ['b']), op('b', ['a'])]))).toThrow(/cycle/);
    const loop = new Graph([op('enter'), op('merge', ['enter', 'next'], [], 'Merge'), op('next', ['merge'], [], 'NextIteration')]);
    expect(names(importOrder(loop))).toEqual(['enter', 'merge', 'next']);
  });

  it('equals the definition on random graphs, without recursion over depth', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000)), { maxLength: 60 }), (rows) => {
        const nodes = rows.map(([a, b], i) => op(`n${i}`, i === 0 ? [] : [`n${a % i}`, `n${b % i}`]));
        const order = rows.map(([, , key], i) => ({ key, i })).sort((a, b) => a.key - b.key);
        const shuffled = new Graph(order.flatMap(({ i }) => nodes[i] ?? []));
        const left = [...shuffled.nodes];
        const done = new Set<string>();
        const expected: string[] = [];
        while (left.length > 0) {
          const at = left.findIndex((node) => node.edges.every((edge) => done.has(edge.node)));
          const [next] = left.splice(at, 1);
          if (next !== undefined) expected.push(next.name);
          if (next !== undefined) done.add(next.name);
        }
        expect(names(importOrder(shuffled))).toEqual(expected);
      }),
    );
    const deep = new Graph(Array.from({ length: 50_000 }, (_, i) => op(`n${i}`, i === 49_999 ? [] : [`n${i + 1}`])));
    expect(importOrder(deep).nodes[0]?.name).toBe('n49999');
  });
});
