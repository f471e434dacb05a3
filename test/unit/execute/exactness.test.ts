import { describe, expect, it } from 'vitest';
import { Constants } from '../../../worker/execute/constants.ts';
import { inexactLayers } from '../../../worker/execute/exactness.ts';
import type { Graph, NodeSpec } from '../../../worker/graph/graph.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { apply, constant, float, graphOf, int, list, placeholder, quantizer, same } from './graphs.ts';

const check = (graph: Graph, output: string) => inexactLayers(graph, new Constants(graph, noVariables), [output]);

/** A 1×1 convolution of `channels` inputs into two outputs; all weights of the first are `code`, of the second 1. */
const layer = (channels: number, code: number, input = 'xq'): readonly NodeSpec[] => [
  constant(
    'w',
    float(
      [1, 1, channels, 2],
      Array.from({ length: channels * 2 }, (_, i) => (i % 2 === 0 ? code : 1) / 128),
    ),
  ),
  ...quantizer('wq', 'w', 1 / 128, -128, 127),
  apply('y', 'Conv2D', [input, 'wq'], same),
];
const input = (channels: number, max = 255): readonly NodeSpec[] => [
  placeholder('x', [-1, 1, 1, channels]),
  ...quantizer('xq', 'x', 2 ** -4, 0, max),
];

