import { describe, expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import type { Graph } from '../../../worker/graph/graph.ts';
import { withQuantizerBits } from '../../../worker/quantize/bitOverrides.ts';
import { formatName } from '../../../worker/quantize/fixedPoint.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { completeOptions } from '../../../worker/transforms/options.ts';
import { quantize } from '../../../worker/transforms/quantize.ts';
import type { OptionValues, TransformResult } from '../../../worker/transforms/transform.ts';
import { Net } from './nets.ts';

/** conv, depthwise with bias, conv, dense; relus between, a sum of two branches at the end. */
function someLayers(): Net {
  const net = new Net();
  const c1 = net.convRelu('net/c1', net.input());
  const dw = net.relu('net/dw/Relu', net.conv('net/dw', c1, { op: 'DepthwiseConv2dNative' }));
  const left = net.conv('net/c2', dw);
  net.relu('net/out/Relu', net.node('net/out/Add', 'Add', [net.conv('net/fc', dw, { op: 'MatMul' }), left]));
  return net;
}

function quantizedBy(list: string, more: OptionValues = {}): TransformResult {
  const options = completeOptions(quantize, { bits_list: 'bits.txt', ...more });
  return quantize.apply(someLayers().model('net/out/Relu'), options, { files: new Map([['bits.txt', list]]), variables: new Map() });
}

function formats(graph: Graph): Readonly<Record<string, string>> {
  return Object.fromEntries(readQuantizers(graph).map((quantizer) => [quantizer.name, formatName(quantizer)]));
}

function thrown(action: () => unknown): GraffitistError {
  try {
    action();
  } catch (error) {
    if (error instanceof GraffitistError) return error;
  }
  throw new Error('nothing was thrown');
}

const WEIGHTS = ['c1', 'dw', 'c2', 'fc'].map((scope) => `net/${scope}/weights_weight_quant`);
const LAYERS = ['net/c1/Conv2D', 'net/dw/DepthwiseConv2dNative', 'net/c2/Conv2D', 'net/fc/MatMul'];

describe('bits_list', () => {
  it.each([false, true])('QNT61: all layers listed is what weight_bits gives, node for node (is_training %s)', (training) => {
    const asked = someLayers().quantized({ weight_bits: -4, is_training: training }, 'net/out/Relu').model.graph;
    for (const list of [LAYERS.map((name) => `${name}, -4`).join('\n'), '*,-4', 'net/, -4', 'net/c*,-4\nMatMul,-4\n*dw*,-4']) {
      const { model } = quantizedBy(list, { is_training: training });
      const specs = (graph: Graph) => new Map(graph.nodes.map(({ name, op, inputs, attrs }) => [name, { op, inputs, attrs }]));
      expect(specs(model.graph)).toEqual(specs(asked));
    }
  });

  it.each([
    ['a layer', 'net/c2/Conv2D, -5', ['int8', 'int8', 'int5', 'int8']],
    ['a scope', 'net/c1/, -6', ['int6', 'int8', 'int8', 'int8']],
    ['an op', 'DepthwiseConv2dNative, -7', ['int8', 'int7', 'int8', 'int8']],
    ['a pattern of layers', '*/Conv2D, -3', ['int3', 'int8', 'int3', 'int8']],
    ['a quantizer', 'net/fc/weights_weight_quant, -2', ['int8', 'int8', 'int8', 'int2']],
    ['a pattern of quantizers', 'net/c*_weight_quant, -3', ['int3', 'int8', 'int3', 'int8']],
    ['of several lines the last', '*, -4\n\nnet/c2/Conv2D, -8\n', ['int4', 'int4', 'int8', 'int4']],
  ])('QNT61: a line names %s', (_, list, expected) => {
    const { model, changes } = quantizedBy(list);
    const found = formats(model.graph);
    expect(WEIGHTS.map((name) => found[name])).toEqual(expected);
    expect(changes.filter(({ rule }) => rule === 'QNT61')).toHaveLength(expected.filter((name) => name !== 'int8').length);
    const plain = formats(someLayers().quantized({}, 'net/out/Relu').model.graph);
    const others = (all: Readonly<Record<string, string>>) =>
      Object.entries(all)
        .filter(([name]) => !WEIGHTS.includes(name))
        .sort();
    expect(others(found)).toEqual(others(plain));
  });

  it('QNT61: what is listed wins over first_layer', () => {
    const { model } = quantizedBy('net/c1/Conv2D, -6', { weight_bits: -4, first_layer: 'net/c1/Conv2D', last_layer: 'net/fc/MatMul' });
    const found = formats(model.graph);
    expect(WEIGHTS.map((name) => found[name])).toEqual(['int6', 'int4', 'int4', 'int8']);
  });

  it('QNT61: who shares a threshold with a listed quantizer gets its bits, with a warning; values that lose their sign are told', () => {
    const { model, warnings } = quantizedBy('net/c1/Conv2D_layer_quant, -24\nnet/c1/Conv2D, 4');
    expect(formats(model.graph)).toMatchObject({ 'net/c1/Conv2D_layer_quant': 'int24', 'net/c1/biases_bias_quant': 'int24' });
    expect(warnings.filter(({ rule }) => rule === 'QNT61')).toMatchObject([
      { node: 'net/c1/weights', text: expect.stringMatching(/negative values become 0/) },
      { node: 'net/c1/biases', text: expect.stringMatching(/shares its threshold/) },
    ]);
  });

  it.each([
    ['net/c1/Conv2D, -8\nnet/c9/Conv2D, -8', /^Line 2: 'net\/c9\/Conv2D' names no layer/],
    ['net/c1/Relu, -8', /^Line 1: the weights of 'net\/c1\/Relu' are not quantized/],
    ['*Depth*, -8\n*pool*, -8', /^Line 2: '\*pool\*' names no layer/],
    ['net/c1/Conv2D', /^Line 1: 1 fields/],
    ['net/c1/Conv2D, -8, 3', /^Line 1: 3 fields/],
    ['net/c1/Conv2D, four', /^Line 1: 'four' is no bit-width/],
    ['net/c1/Conv2D, -1', /^Line 1: '-1' is no bit-width/],
    ['net/c1/Conv2D, 33', /^Line 1: '33' is no bit-width/],
    ['(*, -4', /^Line 1: '\(\*' names no layer/],
  ])('QNT61: %j is an error that names its line', (list, text) => {
    expect(thrown(() => quantizedBy(list))).toMatchObject({
      code: 'option-invalid',
      about: 'bits_list',
      message: expect.stringMatching(text),
    });
  });

  it('QNT61: two quantizers of one threshold cannot have two widths', () => {
    const list = 'net/c1/Conv2D_layer_quant, -24\nnet/c1/biases_bias_quant, -20';
    expect(thrown(() => quantizedBy(list)).code).toBe('quantizer-conflict');
  });
});

describe('withQuantizerBits', () => {
  const { graph } = someLayers().quantized({}, 'net/out/Relu').model;

  it('QNT61: changes two constants of the quantizer and nothing else', () => {
    const changed = withQuantizerBits(graph, new Map([['net/c1/Relu_act_quant', -5]]));
    expect(formats(changed)['net/c1/Relu_act_quant']).toBe('int5');
    const differing = changed.nodes.filter((node) => node !== graph.node(node.name)).map(({ name }) => name);
    expect(differing.sort()).toEqual(['net/c1/Relu_act_quant/bitwidth', 'net/c1/Relu_act_quant/is_signed']);
    expect(withQuantizerBits(graph, new Map())).toBe(graph);
  });

  it('QNT61: refuses what is no quantizer, no width, or a quantizer whose limits are constants', () => {
    expect(thrown(() => withQuantizerBits(graph, new Map([['net/c1/Relu', 4]]))).code).toBe('option-invalid');
    for (const width of [0, -1, 33, 2.5]) {
      expect(thrown(() => withQuantizerBits(graph, new Map([[WEIGHTS[0] ?? '', width]]))).code).toBe('option-invalid');
    }
    const net = new Net();
    const limits = [net.constant('q/scale', 0.5), net.constant('q/n', -128), net.constant('q/p', 127)];
    net.node('q/LinearQuant', 'LinearQuant', [net.input(), ...limits]);
    expect(thrown(() => withQuantizerBits(net.graph(), new Map([['q', -4]]))).code).toBe('node-malformed');
  });
});
