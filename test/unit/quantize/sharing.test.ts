import { describe, expect, it } from 'vitest';
import { validateGraph } from '../../../worker/graph/validate.ts';
import { readQuantizers, thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import type { TransformResult } from '../../../worker/transforms/transform.ts';
import { Net } from './nets.ts';

/** Shared thresholds: variable → sorted members. */
function groups({ model }: TransformResult): Record<string, string[]> {
  const shared = thresholdVariables(model.graph).filter(({ name }) => name.endsWith('/m_threshold'));
  return Object.fromEntries(shared.map(({ name, members }) => [name, members.map((member) => member.name).sort()]));
}

describe('QNT13 … QNT17 which quantizers share a threshold', () => {
  it('QNT13 accumulator and bias', () => {
    const net = new Net();
    net.conv('net/c1', net.input());
    const result = net.quantized();
    expect(groups(result)).toEqual({
      'net/c1/BiasAdd_layer_bias_quant_merge/m_threshold': ['net/c1/Conv2D_layer_quant', 'net/c1/biases_bias_quant'],
    });
    expect(result.model.graph.has('net/c1/Conv2D_layer_quant/threshold')).toBe(false);
    expect(result.model.graph.node('net/c1/Conv2D_layer_quant/pof2').inputs).toEqual([
      'net/c1/BiasAdd_layer_bias_quant_merge/m_threshold/read',
    ]);
    validateGraph(result.model.graph);
  });

  it('QNT14 the two sides of a leaky relu', () => {
    const net = new Net();
    const x = net.conv('c1', net.input());
    net.node('c1/Maximum', 'Maximum', [net.node('c1/mul', 'Mul', [x, net.constant('c1/alpha', 0.1)]), x]);
    expect(groups(net.quantized())).toMatchObject({
      'c1/Maximum_leakyrelu_quant_merge/m_threshold': ['c1/BiasAdd_biasadd_quant', 'c1/mul_lrelu_alpha_x_quant'],
    });
  });

  it.each(['Add', 'AddV2'])('QNT15, QNT16 the operands of a residual %s', (op) => {
    const net = new Net();
    const x = net.convRelu('u/c0', net.input());
    net.node('u/add1', op, [net.conv('u/a', x), net.conv('u/b', x)]);
    net.node('u/add2', op, [net.node('u/add2_eltw_rescale_0', 'Identity', [x]), net.conv('u/c', x)]);
    expect(groups(net.quantized())).toMatchObject({
      'u/add1_eltw_biasadd_quant_merge/m_threshold': ['u/a/BiasAdd_biasadd_quant', 'u/b/BiasAdd_biasadd_quant'],
      'u/add2_eltw_rescale_quant_merge/m_threshold': ['u/add2_eltw_rescale_0_eltw_rescale_quant', 'u/c/BiasAdd_biasadd_quant'],
    });
  });

  it('QNT16 two rescales of one sum stay apart', () => {
    const net = new Net();
    const x = net.input();
    net.node('add', 'Add', [net.node('add_eltw_rescale_0', 'Identity', [x]), net.node('add_eltw_rescale_1', 'Identity', [x])]);
    expect(groups(net.quantized())).toEqual({});
  });

  it('QNT17 all inputs of a concat, and a lone quantized one', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    net.concat('m/k', net.convRelu('m/a', x), net.convRelu('m/b', x), net.node('m/k_concat_rescale_2', 'Identity', [x]));
    net.concat('lone', net.node('float', 'Sigmoid', [x]), net.convRelu('z', x));
    expect(groups(net.quantized())).toMatchObject({
      'm/k_act_quant_concat_merge/m_threshold': ['m/a/Relu_act_quant', 'm/b/Relu_act_quant', 'm/k_concat_rescale_2_concat_rescale_quant'],
      'z/Relu_act_quant/lone_act_quant_concat_merge/m_threshold': ['z/Relu_act_quant'],
    });
    const lone = readQuantizers(net.quantized().model.graph).find(({ name }) => name === 'z/Relu_act_quant');
    expect(lone?.group).toBeUndefined();
  });
});

