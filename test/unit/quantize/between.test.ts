import { describe, expect, it } from 'vitest';
import { validateGraph } from '../../../worker/graph/validate.ts';
import { signedBits } from '../../../worker/quantize/fixedPoint.ts';
import { readQuantizers, thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import { completeOptions } from '../../../worker/transforms/options.ts';
import { NO_CONTEXT, runTransforms } from '../../../worker/transforms/pipeline.ts';
import { quantize } from '../../../worker/transforms/quantize.ts';
import type { TransformResult } from '../../../worker/transforms/transform.ts';
import { Net } from './nets.ts';

/** `name: bits` of the quantizers that rule QNT50 placed, sorted. */
function between({ model, changes }: TransformResult): string[] {
  validateGraph(model.graph);
  const made = new Set(changes.filter(({ rule }) => rule === 'QNT50').map(({ after }) => after[0]));
  return readQuantizers(model.graph)
    .filter(({ node }) => made.has(node))
    .map((quantizer) => `${quantizer.name}: ${signedBits(quantizer)}`)
    .sort();
}

function groups({ model }: TransformResult): Record<string, string[]> {
  const shared = thresholdVariables(model.graph).filter(({ name }) => name.includes('eltw_quant_merge'));
  return Object.fromEntries(shared.map(({ name, members }) => [name, members.map((member) => member.name).sort()]));
}

/** A sum of two values that were rescaled on their own: no layer ends in it. */
function bareSum(net: Net, name: string, a: string, b: string): string {
  const [left, right] = [a, b].map((x, slot) => net.node(`${name}_eltw_rescale_${slot}`, 'Identity', [x]));
  return net.node(name, 'Add', [left ?? '', right ?? '']);
}

describe('QNT50 what a quantized layer reads lies on a grid', () => {
  it('QNT50 a sum that no layer ends in is quantized where a quantized layer reads it', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    net.conv('c1', bareSum(net, 'add', x, net.convRelu('a', x)));
    const result = net.quantized({ remaining: 'quantize' });
    expect(between(result)).toEqual(['add_eltwadd_quant: -8']);
    expect(result.model.graph.node('c1/Conv2D').inputs[0]).toBe('add_eltwadd_quant/LinearQuant');
    expect(result.skipped).toEqual([]);
  });

  it('QNT50 … which by default is left to graphs that Graffitist refuses: this one it takes, and leaves the sum in float', () => {
    const net = (opOfSum: string): Net => {
      const made = new Net();
      const x = made.convRelu('c0', made.input());
      made.conv('c1', made.node('add', opOfSum, [made.node('p', 'MaxPool', [x]), made.convRelu('a', x)]));
      return made;
    };
    const { model, skipped } = net('Add').quantized();
    expect(model.graph.node('c1/Conv2D').inputs[0]).toBe('add');
    expect(skipped).toMatchObject([{ rule: 'QNT22', node: 'add', remedy: expect.stringContaining('remaining=quantize') }]);
    expect(between(net('AddV2').quantized())).toEqual(['add_eltwadd_quant: 8']);
    expect(between(net('AddV2').quantized({ remaining: 'float' }))).toEqual([]);
  });

  it('QNT50 what counts is the graph as it was opened: with --superuser Graffitist takes any', () => {
    const net = new Net();
    net.conv('c1', net.node('sigmoid', 'Sigmoid', [net.conv('c0', net.input())]));
    const quantized = (taken: object) => quantize.apply({ ...net.model(), ...taken }, completeOptions(quantize, {}), NO_CONTEXT);
    expect(between(quantized({}))).toEqual(['sigmoid_act_quant: 8']);
    expect(between(quantized({ refused: false }))).toEqual([]);
    const small = new Net();
    small.node('sigmoid', 'Sigmoid', [small.input()]);
    const [first] = runTransforms(small.model('sigmoid'), [{ id: '1', transform: 'fix_input_shape', options: {}, bypassed: false }]);
    expect(first?.model.refused).toBe(true);
  });

  it('QNT50 a sum of three is quantized in either, its last operand sum or layer', () => {
    const net = new Net();
    const x = net.convRelu('u/c0', net.input());
    const pools = ['a', 'b', 'c'].map((name) => net.node(`u/${name}`, 'MaxPool', [x]));
    net.conv('u/c1', net.node('u/add2', 'Add', [net.node('u/add1', 'Add', pools.slice(0, 2)), pools[2] ?? '']));
    expect(between(net.quantized())).toEqual(['u/add1_eltwadd_quant: 8', 'u/add2_eltwadd_quant: 8']);
    expect(between(net.quantized({ remaining: 'float' }))).toEqual([]);
  });

  it('QNT50 … and left as the original has it where the network ends there', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    net.relu('r', bareSum(net, 'add', x, net.convRelu('a', x)));
    expect(between(net.quantized())).toEqual([]);
  });

  it('QNT50 the relu behind the last sum of a chain has one unsigned quantizer, the sum none', () => {
    const net = new Net();
    const x = net.convRelu('u/c0', net.input());
    const add1 = net.node('u/add1', 'Add', [net.conv('u/a', x), net.conv('u/b', x)]);
    const add2 = net.node('u/add2', 'Add', [add1, net.node('u/add2_eltw_rescale_1', 'Identity', [x])]);
    net.conv('u/c1', net.relu('u/r', add2));
    const result = net.quantized();
    expect(between(result)).toEqual(['u/r_act_quant: 8']);
    expect(result.skipped).toEqual([]);
  });

  it('QNT53 the operands of such a sum share one scale', () => {
    const net = new Net();
    const x = net.convRelu('u/c0', net.input());
    const add1 = net.node('u/add1', 'Add', [net.conv('u/a', x), net.conv('u/b', x)]);
    net.conv('u/c1', net.relu('u/r', net.node('u/add2', 'Add', [add1, net.node('u/add2_eltw_rescale_1', 'Identity', [x])])));
    expect(groups(net.quantized())).toEqual({
      'u/add2_eltw_quant_merge/m_threshold': ['u/add1_eltwadd_quant', 'u/add2_eltw_rescale_1_eltw_rescale_quant'],
    });
  });

  it('QNT53 a value that is unsigned, or of another width, keeps its own scale', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    net.conv('c1', net.node('add', 'Add', [net.node('pool', 'MaxPool', [x]), net.node('other', 'MaxPool', [net.convRelu('a', x)])]));
    const result = net.quantized({ remaining: 'quantize' });
    expect(between(result)).toEqual(['add_eltwadd_quant: 8']);
    expect(groups(result)).toEqual({});
  });

  it('QNT50 swish: the sigmoid is unsigned, the product signed', () => {
    const net = new Net();
    const x = net.conv('c0', net.input());
    net.conv('c1', net.node('swish', 'Mul', [x, net.node('sigmoid', 'Sigmoid', [x])]));
    const result = net.quantized();
    expect(between(result)).toEqual(['sigmoid_act_quant: 8', 'swish_act_quant: -8']);
    expect(result.skipped).toEqual([]);
  });

  it('QNT50 a constant that data is multiplied with is quantized as weights are', () => {
    const net = new Net();
    net.conv('c0', net.node('scaled', 'Mul', [net.input(), net.constant('k', 1 / 127.5)]));
    expect(between(net.quantized({ weight_bits: -6, remaining: 'quantize' }))).toEqual(['k_weight_quant: -6', 'scaled_act_quant: -8']);
  });

  it('QNT50 nothing is quantized behind a layer that stays in float', () => {
    const net = new Net();
    const float = net.node('f/Conv2D', 'Conv2D', [net.input(), net.variable('f/weights')]);
    net.conv('c1', net.node('sum', 'Add', [net.relu('r', float), net.node('p', 'MaxPool', [float])]));
    expect(between(net.quantized())).toEqual([]);
  });
});

