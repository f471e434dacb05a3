import { describe, expect, it } from 'vitest';
import { Net } from './nets.ts';

function skipped(build: (net: Net, x: string) => void): Record<string, string> {
  const net = new Net();
  build(net, net.convRelu('c0', net.input()));
  return Object.fromEntries(net.quantized().skipped.map(({ node, reason }) => [node, reason]));
}

describe('QNT22 why was this left in float', () => {
  it('QNT22 nothing to say about a plain network', () => {
    expect(skipped((net, x) => net.conv('c1', net.node('pool', 'MaxPool', [x])))).toEqual({});
  });

  it('QNT22 a layer without a bias, and the relu behind it', () => {
    const found = skipped((net, x) => net.relu('r', net.node('c1/Conv2D', 'Conv2D', [x, net.variable('w')])));
    expect(found).toEqual({
      'c1/Conv2D': "no bias is added to its output: its output goes to 'r' (Relu)",
      r: expect.stringContaining('does not follow the bias'),
    });
  });

  it('QNT22 layers with "gru" in their name', () => {
    expect(skipped((net, x) => net.conv('gru/c', x))['gru/c/Conv2D']).toMatch(/"gru"/);
  });

  it('QNT22 a product of two activations, and one whose weights are computed', () => {
    const found = skipped((net, x) => {
      net.node('qk/add', 'Add', [net.node('qk', 'MatMul', [x, net.node('t', 'Transpose', [x])]), net.constant('b')]);
      net.conv('c2', x, { weights: net.node('w', 'Reshape', [net.variable('v'), net.constant('shape')]) });
    });
    expect(Object.keys(found)).toEqual(['qk', 'qk/add', 'c2/Conv2D']);
    expect(found['c2/Conv2D']).toMatch(/variable, a constant or a folded weight/);
  });

  it('QNT22 a factor between layer and bias', () => {
    const found = skipped((net, x) => {
      const scaled = net.node('mul', 'Mul', [net.node('c1', 'Conv2D', [x, net.variable('w')]), net.constant('k')]);
      net.node('add', 'Add', [scaled, net.variable('b')]);
    });
    expect(found.c1).toMatch(/'mul' multiplies its output/);
  });

  it('QNT22 sums, activations and batch norms that no pattern covers', () => {
    const found = skipped((net, x) => {
      const sum = net.node('sum', 'Add', [x, net.node('p', 'MaxPool', [x])]);
      net.relu('after_sum', sum);
      net.node('gate', 'Sigmoid', [x]);
      net.node('bn', 'FusedBatchNormV3', [x, net.constant('g'), net.constant('b'), net.constant('m'), net.constant('v')]);
    });
    expect(Object.keys(found)).toEqual(['sum', 'after_sum', 'gate', 'bn']);
    expect(found.gate).toMatch(/Sigmoid has no fixed-point form/);
    expect(found.bn).toMatch(/not folded/);
  });

  it('QNT22 a sum whose operands were rescaled on their own', () => {
    const found = skipped((net, x) => {
      const marker = (slot: number, operand: string) => net.node(`add/add_eltw_rescale_${slot}`, 'Identity', [operand]);
      net.node('add/add', 'AddV2', [marker(0, x), marker(1, net.conv('c1', x))]);
    });
    expect(found).toEqual({ 'add/add': expect.stringContaining('rescaled on their own') });
  });

  it('QNT22 a relu on quantized values stays on their grid', () => {
    expect(skipped((net, x) => net.relu('r', net.node('pool', 'MaxPool', [x])))).toEqual({});
  });

  it('QNT22 arithmetic on weights alone is no concern', () => {
    expect(skipped((net) => net.node('fold', 'Add', [net.variable('a'), net.variable('b')]))).toEqual({});
  });

  it('QNT22 a graph folded for training is an error that names the layer', () => {
    const build = () =>
      skipped((net, x) => {
        const correction = net.node('c1/correction', 'Mul', [
          net.node('c1/Conv2D_Fold', 'Conv2D', [x, net.variable('w')]),
          net.constant('k'),
        ]);
        net.node('c1/Add_fold', 'BiasAdd', [correction, net.variable('b')]);
      });
    expect(build).toThrow(expect.objectContaining({ code: 'op-training', about: 'c1/Conv2D_Fold' }));
  });
});