describe('layers whose sums float32 might round', () => {
  it('are those with Σ|w_code| · max|x_code| of 2²⁴ and more', async () => {
    // 127 · 255 · 518 = 16,775,430 < 2²⁴ ≤ 127 · 255 · 519.
    expect(await check(graphOf(...input(518), ...layer(518, 127)), 'y')).toEqual([]);
    expect(await check(graphOf(...input(519), ...layer(519, 127)), 'y')).toEqual([
      { node: 'y', reason: 'overflow', bound: 127 * 255 * 519 },
    ]);
  });

  it('count weights by output channel and by magnitude', async () => {
    expect(await check(graphOf(...input(519), ...layer(519, -127)), 'y')).toHaveLength(1);
    expect(await check(graphOf(...input(519), ...layer(519, 60)), 'y')).toEqual([]);
  });

  it('follow codes through what passes them on, and through a concat in its smallest unit', async () => {
    const graph = graphOf(
      ...input(300),
      apply('relu', 'Relu', ['xq']),
      apply('pool', 'MaxPool', ['relu'], { ...same, ksize: list([1, 1, 1, 1]) }),
      ...quantizer('coarse', 'x', 2, 0, 255),
      constant('axis', int([], [3])),
      apply('joined', 'ConcatV2', ['pool', 'coarse', 'axis']),
      ...layer(600, 127, 'joined'),
    );
    // In units of 2⁻⁴ the coarse codes reach 255 · 32.
    expect(await check(graph, 'y')).toEqual([{ node: 'y', reason: 'overflow', bound: 127 * 600 * 255 * 32 }]);
  });

  it('add up what a bias or a bypass adds, until the next quantizer', async () => {
    const through = (read: string) =>
      graphOf(...input(4, 2 ** 22), apply('sum', 'Add', ['xq', 'xq']), ...quantizer('sumq', 'sum', 2 ** -4, 0, 255), ...layer(4, 1, read));
    expect(await check(through('sum'), 'y')).toEqual([{ node: 'y', reason: 'overflow', bound: 4 * 2 ** 23 }]);
    expect(await check(through('sumq'), 'y')).toEqual([]);
  });

  it('are those with an operand that no quantizer made', async () => {
    const unquantized = { node: 'y', reason: 'unquantized', bound: Number.POSITIVE_INFINITY };
    expect(await check(graphOf(...input(4), ...layer(4, 1, 'x')), 'y')).toEqual([unquantized]);
    const rawWeights = graphOf(...input(4), constant('w', float([1, 1, 4, 1], [1, 2, 3, 4])), apply('y', 'Conv2D', ['xq', 'w'], same));
    expect(await check(rawWeights, 'y')).toEqual([unquantized]);
    const odd = graphOf(placeholder('x', [-1, 1, 1, 4]), ...quantizer('xq', 'x', 0.1, 0, 255), ...layer(4, 1));
    expect(await check(odd, 'y')).toEqual([unquantized]);
  });

  it('are averages too, and matrices by the axis that is not summed', async () => {
    const averaged = graphOf(...input(4), apply('y', 'AvgPool', ['xq'], { ...same, ksize: list([1, 1, 1, 1]) }));
    expect(await check(averaged, 'y')).toMatchObject([{ node: 'y', reason: 'unquantized' }]);
    const matrix = graphOf(
      placeholder('x', [-1, 3]),
      ...quantizer('xq', 'x', 1, 0, 2 ** 20),
      constant('w', float([2, 3], [1, 2, 3, 1, 1, 1])),
      ...quantizer('wq', 'w', 1, -8, 7),
      apply('y', 'MatMul', ['xq', 'wq'], { transpose_b: { kind: 'bool', value: true } }),
    );
    expect(await check(matrix, 'y')).toEqual([]);
    const straight = graphOf(
      placeholder('x', [-1, 2]),
      ...quantizer('xq', 'x', 1, 0, 2 ** 22),
      constant('w', float([2, 3], [1, 2, 3, 3, 1, 1])),
      ...quantizer('wq', 'w', 1, -8, 7),
      apply('y', 'MatMul', ['xq', 'wq']),
    );
    expect(await check(straight, 'y')).toEqual([{ node: 'y', reason: 'overflow', bound: 4 * 2 ** 22 }]);
  });

  it('follow codes through what only picks and moves', async () => {
    const graph = graphOf(
      ...input(8),
      constant('axis', int([], [3])),
      apply('halves', 'Split', ['axis', 'xq'], { num_split: { kind: 'int', value: 2 } }),
      apply('joined', 'ConcatV2', ['halves:1', 'halves', 'axis']),
      constant('size', int([2], [2, 2])),
      apply('larger', 'ResizeNearestNeighbor', ['joined', 'size']),
      apply('blocks', 'SpaceToDepth', ['larger'], { block_size: { kind: 'int', value: 2 } }),
      constant('channels', int([2], [1, 0])),
      apply('picked', 'GatherV2', ['blocks', 'channels', 'axis']),
      ...layer(2, 127, 'picked'),
    );
    expect(await check(graph, 'y')).toEqual([]);
  });

  it('are functions that backends approximate, where a quantizer still follows', async () => {
    const graph = graphOf(...input(4), apply('curve', 'Sigmoid', ['xq']), ...quantizer('q', 'curve', 2 ** -7, 0, 127));
    expect(await check(graph, 'curve')).toEqual([]);
    expect(await check(graph, 'q')).toMatchObject([{ node: 'curve', reason: 'unquantized' }]);
  });

  it('are deconvolutions by the axis that their filter gives', async () => {
    const deconvolution = (max: number): Graph =>
      graphOf(
        ...input(2, max),
        constant('w', float([1, 1, 3, 2], [1, 2, 3, 4, 5, 6])),
        ...quantizer('wq', 'w', 1, -8, 7),
        constant('sizes', int([4], [1, 1, 1, 3])),
        apply('y', 'Conv2DBackpropInput', ['sizes', 'wq', 'xq'], same),
      );
    expect(await check(deconvolution(2 ** 20), 'y')).toEqual([]);
    expect(await check(deconvolution(2 ** 21), 'y')).toEqual([{ node: 'y', reason: 'overflow', bound: 11 * 2 ** 21 }]);
  });

  it('leave out what the outputs do not need', async () => {
    const graph = graphOf(...input(4), ...layer(4, 1, 'x'), apply('other', 'Relu', ['xq']));
    expect(await check(graph, 'other')).toEqual([]);
  });
});
