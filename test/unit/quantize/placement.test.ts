import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../worker/graph/graph.ts';
import { signedBits } from '../../../worker/quantize/fixedPoint.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { completeOptions } from '../../../worker/transforms/options.ts';
import { NO_CONTEXT } from '../../../worker/transforms/pipeline.ts';
import { quantize } from '../../../worker/transforms/quantize.ts';
import { Net } from './nets.ts';

/** Quantizers as `name: bits`, floor marked, sorted. */
function table(graph: Graph): string[] {
  return readQuantizers(graph)
    .map((quantizer) => `${quantizer.name}: ${signedBits(quantizer)}${quantizer.rounding === 'round' ? '' : ` ${quantizer.rounding}`}`)
    .sort();
}

/** What every quantized layer has. */
const layer = (scope: string) => [
  `${scope}/Conv2D_layer_quant: -16`,
  `${scope}/biases_bias_quant: -16`,
  `${scope}/weights_weight_quant: -8`,
];

describe('QNT28 element types', () => {
  const DOUBLE = { T: { kind: 'type', value: 'float64' } } as const;

  it.each(['Placeholder', 'Cast'])('a layer in float64 has float64 quantizers: behind a %s', (op) => {
    const net = new Net();
    const double = { dtype: DOUBLE.T };
    const x =
      op === 'Placeholder'
        ? net.node('input', op, [], double)
        : net.node('cast', op, [net.input()], { SrcT: { kind: 'type', value: 'float32' }, DstT: DOUBLE.T });
    const layer = net.node('c1/Conv2D', 'Conv2D', [x, net.node('c1/weights', 'VariableV2', [], double)], DOUBLE);
    net.node('c1/BiasAdd', 'BiasAdd', [layer, net.node('c1/biases', 'VariableV2', [], double)], DOUBLE);
    const { graph } = net.quantized().model;
    const made = graph.nodes.filter(({ name }) => name.includes('_quant/') && (op === 'Placeholder' || !name.startsWith('input_')));
    expect(made.length).toBeGreaterThan(60);
    for (const node of made) expect(node.attr('dtype') ?? node.attr('T'), node.name).toEqual(DOUBLE.T);
  });

  it('other types are refused', () => {
    const net = new Net();
    net.node('half', 'Placeholder', [], { dtype: { kind: 'type', value: 'float16' } });
    expect(() => net.quantized()).toThrow(/'half' is float16; quantizers take float32 and float64/);
  });
});

describe('QNT29 first and last layer', () => {
  it('a name that no layer answers to is told', () => {
    const net = new Net();
    net.convRelu('c1', net.input());
    const { warnings } = net.quantized({ weight_bits: -4, first_layer: 'c1/any', last_layer: 'c2/Conv2D' });
    expect(warnings).toEqual([expect.objectContaining({ rule: 'QNT29', node: 'c2/Conv2D' })]);
  });
});

