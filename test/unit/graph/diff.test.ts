import { describe, expect, it } from 'vitest';
import type { AttrValue } from '../../../worker/formats/attrValue.ts';
import { differenceText, diffGraphs } from '../../../worker/graph/diff.ts';
import { Graph, GraphNode, type NodeSpec } from '../../../worker/graph/graph.ts';

const graph = (...specs: readonly NodeSpec[]) => new Graph(specs.map((spec) => GraphNode.make(spec)));
const floats = (...values: readonly number[]): AttrValue => ({
  kind: 'tensor',
  value: { dtype: 'float32', shape: [values.length], bytes: new Uint8Array(Float32Array.from(values).buffer) },
});
const lines = (expected: Graph, actual: Graph) => diffGraphs(expected, actual).map(differenceText);

describe('diffGraphs', () => {
  it('says nothing of order, devices, cached shapes and attributes at their default', () => {
    const a = graph({ name: 'x', op: 'Placeholder' }, { name: 'y', op: 'BiasAdd', inputs: ['x', 'x'], device: '/cpu:0' });
    const b = graph(
      {
        name: 'y',
        op: 'BiasAdd',
        inputs: ['x:0', 'x'],
        attrs: {
          data_format: { kind: 'string', value: 'NHWC' },
          _output_shapes: { kind: 'list', value: { strings: [], ints: [], floats: [], bools: [], types: [], shapes: [[1]] } },
        },
      },
      { name: 'x', op: 'Placeholder', attrs: { shape: { kind: 'shape', value: null } } },
    );
    expect(lines(a, b)).toEqual([]);
    expect(lines(b, a)).toEqual([]);
  });

  it('names missing and extra nodes, ops, inputs, controls and attributes', () => {
    const a = graph(
      { name: 'x', op: 'Const', attrs: { value: floats(1, 2) } },
      { name: 'gone', op: 'NoOp' },
      { name: 'y', op: 'Relu', inputs: ['x'] },
    );
    const b = graph(
      { name: 'x', op: 'Const', attrs: { value: floats(1, 3) } },
      { name: 'y', op: 'Relu', inputs: ['x:1'], controls: ['new'], attrs: { T: { kind: 'type', value: 'float32' } } },
      { name: 'new', op: 'NoOp' },
    );
    expect(diffGraphs(a, b).map(({ kind, node, attr }) => [kind, node, attr])).toEqual([
      ['missing', 'gone', undefined],
      ['extra', 'new', undefined],
      ['attr', 'x', 'value'],
      ['inputs', 'y', undefined],
      ['control', 'y', undefined],
      ['attr', 'y', 'T'],
    ]);
    expect(lines(graph({ name: 'a', op: 'Relu' }), graph({ name: 'a', op: 'Relu6' }))).toEqual(['op       a (Relu): Relu | Relu6']);
  });

  it('compares constants by exact value: NaN equals itself, 0 is not -0', () => {
    const constant = (value: AttrValue) => graph({ name: 'c', op: 'Const', attrs: { value } });
    expect(lines(constant(floats(Number.NaN)), constant(floats(Number.NaN)))).toEqual([]);
    expect(lines(constant(floats(0)), constant(floats(-0)))).toHaveLength(1);
  });

  it('takes an attribute that is not at its default for a difference', () => {
    const pool = (attrs: NodeSpec['attrs']) => graph({ name: 'm', op: 'Mean', ...(attrs === undefined ? {} : { attrs }) });
    expect(lines(pool({ keep_dims: { kind: 'bool', value: false } }), pool(undefined))).toEqual([]);
    expect(lines(pool({ keep_dims: { kind: 'bool', value: true } }), pool(undefined))).toHaveLength(1);
    expect(lines(pool({ unknown: { kind: 'bool', value: false } }), pool(undefined))).toHaveLength(1);
  });
});
