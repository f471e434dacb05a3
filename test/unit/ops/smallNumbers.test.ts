import { describe, expect, it } from 'vitest';
import { referenceBackend } from '../../../worker/execute/backends/reference.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import type { AttrValue } from '../../../worker/formats/attrValue.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { NodeSpec } from '../../../worker/graph/graph.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { inferStatic } from '../../../worker/ops/inferShapes.ts';
import { apply, constant, float, graphOf, int, placeholder } from '../execute/graphs.ts';

const whole = (value: number): AttrValue => ({ kind: 'int', value });
const type = (value: 'int32' | 'float32' | 'bool'): AttrValue => ({ kind: 'type', value });
/** The shape of an image of unknown batch, and constants to cut it with. */
const shapeOfImage: readonly NodeSpec[] = [
  placeholder('x', [-1, 4, 6, 3]),
  apply('shape', 'Shape', ['x']),
  ...[0, 1, 2, 3, 4].map((value) => constant(`c${value}`, int([], [value]))),
  ...[0, 1, 2].map((value) => constant(`v${value}`, int([1], [value]))),
];
const numberOf = (name: string, ...specs: readonly NodeSpec[]) => inferStatic(graphOf(...shapeOfImage, ...specs)).numbers.get(name);

describe('small numbers are followed through', () => {
  it.each<[string, readonly NodeSpec[], readonly number[], readonly (number | null)[]]>([
    ['Unpack, by port', [apply('parts', 'Unpack', ['shape'], { num: whole(4) }), apply('y', 'Mul', ['parts:1', 'parts:2'])], [], [24]],
    [
      'Split, by port',
      [apply('parts', 'Split', ['c0', 'shape'], { num_split: whole(2) }), apply('y', 'Identity', ['parts:1'])],
      [2],
      [6, 3],
    ],
    [
      'SplitV, the batch unknown',
      [constant('sizes', int([2], [1, 3])), apply('y', 'SplitV', ['shape', 'sizes', 'c0'], { num_split: whole(2) })],
      [1],
      [null],
    ],
    [
      'Slice and Prod',
      [constant('end', int([1], [-1])), apply('rest', 'Slice', ['shape', 'v1', 'end']), apply('y', 'Prod', ['rest', 'c0'])],
      [],
      [72],
    ],
    [
      'Sum, Max and Min',
      [
        ...['Sum', 'Max', 'Min'].map((op) => apply(op, op, ['span', 'c0'])),
        constant('span', int([3], [5, 2, 4])),
        apply('low', 'Add', ['Max', 'Min']),
        apply('y', 'Add', ['low', 'Sum']),
      ],
      [],
      [18],
    ],
    ['Max, one of them unknown', [apply('y', 'Max', ['shape', 'v0'])], [], [null]],
    ['GatherV2', [constant('at', int([2], [2, 1])), apply('y', 'GatherV2', ['shape', 'at', 'c0'])], [2], [6, 4]],
    ['ExpandDims', [apply('y', 'ExpandDims', ['c3', 'c0'])], [1], [3]],
    ['Tile', [apply('y', 'Tile', ['v2', 'v2'])], [2], [2, 2]],
    ['Range and Rank', [apply('rank', 'Rank', ['x']), apply('y', 'Range', ['c1', 'rank', 'c1'])], [3], [1, 2, 3]],
    ['FloorDiv', [apply('half', 'FloorDiv', ['shape', 'c4']), apply('y', 'Identity', ['half'])], [4], [null, 1, 1, 0]],
    ['FloorMod', [apply('y', 'FloorMod', ['c3', 'c2'])], [], [1]],
    ['Div of whole numbers', [apply('minus', 'Neg', ['c3']), apply('y', 'Div', ['minus', 'c2'], { T: type('int32') })], [], [-1]],
    ['Less and SelectV2', [apply('less', 'Less', ['c1', 'c2']), apply('y', 'SelectV2', ['less', 'c3', 'c4'])], [], [3]],
    [
      'comparisons and logic',
      [apply('a', 'Equal', ['c1', 'c2']), apply('b', 'LogicalNot', ['a']), apply('y', 'LogicalOr', ['a', 'b'])],
      [],
      [1],
    ],
    ['ShapeN', [apply('both', 'ShapeN', ['c1', 'x']), apply('y', 'Identity', ['both:1'])], [4], [null, 4, 6, 3]],
    ['ZerosLike', [apply('y', 'ZerosLike', ['v2'])], [1], [0]],
    ['Minimum', [apply('y', 'Minimum', ['c3', 'c2'])], [], [2]],
  ])('%s', (_name, specs, shape, values) => {
    expect(numberOf('y', ...specs)).toEqual({ shape, values });
  });

  it('the size that Keras upsamples to, and the image that a deconvolution makes', () => {
    const graph = graphOf(
      ...shapeOfImage,
      apply('size', 'Slice', ['shape', 'v1', 'v2']),
      constant('twice', int([2], [2, 2])),
      apply('double', 'Mul', ['size', 'twice']),
      apply('up', 'ResizeNearestNeighbor', ['x', 'double']),
      apply('parts', 'Unpack', ['shape'], { num: whole(4) }),
      ...['1', '2'].map((i) => apply(`twice${i}`, 'Mul', [`parts:${i}`, 'c2'])),
      apply('sizes', 'Pack', ['parts', 'twice1', 'twice2', 'c4']),
      constant('w', float([3, 3, 4, 3], new Array(108).fill(1))),
      apply('deconvolved', 'Conv2DBackpropInput', ['sizes', 'w', 'x'], {
        strides: { kind: 'list', value: { strings: [], ints: [1, 2, 2, 1], floats: [], bools: [], types: [], shapes: [] } },
        padding: { kind: 'string', value: 'SAME' },
      }),
    );
    const { shapes } = inferStatic(graph);
    expect(shapes.get('up')).toEqual([[-1, 8, 12, 3]]);
    expect(shapes.get('deconvolved')).toEqual([[-1, 8, 12, 4]]);
  });

  it('reach the data as numbers of their own type', async () => {
    const graph = graphOf(
      ...shapeOfImage,
      apply('wide', 'StridedSlice', ['shape', 'v2', 'v2', 'v1'], { shrink_axis_mask: whole(1) }),
      apply('real', 'Cast', ['wide'], { DstT: type('float32') }),
      apply('inverse', 'Reciprocal', ['real'], { T: type('float32') }),
      apply('y', 'Mul', ['x', 'inverse']),
    );
    const feeds = new Map([['x', float([1, 4, 6, 3], new Array(72).fill(3))]]);
    const results = await runGraph(graph, { variables: noVariables, feeds, fetches: ['y'], backend: referenceBackend() });
    const y = results.get('y');
    expect(y && tensorNumbers(y)[0]).toBe(0.5);
  });
});