describe('QNT3 … QNT6 compute layers', () => {
  it('QNT3 a layer with relu: weights, accumulator, bias, activation', () => {
    const net = new Net();
    const out = net.convRelu('c1', net.input());
    const { graph } = net.quantized({}, out).model;
    expect(table(graph)).toEqual([...layer('c1'), 'c1/Relu_act_quant: 8', 'input_inp_quant: -8'].sort());
    expect(graph.node('c1/Conv2D').inputs).toEqual(['input_inp_quant/LinearQuant', 'c1/weights_weight_quant/LinearQuant']);
    expect(graph.node('c1/BiasAdd').inputs).toEqual(['c1/Conv2D_layer_quant/LinearQuant', 'c1/biases_bias_quant/LinearQuant']);
    expect(graph.node('c1/Relu').inputs).toEqual(['c1/BiasAdd']);
  });

  it('QNT3 Relu6, Add and AddV2 stand where Relu and BiasAdd stand', () => {
    for (const add of ['Add', 'AddV2']) {
      const net = new Net();
      const x = net.node('fc/MatMul', 'MatMul', [net.input(), net.constant('fc/w')]);
      net.relu('fc/Relu6', net.node('fc/add', add, [net.constant('fc/b'), x]), 'Relu6');
      expect(table(net.quantized().model.graph)).toEqual(
        [
          'fc/MatMul_layer_quant: -16',
          'fc/Relu6_act_quant: 8',
          'fc/b_bias_quant: -16',
          'fc/w_weight_quant: -8',
          'input_inp_quant: -8',
        ].sort(),
      );
    }
  });

  it('QNT6 a layer without activation: its biased output, signed', () => {
    const net = new Net();
    net.conv('c1', net.input());
    expect(table(net.quantized().model.graph)).toEqual([...layer('c1'), 'c1/BiasAdd_biasadd_quant: -8', 'input_inp_quant: -8'].sort());
  });

  it('QNT4 leaky relu: 16 bits inside, activation bits outside', () => {
    const net = new Net();
    const x = net.conv('c1', net.input());
    const scaled = net.node('c1/mul', 'Mul', [net.constant('c1/alpha', 0.1), x]);
    net.node('c1/Maximum', 'Maximum', [scaled, x]);
    expect(table(net.quantized().model.graph)).toEqual(
      [
        ...layer('c1'),
        'c1/BiasAdd_biasadd_quant: -16',
        'c1/alpha_lrelu_weight_quant: -16',
        'c1/mul_lrelu_alpha_x_quant: -16',
        'c1/Maximum_act_quant: -8',
        'input_inp_quant: -8',
      ].sort(),
    );
  });

  it('QNT5 a residual sum of two layers, with and without relu', () => {
    const sum = (relu: boolean) => {
      const net = new Net();
      const x = net.input();
      const add = net.node('add', 'Add', [net.conv('a', x), net.conv('b', x)]);
      if (relu) net.relu('r', add);
      return table(net.quantized().model.graph);
    };
    const both = [...layer('a'), ...layer('b'), 'a/BiasAdd_biasadd_quant: -8', 'b/BiasAdd_biasadd_quant: -8', 'input_inp_quant: -8'];
    expect(sum(true)).toEqual([...both, 'r_act_quant: 8'].sort());
    expect(sum(false)).toEqual([...both, 'add_eltwadd_quant: -8'].sort());
  });

  it('QNT6 of two patterns that reach a layer the earlier wins, and it is quantized once', () => {
    const net = new Net();
    const x = net.conv('c1', net.input());
    net.relu('r', x);
    net.node('other', 'Identity', [x]);
    const names = readQuantizers(net.quantized().model.graph).map(({ name }) => name);
    expect(names.filter((name) => name.startsWith('c1/BiasAdd'))).toEqual([]);
    expect(names).toContain('r_act_quant');
  });

  it('QNT3 weights are variables, their reads, casts of those, resources, constants and folded products', () => {
    const forms: readonly (readonly [producer: string, weights: (net: Net) => string])[] = [
      ['w', (net) => net.variable('w')],
      ['w', (net) => net.node('w/read', 'Identity', [net.variable('w')])],
      ['cast', (net) => net.node('cast', 'Cast', [net.node('w/read', 'Identity', [net.variable('w')])])],
      ['c1/ReadVariableOp', (net) => net.node('c1/ReadVariableOp', 'ReadVariableOp', [net.node('w', 'VarHandleOp', [])])],
      ['k', (net) => net.constant('k')],
      ['fold', (net) => net.node('fold', 'Mul', [net.variable('w'), net.constant('f')])],
    ];
    for (const [producer, weights] of forms) {
      const net = new Net();
      net.conv('c1', net.input(), { weights: weights(net) });
      expect(table(net.quantized().model.graph)).toContain(`${producer}_weight_quant: -8`);
    }
  });

  it('QNT7 first and last layer keep 8-bit weights', () => {
    const net = new Net();
    net.conv('last', net.convRelu('mid', net.convRelu('first', net.input())));
    const { graph } = net.quantized({ weight_bits: -4, first_layer: 'first/Conv2D', last_layer: 'last/any' }).model;
    const bits = Object.fromEntries(readQuantizers(graph).map((quantizer) => [quantizer.name, signedBits(quantizer)]));
    expect(['first', 'mid', 'last'].map((scope) => bits[`${scope}/weights_weight_quant`])).toEqual([-8, -4, -8]);
  });
});