describe('QNT18 … QNT21 where groups meet', () => {
  it('QNT18 two groups of one name get different variables', () => {
    const net = new Net();
    const x = net.input();
    for (const branch of ['a', 'b']) {
      const y = net.conv(`mix/${branch}/conv`, x);
      net.node(`mix/${branch}_lk/Maximum`, 'Maximum', [
        net.node(`mix/${branch}_lk/mul`, 'Mul', [net.constant(`mix/${branch}_lk/alpha`), y]),
        y,
      ]);
    }
    const result = net.quantized();
    expect(Object.keys(groups(result)).filter((name) => name.includes('leakyrelu'))).toEqual([
      'mix/Maximum_leakyrelu_quant_merge/m_threshold',
      'mix/Maximum_leakyrelu_quant_merge_1/m_threshold',
    ]);
    validateGraph(result.model.graph);
  });

  it('QNT19 groups that have a quantizer in common are one, however long the chain', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    const [a = '', b = '', c = '', d = ''] = ['a', 'b', 'c', 'd'].map((scope) => net.convRelu(scope, x));
    net.concat('k1', a, b);
    net.concat('k2', c, d);
    net.concat('k3', b, c);
    const result = net.quantized();
    expect(Object.entries(groups(result)).filter(([, members]) => members[0]?.includes('Relu'))).toEqual([
      ['a/Relu_act_quant/k1_act_quant_concat_merge/m_threshold', ['a', 'b', 'c', 'd'].map((scope) => `${scope}/Relu_act_quant`)],
    ]);
    const [change] = result.changes.filter(({ rule }) => rule === 'QNT19');
    expect(change?.summary).toBe('4 quantizers at k1, k2, k3 share one threshold');
    validateGraph(result.model.graph);
  });

  it('QNT19 of a biased layer in two sums all operands share one threshold', () => {
    const net = new Net();
    const x = net.convRelu('u/c0', net.input());
    const [a = '', b = '', c = ''] = ['a', 'b', 'c'].map((scope) => net.conv(`u/${scope}`, x));
    net.relu('u/r1', net.node('u/add1', 'Add', [a, b]));
    net.relu('u/r2', net.node('u/add2', 'Add', [b, c]));
    const sums = Object.entries(groups(net.quantized())).filter(([name]) => name.includes('eltw'));
    expect(sums).toEqual([
      ['u/add1_eltw_biasadd_quant_merge/m_threshold', ['a', 'b', 'c'].map((scope) => `u/${scope}/BiasAdd_biasadd_quant`)],
    ]);
  });

  it('QNT20 one signed member makes all of a chain of groups signed', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    const y = net.conv('l', x);
    const leaky = net.node('l/Maximum', 'Maximum', [net.node('l/mul', 'Mul', [net.constant('l/alpha'), y]), y]);
    const [a = '', b = ''] = ['a', 'b'].map((scope) => net.convRelu(scope, x));
    net.concat('k1', a, b);
    net.concat('k2', b, leaky);
    const { model, warnings } = net.quantized();
    const signs = Object.fromEntries(readQuantizers(model.graph).map(({ name, signed }) => [name, signed]));
    expect([signs['a/Relu_act_quant'], signs['b/Relu_act_quant'], signs['c0/Relu_act_quant']]).toEqual([true, true, false]);
    expect(warnings.filter(({ rule }) => rule === 'QNT20')).toHaveLength(2);
  });

  it('QNT20 an unsigned activation beside a signed one in a concat becomes signed', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    const y = net.conv('l', x);
    const leaky = net.node('l/Maximum', 'Maximum', [net.node('l/mul', 'Mul', [net.constant('l/alpha'), y]), y]);
    net.concat('k', net.convRelu('r', x), leaky);
    const result = net.quantized();
    const formats = Object.fromEntries(readQuantizers(result.model.graph).map(({ name, signed, bits }) => [name, { signed, bits }]));
    expect([formats['r/Relu_act_quant'], formats['l/Maximum_act_quant']]).toEqual(Array(2).fill({ signed: true, bits: 8 }));
    expect(result.warnings.map(({ rule }) => rule)).toContain('QNT20');
  });

  it('QNT20 different bit-widths cannot share: an error that names the op and the members', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    net.concat('k', net.convRelu('r', x), net.node('k_concat_rescale_1', 'Identity', [net.conv('l', x)]), net.conv('z', x));
    expect(() => net.quantized({ relu_bits: 4 })).toThrow(expect.objectContaining({ code: 'quantizer-conflict', about: 'k' }));
  });

  it('QNT21 layers that share a bias share one threshold, so that both sums stay exact', () => {
    const net = new Net();
    const bias = net.variable('bias');
    net.conv('b', net.relu('r', net.conv('a', net.input(), { bias })), { bias });
    const result = net.quantized();
    expect(Object.values(groups(result))).toEqual([['a/Conv2D_layer_quant', 'b/Conv2D_layer_quant', 'bias_bias_quant']]);
    expect(result.warnings.map(({ rule }) => rule)).not.toContain('QNT19');
    validateGraph(result.model.graph);
  });
});