describe('QNT52 leaky relu behind a residual sum', () => {
  it('QNT52 the sum at layer bits, sharing with its slope times itself; the layer as in a residual', () => {
    const net = new Net();
    const x = net.convRelu('u/c0', net.input());
    const sum = net.node('u/add', 'Add', [net.node('u/add_eltw_rescale_0', 'Identity', [x]), net.conv('u/a', x)]);
    net.node('u/Maximum', 'Maximum', [net.node('u/mul', 'Mul', [sum, net.constant('u/alpha', 0.1)]), sum]);
    const { model, skipped } = net.quantized();
    const table = Object.fromEntries(readQuantizers(model.graph).map((quantizer) => [quantizer.name, signedBits(quantizer)]));
    expect(table).toMatchObject({
      'u/a/BiasAdd_biasadd_quant': -8,
      'u/add_eltw_rescale_0_eltw_rescale_quant': -8,
      'u/add_eltwadd_quant': -16,
      'u/alpha_lrelu_weight_quant': -16,
      'u/mul_lrelu_alpha_x_quant': -16,
      'u/Maximum_act_quant': -8,
    });
    const [leaky] = thresholdVariables(model.graph).filter(({ name }) => name.includes('leakyrelu_quant_merge'));
    expect(leaky?.members.map(({ name }) => name)).toEqual(['u/add_eltwadd_quant', 'u/mul_lrelu_alpha_x_quant']);
    expect(skipped).toEqual([]);
  });
});

