import { describe, expect, it } from 'vitest';
import type { AttrValue } from '../../../worker/formats/attrValue.ts';
import { line, lines, Net, run } from './build.ts';

const FOLD = ['fix_input_shape', 'fold_batch_norms'];
const KEEP = ['fix_input_shape', 'fold_batch_norms(remaining=keep)'];
const T: AttrValue = { kind: 'type', value: 'float32' };

describe('fold_batch_norms', () => {
  it('FBN2: writes the fold beside the layer, whose readers read the sum', () => {
    const net = new Net();
    net.math('net/c/Relu', 'Relu', net.batchNorm('net/c', net.conv('net/c', net.input(), 3, 4), 4));
    const { model } = run(net, ['net/c/Relu'], FOLD);
    expect(lines(model.graph).slice(6)).toEqual([
      'net/c/BatchNorm_Fold/eps Const',
      'net/c/BatchNorm_Fold/Add Add net/c/BatchNorm/moving_variance net/c/BatchNorm_Fold/eps',
      'net/c/BatchNorm_Fold/Rsqrt Rsqrt net/c/BatchNorm_Fold/Add',
      'net/c/BatchNorm_Fold/Mul Mul net/c/BatchNorm/gamma net/c/BatchNorm_Fold/Rsqrt',
      'net/c/BatchNorm_Fold/Mul_1 Mul net/c/BatchNorm/moving_mean net/c/BatchNorm_Fold/Mul',
      'net/c/BatchNorm_Fold/biases Sub net/c/BatchNorm/beta net/c/BatchNorm_Fold/Mul_1',
      'net/c/Mul_fold Mul net/c/weights net/c/BatchNorm_Fold/Mul',
      'net/c/Conv2D Conv2D input net/c/Mul_fold',
      'net/c/Add_fold BiasAdd net/c/Conv2D net/c/BatchNorm_Fold/biases',
      'net/c/Relu Relu net/c/Add_fold',
    ]);
  });

  it.each(['FusedBatchNormV2', 'FusedBatchNormV3'])('FBN2: %s folds as FusedBatchNorm does, and new nodes are Add', (op) => {
    const net = new Net();
    net.math('net/c/Relu', 'Relu', net.batchNorm('net/c', net.conv('net/c', net.input(), 3, 4), 4, op));
    const { model } = run(net, ['net/c/Relu'], FOLD);
    expect(line(model.graph, 'net/c/BatchNorm_Fold/Add')).toBe('Add net/c/BatchNorm/moving_variance net/c/BatchNorm_Fold/eps');
    expect(model.graph.has(`net/c/BatchNorm/${op}`)).toBe(false);
  });

  it('FBN2: two layers in one scope get names of their own, at top level too', () => {
    const net = new Net();
    const first = net.batchNorm('a', net.add('Conv2D', 'Conv2D', [net.input(), net.weights('w', [1, 1, 3, 3])], convAttrs), 3);
    const second = net.batchNorm('b', net.add('Conv2D_1', 'Conv2D', [first, net.weights('w1', [1, 1, 3, 3])], convAttrs), 3);
    const { model } = run(net, [net.math('Relu', 'Relu', second)], FOLD);
    expect(line(model.graph, 'Add_fold_1')).toBe('BiasAdd Conv2D_1 BatchNorm_Fold_1/biases');
    expect(line(model.graph, 'Conv2D_1')).toBe('Conv2D Add_fold Mul_fold_1');
  });

  it('FBN3: the factors of a depthwise layer take the shape [channels, multiplier]', () => {
    const net = new Net();
    net.math('net/Relu', 'Relu', net.batchNorm('net/dw', net.depthwise('net/dw', net.input(), 3, 2), 6));
    const { model } = run(net, ['net/Relu'], FOLD);
    const shape = model.graph.node('net/dw/BatchNorm_Fold/Reshape/shape').attr('value');
    expect(shape?.kind === 'tensor' && [...new Int32Array(shape.value.bytes.slice().buffer)]).toEqual([3, 2]);
  });

  it('FBN5: small ops fold like a fused batch norm, whatever the order of their operands', () => {
    const net = new Net();
    const x = net.conv('net/c', net.input(), 3, 4);
    net.smallBatchNorm('net/c', x, 4, { add: 'AddV2' });
    const swapped = net.specs.map((spec) =>
      ['Add', 'AddV2', 'Mul'].includes(spec.op) ? { ...spec, inputs: [...(spec.inputs ?? [])].reverse() } : spec,
    );
    for (const specs of [net.specs, swapped]) {
      const one = new Net();
      one.specs.push(...specs);
      one.math('net/c/Relu', 'Relu', 'net/c/batchnorm/add_1');
      const { model, rules } = run(one, ['net/c/Relu'], FOLD);
      expect(rules).toContain('FBN5');
      expect(line(model.graph, 'net/c/Relu')).toBe('Relu net/c/Add_fold');
      expect(line(model.graph, 'net/c/BatchNorm_Fold/Mul')).toBe('Mul net/c/BatchNorm/gamma net/c/BatchNorm_Fold/Rsqrt');
      expect(model.graph.nodes.filter((node) => node.name.includes('batchnorm/'))).toEqual([]);
    }
  });

  it('FBN5: parts of a batch norm in small ops that others read stay', () => {
    const net = new Net();
    const bn = net.smallBatchNorm('net/c', net.conv('net/c', net.input(), 3, 4), 4);
    const other = net.math('net/other', 'Mul', net.conv('net/d', net.input('input2'), 3, 4), 'net/c/batchnorm/mul');
    const { model } = run(net, [net.math('net/add', 'Add', bn, other)], FOLD);
    expect(line(model.graph, 'net/other')).toBe('Mul net/d/Conv2D net/c/batchnorm/mul');
    expect(model.graph.has('net/c/batchnorm/Rsqrt')).toBe(true);
    expect(model.graph.has('net/c/batchnorm/sub')).toBe(false);
  });

  it('FBN6: training mode takes the moving averages; their updates go, and whoever waited for them', () => {
    const net = new Net();
    const bn = net.batchNorm('net/c', net.conv('net/c', net.input(), 3, 4), 4, 'FusedBatchNorm', true);
    for (const [scope, port, variable] of [
      ['AssignMovingAvg', 1, 'moving_mean'],
      ['AssignMovingAvg_1', 2, 'moving_variance'],
    ] as const) {
      net.math(`net/c/BatchNorm/${scope}/sub`, 'Sub', `net/c/BatchNorm/${variable}`, `${bn}:${port}`);
      net.math(`net/c/BatchNorm/${scope}`, 'AssignSub', `net/c/BatchNorm/${variable}`, `net/c/BatchNorm/${scope}/sub`);
    }
    net.specs.push({ name: 'train', op: 'NoOp', controls: ['net/c/BatchNorm/AssignMovingAvg', 'net/c/BatchNorm/AssignMovingAvg_1'] });
    const graph = net.math('net/c/Relu', 'Relu', bn);
    const { model, rules } = run(net, [graph], FOLD);
    expect(rules).toContain('FBN6');
    expect(model.graph.nodes.filter((node) => node.name.includes('AssignMovingAvg'))).toEqual([]);
    expect(model.graph.node('train').controls).toEqual([]);
  });

  it('FBN7: a folded output keeps its name and its readers read past it', () => {
    const net = new Net();
    const bn = net.batchNorm('net/c', net.conv('net/c', net.input(), 3, 4), 4);
    const relu = net.math('net/c/Relu', 'Relu', bn);
    const { model } = run(net, [bn, relu]);
    expect(line(model.graph, bn)).toBe('Identity net/c/Add_fold');
    expect(line(model.graph, relu)).toBe('Relu net/c/Add_fold');
  });

  it('FBN8: training mode without moving averages is left alone', () => {
    const net = new Net();
    const bn = net.batchNorm('net/c', net.conv('net/c', net.input(), 3, 4), 4, 'FusedBatchNorm', true);
    const { model, skipped } = run(net, [bn], FOLD);
    expect(skipped).toEqual([`FBN8 ${bn}`]);
    expect(model.graph.has(bn)).toBe(true);
  });

  it('FBN8: small ops over the statistics of the batch are left alone', () => {
    const net = new Net();
    const x = net.conv('net/c', net.input(), 3, 4);
    const bn = net.smallBatchNorm('net/c', x, 4);
    const batchMean = net.mean('net/c/moments', x, [0, 1, 2], false);
    const specs = net.specs.map((spec) =>
      spec.name === 'net/c/batchnorm/mul_2' ? { ...spec, inputs: [batchMean, 'net/c/batchnorm/mul'] } : spec,
    );
    const changed = new Net();
    changed.specs.push(
      ...specs.filter((spec) => spec.name.startsWith('net/c/moments')),
      ...specs.filter((spec) => !spec.name.startsWith('net/c/moments')),
    );
    expect(run(changed, [bn], FOLD).skipped).toEqual([`FBN8 ${bn}`]);
  });

  it('FBN9: a layer whose plain output is needed elsewhere is left alone; dead readers do not count', () => {
    const net = new Net();
    const x = net.conv('net/c', net.input(), 3, 4);
    const bn = net.batchNorm('net/c', x, 4);
    const sum = net.math('net/add', 'Add', bn, x);
    expect(run(net, [sum], FOLD).skipped).toEqual([`FBN9 ${bn}`]);
    expect(run(net, [bn, x], FOLD).skipped).toEqual([`FBN9 ${bn}`]);
    expect(run(net, [bn], FOLD).skipped).toEqual([]);
  });

  it('FBN9: so is one whose product with k is needed elsewhere', () => {
    const net = new Net();
    const bn = net.smallBatchNorm('net/c', net.conv('net/c', net.input(), 3, 4), 4);
    const sum = net.math('net/add', 'Add', bn, 'net/c/batchnorm/mul_1');
    expect(run(net, [sum], FOLD).skipped).toEqual([`FBN9 ${bn}`]);
  });

  it('FBN10: a batch norm without a layer before it is left alone, if an output depends on it', () => {
    const net = new Net();
    const before = net.batchNorm('net/first', net.input(), 3);
    const conv = net.bias('net/c', net.conv('net/c', before, 3, 4), 4);
    const small = net.smallBatchNorm('net/c', conv, 4);
    expect(run(net, [small], KEEP).skipped).toEqual([`FBN10 ${before}`, `FBN10 ${small}`]);
    expect(run(net, [conv], KEEP).skipped).toEqual([`FBN10 ${before}`]);
  });

  it('FBN11: transposed weights are left alone', () => {
    const net = new Net();
    const flat = net.add('flat', 'Reshape', [net.input(), net.ints('flat/shape', [-1, 192])], { T });
    const product = net.add('fc/MatMul', 'MatMul', [flat, net.weights('fc/w', [4, 192])], {
      T,
      transpose_b: { kind: 'bool', value: true },
    });
    const bn = net.smallBatchNorm('fc', product, 4);
    expect(run(net, [bn], FOLD).skipped).toEqual([`FBN11 ${bn}`]);
  });
});

const convAttrs = {
  T,
  strides: { kind: 'list', value: { strings: [], ints: [1, 1, 1, 1], floats: [], bools: [], types: [], shapes: [] } },
  padding: { kind: 'string', value: 'SAME' },
} as const;
