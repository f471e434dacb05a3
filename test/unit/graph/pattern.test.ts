import { describe, expect, it } from 'vitest';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { any, inAnyOrder, matchAt, matches, node, oneOf, optional, where } from '../../../worker/graph/pattern.ts';

function graphOf(...lines: readonly string[]): Graph {
  return new Graph(
    lines.map((line) => {
      const [name = '', op = '', ...inputs] = line.split(' ');
      return GraphNode.make({ name, op, inputs });
    }),
  );
}

describe('pattern', () => {
  const graph = graphOf(
    'x Placeholder',
    'w Const',
    'b Const',
    'conv Conv2D x w',
    'add Add b conv',
    'relu Relu add',
    'bare Conv2D x w',
    'direct Relu bare',
  );

  it('captures nodes by name, inputs in any order', () => {
    const biased = node('add', ['Add', 'BiasAdd'], inAnyOrder(node('layer', 'Conv2D'), any('bias')));
    const [match, ...more] = [...matches(graph, biased)];
    expect(more).toEqual([]);
    expect(match?.layer.name).toBe('conv');
    expect(match?.bias.name).toBe('b');
    expect(match?.add.name).toBe('add');
    // @ts-expect-error a name that the pattern does not have
    expect(match?.addition).toBeUndefined();
  });

  it('sees through an optional node and says whether it was there', () => {
    const layer = node('relu', 'Relu', optional('add', 'Add', node('layer', 'Conv2D')));
    expect([...matches(graph, layer)].map((match) => [match.layer.name, match.add?.name])).toEqual([['bare', undefined]]);
    const swapped = graphOf('x Placeholder', 'w Const', 'b Const', 'conv Conv2D x w', 'add Add conv b', 'relu Relu add');
    expect([...matches(swapped, layer)].map((match) => [match.layer.name, match.add?.name])).toEqual([['conv', 'add']]);
  });

  it('takes the first permutation: two alike inputs bind the second as the pattern written last', () => {
    const both = graphOf('a Relu', 'b Relu', 'add Add a b');
    const match = matchAt(both, node('add', 'Add', inAnyOrder(any('other'), node('main', 'Relu'))), both.node('add'));
    expect([match?.other.name, match?.main.name]).toEqual(['a', 'b']);
  });

  it('wants the same tensor where a name stands twice', () => {
    const leaky = node(
      'max',
      'Maximum',
      inAnyOrder(node('scaled', 'Mul', inAnyOrder(any('alpha'), node('x', 'BiasAdd'))), node('x', 'BiasAdd')),
    );
    const good = graphOf('x BiasAdd', 'alpha Const', 'm Mul x alpha', 'max Maximum x m');
    const bad = graphOf('x BiasAdd', 'y BiasAdd', 'alpha Const', 'm Mul x alpha', 'max Maximum y m');
    expect([...matches(good, leaky)]).toHaveLength(1);
    expect([...matches(bad, leaky)]).toHaveLength(0);
  });

  it('forgets the captures of an alternative that failed', () => {
    const graph = graphOf('x Relu', 'y Const', 'add Add x y');
    const pattern = node('add', 'Add', oneOf(node('wrong', 'Relu', any()), node('right', 'Relu')), any());
    const match = matchAt(graph, pattern, graph.node('add'));
    expect(match?.wrong).toBeUndefined();
    // @ts-expect-error only one of the alternatives has it
    expect(() => match?.wrong.name).toThrow();
    expect(match?.right?.name).toBe('x');
  });

  it('reaches nodes through their first output only, and counts inputs', () => {
    const graph = graphOf('bn FusedBatchNorm', 'second Relu bn:1', 'add AddN bn bn bn');
    expect([...matches(graph, node('r', 'Relu', node('bn', 'FusedBatchNorm')))]).toEqual([]);
    expect([...matches(graph, node('add', 'AddN', any(), any()))]).toEqual([]);
    expect([...matches(graph, node('add', 'AddN', any('a'), any('b'), any('c')))]).toHaveLength(1);
  });

  it('takes conditions on the node', () => {
    const pattern = where(node('conv', 'Conv2D'), (found) => found.name.startsWith('b'));
    expect([...matches(graph, pattern)].map((match) => match.conv.name)).toEqual(['bare']);
  });
});