describe('QNT54 a bias is one number per channel', () => {
  const bitsOf = (net: Net) =>
    Object.fromEntries(readQuantizers(net.quantized({ missing_bias: 'float' }).model.graph).map((q) => [q.name, signedBits(q)]));

  it('QNT54 another branch that is added to a layer without bias is no bias', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    const layer = net.node('a/Conv2D', 'Conv2D', [x, net.variable('a/weights')]);
    net.node('add', 'Add', [layer, net.node('pool', 'MaxPool', [x])]);
    const table = bitsOf(net);
    expect(Object.keys(table).filter((name) => /pool|^a\//.test(name))).toEqual([]);
  });

  it.each([
    ['a vector', [4], true],
    ['a vector with leading ones', [1, 1, 4], true],
    ['an image', [2, 2, 4], false],
  ] as const)('QNT54 a constant that is %s', (_, shape, isBias) => {
    const net = new Net();
    const layer = net.node('a/Conv2D', 'Conv2D', [net.input(), net.variable('a/weights')]);
    net.node('add', 'AddV2', [layer, net.tensor('b', shape)]);
    expect('b_bias_quant' in bitsOf(net)).toBe(isBias);
  });
});

describe('QNT8 input_bits', () => {
  const inputBits = (options: Record<string, number>) => {
    const net = new Net();
    net.convRelu('c', net.input());
    return readQuantizers(net.quantized(options).model.graph)
      .filter(({ kind }) => kind === 'input')
      .map(signedBits);
  };

  it('QNT8 inputs have activation bits unless told otherwise', () => {
    expect(inputBits({ activation_bits: -7 })).toEqual([-7]);
    expect(inputBits({ activation_bits: -7, input_bits: 8 })).toEqual([8]);
  });
});

describe('QNT57 an unsigned quantizer behind an average of signed values', () => {
  it('QNT57 is warned about; a signed one, or an average of relus, is not', () => {
    const warned = (bits: number, unsigned: boolean) => {
      const net = new Net();
      net.node('pool', 'AvgPool', [unsigned ? net.convRelu('c', net.input()) : net.input()]);
      return net
        .quantized({ avgpool_bits: bits })
        .warnings.filter(({ rule }) => rule === 'QNT57')
        .map(({ node }) => node);
    };
    expect([warned(8, false), warned(-8, false), warned(8, true)]).toEqual([['pool'], [], []]);
  });
});
