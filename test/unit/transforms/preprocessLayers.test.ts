import { describe, expect, it } from 'vitest';
import { line, Net, run } from './build.ts';

const PRE = ['fix_input_shape', 'preprocess_layers'];

describe('preprocess_layers', () => {
  it('PRE1: an Identity that is an output stays and its readers read past it; reads of variables and waiting ones stay', () => {
    const net = new Net();
    const id = net.math('id', 'Identity', net.input());
    const read = net.math('w/read', 'Identity', net.weights('w', [3]));
    net.specs.push({ name: 'waits', op: 'Identity', inputs: ['input'], controls: ['w'] });
    const end = net.math('end', 'BiasAdd', net.math('gone', 'Identity', id), read);
    const { model } = run(net, [id, end, net.math('sum', 'Add', 'waits', end)], PRE);
    expect(line(model.graph, 'end')).toBe('BiasAdd input w/read');
    expect(line(model.graph, 'id')).toBe('Identity input');
    expect(model.graph.has('gone')).toBe(false);
    expect(model.graph.has('waits')).toBe(true);
  });

  it('PRE1: whoever waited for a removed Identity waits for what it read', () => {
    const net = new Net();
    net.math('id', 'Identity', net.input());
    net.specs.push({ name: 'late', op: 'Relu', inputs: ['input'], controls: ['id'] });
    expect(run(net, ['late'], PRE).model.graph.node('late').controls).toEqual(['input']);
  });

  it('PRE2: a mean over the image becomes an average pool; its rank stays', () => {
    for (const [axes, keep, after] of [
      [[1, 2], true, 'Relu gap/AvgPool/AvgPool_from_avgpool'],
      [[-3, -2], false, 'Relu gap'],
      [[2, 1], false, 'Relu gap'],
    ] as const) {
      const net = new Net();
      const end = net.math('end', 'Relu', net.mean('gap', net.input(), axes, keep));
      const { model } = run(net, [end], PRE);
      expect(line(model.graph, 'end')).toBe(after);
      expect(model.shapes.get('end')).toEqual([keep ? [-1, 1, 1, 3] : [-1, 3]]);
      expect(model.graph.has('gap/reduction_indices')).toBe(false);
    }
  });

  it('PRE2: no Squeeze where only Reshapes read the mean', () => {
    const net = new Net();
    const flat = net.math('flat', 'Reshape', net.mean('gap', net.input(), [1, 2], false), net.ints('flat/shape', [-1, 3]));
    expect(line(run(net, [flat], PRE).model.graph, 'flat')).toBe('Reshape gap/AvgPool/AvgPool_from_avgpool flat/shape');
  });

  it('PRE2: other axes are left alone, and axes that two means share stay', () => {
    const net = new Net();
    const other = net.mean('other', net.input(), [1], false);
    expect(run(net, [other], PRE).skipped).toEqual(['PRE2 other']);
    const shared = new Net();
    const first = shared.mean('first', shared.input(), [1, 2], true);
    const second = shared.add('second', 'Mean', ['input', 'first/reduction_indices'], {
      T: { kind: 'type', value: 'float32' },
      keep_dims: { kind: 'bool', value: true },
    });
    const { model } = run(shared, [shared.math('sum', 'Add', first, second)], PRE);
    expect(model.graph.nodes.filter((node) => node.op === 'Mean')).toEqual([]);
  });

  it('PRE3: SAME windows over the border give a warning, or stay where exactness is asked for', () => {
    const net = new Net();
    const pool = net.pool('pool', 'AvgPool', net.input(), 3, 1, 'SAME');
    const end = net.math('end', 'Relu', pool);
    expect(run(net, [end], PRE).warned).toEqual(['PRE3 pool']);
    const exact = run(net, [end], ['fix_input_shape', 'preprocess_layers(avgpool=exact)']);
    expect([exact.warned, exact.skipped, line(exact.model.graph, 'end')]).toEqual([[], ['PRE3 pool'], 'Relu pool']);
  });

  it('PRE3: a window that no file could hold is refused', () => {
    const net = new Net();
    const pool = net.pool('pool', 'AvgPool', net.input(), 1_000_000, 1, 'SAME');
    expect(() => run(net, [pool], PRE)).toThrow(/'pool' would be 1000000×1000000/);
  });

  it('PRE3: SAME windows that fill the image exactly give no warning', () => {
    const net = new Net();
    const end = net.math('end', 'Relu', net.pool('pool', 'AvgPool', net.input(), 2, 2, 'SAME'));
    const { model, warned } = run(net, [end], PRE);
    expect(warned).toEqual([]);
    expect(line(model.graph, 'end')).toBe('Relu pool/pool_from_avgpool');
  });

  it('PRE5: an inner concat of another axis, of other readers or that is an output stays', () => {
    const net = new Net();
    const x = net.math('a/Relu', 'Relu', net.input());
    const inner = net.concat('a/inner', [x, x]);
    const outer = net.concat('a/outer', [x, inner]);
    expect(line(run(net, [outer], PRE).model.graph, outer)).toBe('ConcatV2 a/Relu a/Relu a/Relu a/outer/axis');
    expect(run(net, [outer, inner], PRE).skipped).toEqual(['PRE5 a/inner']);
    const end = net.math('end', 'Relu', inner);
    expect(run(net, [outer, end], PRE).skipped).toEqual(['PRE5 a/inner']);
    const across = net.concat('a/across', [inner, inner], 1);
    expect(run(net, [across], PRE).model.graph.has('a/inner')).toBe(true);
  });

  it('PRE5: concats in concats in concats end up in one, and axes that are shared stay', () => {
    const net = new Net();
    const x = net.math('a/Relu', 'Relu', net.input());
    const axis = net.concat('a/k0', [x, x]);
    const type = { T: { kind: 'type', value: 'float32' }, N: { kind: 'int', value: 2 } } as const;
    const middle = net.add('a/k1', 'ConcatV2', [axis, x, 'a/k0/axis'], type);
    const end = net.add('a/k2', 'ConcatV2', [x, middle, 'a/k0/axis'], type);
    const { model } = run(net, [end], PRE);
    expect(line(model.graph, end)).toBe('ConcatV2 a/Relu a/Relu a/Relu a/Relu a/k0/axis');
  });

  it('PRE6: an operand from another scope, or that ends no layer, gets a rescale; slots keep their numbers', () => {
    const net = new Net();
    const x = net.input();
    const own = net.bias('u/c', net.conv('u/c', x, 3, 3), 3);
    const foreign = net.bias('v/c', net.conv('v/c', x, 3, 3), 3);
    const relu = net.math('u/Relu', 'Relu', x);
    const sums = [net.math('u/add', 'Add', own, foreign), net.math('u/add_1', 'AddV2', relu, own), net.math('u/add_2', 'Add', relu, relu)];
    const { model } = run(net, sums, PRE);
    expect(sums.map((name) => line(model.graph, name))).toEqual([
      'Add u/c/BiasAdd u/add_eltw_rescale_1',
      'AddV2 u/add_1_eltw_rescale_0 u/c/BiasAdd',
      'Add u/add_2_eltw_rescale_0 u/add_2_eltw_rescale_1',
    ]);
  });

  it('PRE6: sums of other shapes are no element-wise sums of images', () => {
    const net = new Net();
    const end = net.math('u/add', 'Add', net.math('u/Relu', 'Relu', net.input()), net.weights('u/w', [3]));
    expect(line(run(net, [end], PRE).model.graph, end)).toBe('Add u/Relu u/w');
  });

  it('PRE7: at top level every Relu is of the same scope', () => {
    const net = new Net();
    const x = net.input();
    const end = net.concat('k', [net.math('a/Relu', 'Relu', x), net.math('b/Relu6', 'Relu6', x)]);
    expect(line(run(net, [end], PRE).model.graph, end)).toBe('ConcatV2 a/Relu k_concat_rescale_1 k/axis');
  });

  it('PRE8: pools, means and leaky activations that are outputs keep their names', () => {
    const net = new Net();
    const x = net.input();
    const outputs = [
      net.pool('pool', 'AvgPool', x, 2, 2, 'VALID'),
      net.mean('gap', x, [1, 2], true),
      net.add('leaky', 'LeakyRelu', [x], { T: { kind: 'type', value: 'float32' } }),
    ];
    const { model } = run(net, outputs, PRE);
    expect(outputs.map((name) => line(model.graph, name))).toEqual([
      'Identity pool/pool_from_avgpool',
      'Identity gap/AvgPool/AvgPool_from_avgpool',
      'Identity leaky/Maximum',
    ]);
  });
});
