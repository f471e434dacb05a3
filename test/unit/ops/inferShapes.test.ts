import { describe, expect, it } from 'vitest';
import type { Shape } from '../../../worker/formats/tensor.ts';
import type { Graph, NodeSpec } from '../../../worker/graph/graph.ts';
import { inferShapes, inferStatic } from '../../../worker/ops/inferShapes.ts';
import { apply, constant, float, graphOf, int, list, placeholder, same, text, variable } from '../execute/graphs.ts';

const shapeOf = (graph: Graph, name: string, feeds?: ReadonlyMap<string, Shape>): Shape | undefined =>
  inferShapes(graph, feeds).get(name)?.[0];
const zeros = (shape: readonly number[]) => float(shape, new Array(shape.reduce((a, b) => a * b, 1)).fill(0));
const conv = (padding: Record<string, ReturnType<typeof text> | ReturnType<typeof list>>, strides = [2, 2], dilations = [1, 1]): NodeSpec =>
  apply('y', 'Conv2D', ['x', 'w'], { strides: list([1, ...strides, 1]), dilations: list([1, ...dilations, 1]), ...padding });

describe('static shapes', () => {
  const image = placeholder('x', [-1, 224, 225, 3]);
  const filter = constant('w', zeros([3, 3, 3, 8]));

  it.each([
    ['SAME', { padding: text('SAME') }, [-1, 112, 113, 8]],
    ['VALID', { padding: text('VALID') }, [-1, 111, 112, 8]],
    ['EXPLICIT', { padding: text('EXPLICIT'), explicit_paddings: list([0, 0, 0, 1, 2, 0, 0, 0]) }, [-1, 112, 113, 8]],
  ])('a convolution with %s padding', (_name, padding, wanted) => {
    expect(shapeOf(graphOf(image, filter, conv(padding)), 'y')).toEqual(wanted);
  });

  it('a dilated filter reaches further', () => {
    expect(shapeOf(graphOf(image, filter, conv({ padding: text('VALID') }, [1, 1], [2, 4])), 'y')).toEqual([-1, 220, 217, 8]);
  });

  it('keeps what is known of an image of unknown size', () => {
    expect(shapeOf(graphOf(placeholder('x', [-1, -1, 20, 3]), filter, conv(same)), 'y')).toEqual([-1, -1, 20, 8]);
    expect(shapeOf(graphOf(placeholder('x', null), filter, conv(same)), 'y')).toEqual([-1, -1, -1, 8]);
  });

  it('takes a fed shape, and that of _output_shapes where a placeholder has none', () => {
    const graph = graphOf(placeholder('x', null), apply('y', 'Relu', ['x']));
    expect(shapeOf(graph, 'y')).toBeNull();
    expect(shapeOf(graph, 'y', new Map([['x', [5, 3]]]))).toEqual([5, 3]);
    const cached: NodeSpec = {
      name: 'x',
      op: 'Placeholder',
      attrs: { _output_shapes: { kind: 'list', value: { strings: [], ints: [], floats: [], bools: [], types: [], shapes: [[-1, 7]] } } },
    };
    expect(shapeOf(graphOf(cached, apply('y', 'Relu', ['x'])), 'y')).toEqual([-1, 7]);
  });

  it('follows a shape through Shape, StridedSlice, Pack and Reshape with the batch unknown', () => {
    const graph = graphOf(
      placeholder('x', [-1, 7, 7, 16]),
      apply('shape', 'Shape', ['x']),
      constant('zero', int([1], [0])),
      constant('one', int([1], [1])),
      apply('batch', 'StridedSlice', ['shape', 'zero', 'one', 'one'], { shrink_axis_mask: { kind: 'int', value: 1 } }),
      constant('length', int([], [784])),
      apply('wanted', 'Pack', ['batch', 'length']),
      apply('flat', 'Reshape', ['x', 'wanted']),
    );
    const { shapes, numbers } = inferStatic(graph);
    expect(shapes.get('flat')).toEqual([[-1, 784]]);
    expect(numbers.get('wanted')).toEqual({ shape: [2], values: [null, 784] });
    expect(shapeOf(graph, 'flat', new Map([['x', [4, 7, 7, 16]]]))).toEqual([4, 784]);
  });

  it('works -1 out only where the count is known', () => {
    const graph = (shape: Shape, wanted: number[]) =>
      graphOf(placeholder('x', shape), constant('s', int([wanted.length], wanted)), apply('y', 'Reshape', ['x', 's']));
    expect(shapeOf(graph([4, 6], [-1, 8]), 'y')).toEqual([3, 8]);
    expect(shapeOf(graph([-1, 6], [-1, 8]), 'y')).toEqual([-1, 8]);
    expect(shapeOf(graph(null, [2, 3]), 'y')).toEqual([2, 3]);
  });

  it('gives every output of a batch norm', () => {
    const vectors = ['scale', 'offset', 'mean', 'variance'].map((name) => variable(name, [3]));
    const graph = graphOf(
      placeholder('x', [-1, 4, 4, 3]),
      ...vectors,
      apply('y', 'FusedBatchNorm', ['x', 'scale', 'offset', 'mean', 'variance']),
    );
    expect(inferShapes(graph).get('y')).toEqual([[-1, 4, 4, 3], [3], [3], [3], [3]]);
  });

  it('gives unknown shapes behind ops it does not know, on cycles, and for other layouts', () => {
    const graph = graphOf(
      placeholder('x', [2, 3]),
      apply('bessel', 'Bessel', ['x']),
      apply('after', 'Relu', ['bessel']),
      apply('merge', 'Add', ['x', 'next']),
      apply('next', 'NextIteration', ['merge']),
      placeholder('nchw', [1, 3, 4, 4]),
      constant('w', zeros([1, 1, 3, 8])),
      apply('conv', 'Conv2D', ['nchw', 'w'], { ...same, data_format: text('NCHW') }),
    );
    const shapes = inferShapes(graph);
    expect(['bessel', 'merge', 'next', 'conv'].map((name) => shapes.get(name))).toEqual([[], [], [], []]);
    expect(shapes.get('after')).toEqual([null]);
  });

  it('refuses those when asked to be strict', () => {
    const unknown = graphOf(placeholder('x', [2, 3]), apply('y', 'Bessel', ['x']));
    expect(() => inferShapes(unknown, undefined, true)).toThrowError(expect.objectContaining({ code: 'op-unsupported', about: 'y' }));
    const nchw = graphOf(
      placeholder('x', [1, 3, 4, 4]),
      constant('w', zeros([1, 1, 3, 8])),
      apply('y', 'Conv2D', ['x', 'w'], { ...same, data_format: text('NCHW') }),
    );
    expect(() => inferShapes(nchw, undefined, true)).toThrowError(expect.objectContaining({ code: 'op-unsupported', about: 'y' }));
  });

  it('a filter for a part of the channels is a convolution in groups; behind an input the shape is wrong', () => {
    const wide = placeholder('wide', [-1, 4, 4, 6]);
    const groups = graphOf(wide, constant('w', zeros([3, 3, 3, 8])), apply('x', 'Relu', ['wide']), conv(same, [1, 1]));
    expect(shapeOf(groups, 'y')).toEqual([-1, 4, 4, 8]);
    const uneven = graphOf(wide, constant('w', zeros([3, 3, 3, 7])), apply('x', 'Relu', ['wide']), conv(same, [1, 1]));
    expect(() => inferShapes(uneven)).toThrowError(expect.objectContaining({ code: 'shape-mismatch', about: 'y' }));
    const wrong = graphOf(placeholder('x', [-1, 4, 4, 6]), constant('w', zeros([3, 3, 3, 8])), conv(same, [1, 1]));
    expect(() => inferShapes(wrong)).toThrowError(expect.objectContaining({ code: 'shape-mismatch', about: 'y' }));
  });

  const x = placeholder('x', [-1, 4, 4, 3]);
  const mismatches: [string, Graph][] = [
    ['a filter for other channels', graphOf(x, constant('w', zeros([3, 3, 5, 8])), conv(same))],
    ['an image of rank 3', graphOf(placeholder('x', [4, 4, 3]), constant('w', zeros([3, 3, 3, 8])), conv(same))],
    ['a window larger than the image', graphOf(x, constant('w', zeros([5, 5, 3, 8])), conv({ padding: text('VALID') }))],
    ['a bias of another length', graphOf(x, constant('b', zeros([4])), apply('y', 'BiasAdd', ['x', 'b']))],
    ['operands that cannot be broadcast', graphOf(x, constant('b', zeros([4])), apply('y', 'Add', ['x', 'b']))],
    ['matrices that do not fit', graphOf(placeholder('x', [-1, 4]), constant('b', zeros([5, 2])), apply('y', 'MatMul', ['x', 'b']))],
    [
      'a reshape that loses elements',
      graphOf(placeholder('x', [2, 3]), constant('s', int([2], [4, 2])), apply('y', 'Reshape', ['x', 's'])),
    ],
    [
      'an image that a deconvolution cannot make',
      graphOf(
        x,
        constant('s', int([4], [1, 9, 9, 2])),
        constant('w', zeros([3, 3, 2, 3])),
        apply('y', 'Conv2DBackpropInput', ['s', 'w', 'x'], { ...same, strides: list([1, 2, 2, 1]) }),
      ),
    ],
    [
      'a deconvolution by a filter for other channels',
      graphOf(
        x,
        constant('s', int([4], [1, 4, 4, 2])),
        constant('w', zeros([3, 3, 2, 5])),
        apply('y', 'Conv2DBackpropInput', ['s', 'w', 'x'], same),
      ),
    ],
    [
      'pieces that do not come out even',
      graphOf(x, constant('a', int([], [3])), apply('y', 'Split', ['a', 'x'], { num_split: { kind: 'int', value: 2 } })),
    ],
    [
      'a slice beyond the end',
      graphOf(x, constant('b', int([4], [0, 2, 0, 0])), constant('s', int([4], [-1, 3, 4, 3])), apply('y', 'Slice', ['x', 'b', 's'])),
    ],
    ['blocks that do not come out even', graphOf(x, apply('y', 'DepthToSpace', ['x'], { block_size: { kind: 'int', value: 2 } }))],
    [
      'a border wider than what it mirrors',
      graphOf(x, constant('p', int([4, 2], [0, 0, 4, 0, 0, 0, 0, 0])), apply('y', 'MirrorPad', ['x', 'p'], { mode: text('REFLECT') })),
    ],
    ['an axis that is not there', graphOf(x, constant('a', int([1], [4])), apply('y', 'Mean', ['x', 'a']))],
    [
      'parts of other sizes',
      graphOf(x, constant('c', zeros([1, 5, 4, 3])), constant('a', int([], [3])), apply('y', 'ConcatV2', ['x', 'c', 'a'])),
    ],
    ['a squeezed axis that is not 1', graphOf(x, apply('y', 'Squeeze', ['x'], { squeeze_dims: list([1]) }))],
    [
      'batch norm vectors of other lengths',
      graphOf(
        x,
        ...['s', 'o', 'm', 'v'].map((name) => variable(name, [name === 'o' ? 4 : 3])),
        apply('y', 'FusedBatchNorm', ['x', 's', 'o', 'm', 'v']),
      ),
    ],
  ];
  it.each(mismatches)('refuses %s, naming the node', (_name, graph) => {
    expect(() => inferShapes(graph)).toThrowError(expect.objectContaining({ code: 'shape-mismatch', about: 'y' }));
  });

  it('names a node with inputs or attributes missing', () => {
    const malformed = { code: 'node-malformed', about: 'y' };
    expect(() => inferShapes(graphOf(x, apply('y', 'Add', ['x'])))).toThrowError(expect.objectContaining(malformed));
    expect(() => inferShapes(graphOf(x, constant('w', zeros([1, 1, 3, 8])), apply('y', 'Conv2D', ['x', 'w'])))).toThrowError(
      expect.objectContaining(malformed),
    );
    expect(() => inferShapes(graphOf(x, apply('y', 'MaxPool', ['x'], { ...same, ksize: text('3') })))).toThrowError(
      expect.objectContaining(malformed),
    );
  });

  it('refuses a pooling window that would see nothing but padding', () => {
    const padded = {
      padding: text('EXPLICIT'),
      explicit_paddings: list([0, 0, 2, 0, 0, 0, 0, 0]),
      strides: list([1, 1, 1, 1]),
      ksize: list([1, 2, 2, 1]),
    };
    expect(() => inferShapes(graphOf(x, apply('y', 'MaxPool', ['x'], padded)), undefined, true)).toThrowError(
      expect.objectContaining({ code: 'op-unsupported' }),
    );
  });
});