describe('QNT8 … QNT12 everything else', () => {
  it('QNT8 every listed input is quantized, once', () => {
    const net = new Net();
    net.node('sum', 'Add', [net.input('a'), net.input('b')]);
    expect(table(net.quantized().model.graph)).toEqual(['a_inp_quant: -8', 'b_inp_quant: -8']);
  });

  it('QNT8 an input that is not in the graph is an error that names it', () => {
    const net = new Net();
    net.input();
    const model = { ...net.model(), inputs: ['nowhere'] };
    expect(() => quantize.apply(model, completeOptions(quantize, {}), NO_CONTEXT)).toThrow(/'nowhere' is not in the graph/);
  });

  it('QNT9 depthwise straight into a convolution: activation bits on the depthwise output', () => {
    const net = new Net();
    const depthwise = net.node('sep/depthwise', 'DepthwiseConv2dNative', [net.input(), net.variable('sep/dw')]);
    net.conv('sep', depthwise);
    expect(table(net.quantized({ activation_bits: -7 }).model.graph)).toEqual(
      [
        ...layer('sep'),
        'sep/BiasAdd_biasadd_quant: -7',
        'sep/depthwise_layer_quant: -7',
        'sep/dw_weight_quant: -8',
        'input_inp_quant: -7',
      ].sort(),
    );
  });

  it('QNT10 a rescale marker of a sum', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    const marker = net.node('add_eltw_rescale_0', 'Identity', [x]);
    net.node('add', 'Add', [marker, net.conv('c1', x)]);
    expect(table(net.quantized().model.graph)).toContain('add_eltw_rescale_0_eltw_rescale_quant: -8');
  });

  it('QNT11 a rescale marker of a concat takes the sign of its last quantized input', () => {
    const sign = (second: (net: Net, x: string) => string) => {
      const net = new Net();
      const x = net.convRelu('c0', net.input());
      const marker = net.node('k_concat_rescale_0', 'Identity', [net.node('pool', 'MaxPool', [x])]);
      net.concat('k', marker, second(net, x));
      return table(net.quantized({ activation_bits: -7, relu_bits: 6 }).model.graph).find((row) => row.startsWith('k_concat_rescale'));
    };
    expect(sign((net, x) => net.convRelu('b', x))).toBe('k_concat_rescale_0_concat_rescale_quant: 6');
    expect(sign((net, x) => net.conv('b', x))).toBe('k_concat_rescale_0_concat_rescale_quant: -7');
  });

  it('QNT11 where no input of a concat is quantized yet, the signs before the markers decide', () => {
    const bits = (branch: (net: Net, x: string) => string) => {
      const net = new Net();
      const x = net.convRelu('c0', net.input());
      net.concat('k', net.node('k_concat_rescale_0', 'Identity', [branch(net, x)]), net.node('k_concat_rescale_1', 'Identity', [x]));
      return table(net.quantized().model.graph).filter((row) => row.startsWith('k_concat_rescale'));
    };
    const rows = (bit: number) => [0, 1].map((slot) => `k_concat_rescale_${slot}_concat_rescale_quant: ${bit}`);
    expect(bits((net, x) => net.convRelu('b', x, 'Relu6'))).toEqual(rows(8));
    expect(bits((net, x) => net.node('pool', 'MaxPool', [x]))).toEqual(rows(8));
    expect(bits((net, x) => net.conv('b', x))).toEqual(rows(-8));
  });

  it.each(['last', 'first'])('QNT51 a branch of both signs beside a relu: all inputs of the concat are signed, the relu %s', (place) => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    const linear = net.node('k_concat_rescale_1', 'Identity', [net.conv('b', x)]);
    const relu = net.convRelu('a', x);
    net.concat('k', ...(place === 'last' ? [linear, relu] : [relu, linear]));
    const { model, warnings } = net.quantized();
    expect(table(model.graph).filter((row) => /^(k_|a\/Relu)/.test(row))).toEqual([
      'a/Relu_act_quant: -8',
      'k_concat_rescale_1_concat_rescale_quant: -8',
    ]);
    expect(warnings.map(({ rule, node }) => `${rule} ${node}`)).toEqual(['QNT51 k_concat_rescale_1', 'QNT20 k']);
  });

  it('QNT51 an average pool of signed values that gets an unsigned quantizer is no reason to sign its concat', () => {
    const net = new Net();
    const pool = net.node('pool', 'AvgPool', [net.input()]);
    net.concat('k', net.convRelu('a', 'input'), net.node('k_concat_rescale_1', 'Identity', [pool]));
    const rescale = (bits: number) => table(net.quantized({ avgpool_bits: bits }).model.graph).find((row) => row.startsWith('k_'));
    expect(rescale(8)).toBe('k_concat_rescale_1_concat_rescale_quant: 8');
    expect(rescale(-8)).toBe('k_concat_rescale_1_concat_rescale_quant: -8');
  });

  it('QNT12 an average pool as a convolution: floored output, reciprocal of its own width', () => {
    const net = new Net();
    net.node('pool_from_avgpool', 'DepthwiseConv2dNative', [net.input(), net.constant('reciprocal', 0.25)]);
    expect(table(net.quantized({ avgpool_bits: -8, avgpool_reciprocal_bits: 9 }).model.graph)).toEqual([
      'input_inp_quant: -8',
      'pool_from_avgpool_avgpool_quant: -8 floor',
      'reciprocal_weight_quant: 9',
    ]);
  });

  it('QNT12 a plain average pool is rounded', () => {
    const net = new Net();
    net.node('pool', 'AvgPool', [net.input()]);
    expect(table(net.quantized().model.graph)).toEqual(['input_inp_quant: -8', 'pool_avgpool_quant: 8']);
  });

  it('QNT21 shared weights get one quantizer, of the wider format', () => {
    const net = new Net();
    const weights = net.variable('shared');
    net.conv('b', net.relu('r', net.conv('a', net.input(), { weights })), { weights });
    const { model, warnings } = net.quantized({ weight_bits: -4, first_layer: 'a/Conv2D' });
    expect(table(model.graph).filter((row) => row.startsWith('shared'))).toEqual(['shared_weight_quant: -8']);
    expect(['a', 'b'].map((scope) => model.graph.node(`${scope}/Conv2D`).inputs[1])).toEqual(
      Array(2).fill('shared_weight_quant/LinearQuant'),
    );
    expect(warnings.map(({ rule }) => rule)).toContain('QNT21');
  });

  it('QNT21 a variable that two nodes read has one quantizer, which both readers lead to', () => {
    const net = new Net();
    const w = net.variable('w');
    const x = net.relu('r', net.conv('a', net.input(), { weights: net.node('w/read', 'Identity', [w]) }));
    net.conv('b', x, { weights: net.node('w/read_1', 'Identity', [w]) });
    const { graph } = net.quantized().model;
    expect(table(graph).filter((row) => row.startsWith('w'))).toEqual(['w_weight_quant: -8']);
    expect(['a', 'b'].map((scope) => graph.node(`${scope}/Conv2D`).inputs[1])).toEqual(Array(2).fill('w_weight_quant/LinearQuant'));
  });

  it('QNT2 two tensors whose quantizers would have one name keep apart', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    // "read" in the name of an Identity makes it look like the read of a variable.
    const markers = [0, 1].map((slot) => net.node(`thread/k_concat_rescale_${slot}`, 'Identity', [net.node(`p${slot}`, 'MaxPool', [x])]));
    const shared = net.node('thread/add_eltw_rescale_0', 'Identity', [x]);
    const other = net.node('spread/add_eltw_rescale_0', 'Identity', [x]);
    net.concat('k', ...markers);
    net.node('add', 'Add', [shared, other]);
    const { graph } = net.quantized().model;
    const sources = readQuantizers(graph).map(({ source }) => source);
    for (const marker of markers) expect(sources).toContain(marker);
    expect(new Set(readQuantizers(graph).map(({ name }) => name)).size).toBe(sources.length);
    expect(graph.node('add').inputs.every((input) => input.endsWith('/LinearQuant'))).toBe(true);
  });

  it('QNT23 of a reader with several slots the last is rewired, with a warning; control inputs stay', () => {
    const net = new Net();
    const x = net.convRelu('c1', net.input());
    net.nodes.push({ name: 'pool', op: 'MaxPool', inputs: [x], controls: [x] });
    net.concat('k', x, x);
    const { model, warnings } = net.quantized();
    expect(model.graph.node('k').inputs.slice(0, 2)).toEqual(['c1/Relu', 'c1/Relu_act_quant/LinearQuant']);
    expect(model.graph.node('pool').inputs).toEqual(['c1/Relu_act_quant/LinearQuant', '^c1/Relu']);
    expect(warnings.map(({ rule }) => rule)).toContain('QNT23');
  });

  it('QNT6 an output that is quantized itself is warned about', () => {
    const net = new Net();
    const out = net.conv('c1', net.input());
    expect(net.quantized({}, out).warnings).toEqual([
      { rule: 'QNT6', node: 'c1/BiasAdd', text: expect.stringContaining("'c1/BiasAdd_biasadd_quant/LinearQuant'") },
    ]);
  });

  it('QNT2 a graph that has quantizers is refused', () => {
    const net = new Net();
    net.node('q', 'LinearQuant', [net.input(), net.constant('s'), net.constant('n'), net.constant('p')]);
    expect(() => net.quantized()).toThrow(/has quantizers already/);
  });

  it('QNT1 every bit-width of the options reaches its quantizers', () => {
    const net = new Net();
    net.convRelu('c1', net.input());
    const { graph } = net.quantized({ weight_bits: -5, activation_bits: -6, layer_bits: -20, relu_bits: 7 }).model;
    expect(table(graph)).toEqual([
      'c1/Conv2D_layer_quant: -20',
      'c1/Relu_act_quant: 7',
      'c1/biases_bias_quant: -20',
      'c1/weights_weight_quant: -5',
      'input_inp_quant: -6',
    ]);
  });
});
