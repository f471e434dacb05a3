import { describe, expect, it } from 'vitest';
import { diffGraphs } from '../../../worker/graph/diff.ts';
import type { Graph } from '../../../worker/graph/graph.ts';
import { validateGraph } from '../../../worker/graph/validate.ts';
import { withQuantizerBits } from '../../../worker/quantize/bitOverrides.ts';
import { signedBits } from '../../../worker/quantize/fixedPoint.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { completeOptions } from '../../../worker/transforms/options.ts';
import { quantize } from '../../../worker/transforms/quantize.ts';
import type { OptionValues, TransformResult } from '../../../worker/transforms/transform.ts';
import { Net } from './nets.ts';

function quantizedWith(net: Net, list: string, more: OptionValues = {}): TransformResult {
  const options = completeOptions(quantize, { bits_list: 'bits.txt', ...more });
  return quantize.apply(net.model(), options, { files: new Map([['bits.txt', list]]), variables: new Map() });
}

/** Signed bits by quantizer. */
function bitsOf(graph: Graph): ReadonlyMap<string, number> {
  return new Map(readQuantizers(graph).map((quantizer) => [quantizer.name, signedBits(quantizer)]));
}

/** What the list made other than without it. */
function changed(net: Net, list: string, more: OptionValues = {}): Record<string, number> {
  const before = bitsOf(quantizedWith(net, '', more).model.graph);
  const { graph } = quantizedWith(net, list, more).model;
  validateGraph(graph);
  return Object.fromEntries([...bitsOf(graph)].filter(([name, bits]) => before.get(name) !== bits));
}

/** Convolutions, one of them depthwise, an average pool's stand-in, and a sum that reads two of them. */
function network(): Net {
  const net = new Net();
  const a = net.convRelu('net/dw', net.convRelu('net/first', net.input()));
  const depthwise = net.relu('net/depthwise/Relu', net.conv('net/depthwise', a, { op: 'DepthwiseConv2dNative' }));
  const [left, right] = [net.conv('net/left', depthwise), net.conv('net/right', depthwise)];
  net.conv('net/last', net.relu('net/sum/Relu', net.node('net/sum/Add', 'Add', [left, right])));
  return net;
}

describe('bits_list', () => {
  it('QNT61: all layers listed are the graph of weight_bits, in both forms of quantize', () => {
    const layers = ['dw/Conv2D', 'first/Conv2D', 'depthwise/DepthwiseConv2dNative', 'left/Conv2D', 'right/Conv2D', 'last/Conv2D'];
    for (const is_training of [false, true]) {
      const listed = quantizedWith(network(), layers.map((layer) => `net/${layer}, -4`).join('\n'), { is_training }).model.graph;
      const option = quantizedWith(network(), '', { is_training, weight_bits: -4 }).model.graph;
      expect(diffGraphs(option, listed)).toEqual([]);
      expect([...bitsOf(listed).values()].filter((bits) => bits === -4)).toHaveLength(6);
    }
  });

  it('QNT61: a layer means its weights, a quantizer itself; only its bits and sign change', () => {
    const list = 'net/depthwise/DepthwiseConv2dNative, -6\nnet/first/Relu_act_quant,4';
    expect(changed(network(), list)).toEqual({ 'net/depthwise/weights_weight_quant': -6, 'net/first/Relu_act_quant': 4 });
    const [plain, listed] = ['', list].map((text) => quantizedWith(network(), text));
    const names = diffGraphs((plain as TransformResult).model.graph, (listed as TransformResult).model.graph).map(({ node }) => node);
    expect(names.sort()).toEqual(['net/depthwise/weights_weight_quant/bitwidth', 'net/first/Relu_act_quant/bitwidth']);
    expect(listed?.changes.filter(({ rule }) => rule === 'QNT61').map(({ summary }) => summary)).toEqual([
      'net/depthwise/weights_weight_quant: int6 instead of int8',
      'net/first/Relu_act_quant: uint4 instead of uint8',
    ]);
  });

  it('QNT62: scopes and patterns mean layers, those of first_layer and last_layer only by name; the last line counts', () => {
    expect(changed(network(), 'net/left/, -5\n*depthwise*, -7')).toEqual({
      'net/left/weights_weight_quant': -5,
      'net/depthwise/weights_weight_quant': -7,
    });
    const outer = { first_layer: 'net/first/Conv2D', last_layer: 'net/last/Conv2D' };
    const all = changed(network(), '*, -4\nnet/*t/Conv2D, -3\nnet/last/Conv2D, -6', outer);
    expect(all).toEqual({
      'net/dw/weights_weight_quant': -4,
      'net/depthwise/weights_weight_quant': -4,
      'net/left/weights_weight_quant': -3,
      'net/right/weights_weight_quant': -3,
      'net/last/weights_weight_quant': -6,
    });
    expect(changed(network(), '*/Relu_act_quant, 6')).toEqual({
      'net/dw/Relu_act_quant': 6,
      'net/first/Relu_act_quant': 6,
      'net/depthwise/Relu_act_quant': 6,
      'net/sum/Relu_act_quant': 6,
    });
  });

  it('QNT62: in a training graph layers go by the names that they have for inference', () => {
    const net = new Net();
    const weights = net.node('net/c/Mul_fold', 'Mul', [net.variable('net/c/weights'), net.variable('net/c/k')]);
    const clone = net.node('net/c/Conv2D_Fold', 'Conv2D', [net.input(), weights]);
    const correction = net.node('net/c/correction', 'Mul', [clone, net.variable('net/c/factor')]);
    net.node('net/c/Add_fold', 'BiasAdd', [correction, net.variable('net/c/biases')]);
    expect(changed(net, 'net/c/Conv2D, -4', { is_training: true })).toEqual({ 'net/c/Mul_fold_weight_quant': -4 });
  });

  it('QNT63: who shares the threshold changes along, with a warning; one signed member keeps all signed', () => {
    const net = network();
    expect(changed(net, 'net/left/BiasAdd_biasadd_quant, -6')).toEqual({
      'net/left/BiasAdd_biasadd_quant': -6,
      'net/right/BiasAdd_biasadd_quant': -6,
    });
    const { warnings } = quantizedWith(net, 'net/left/BiasAdd_biasadd_quant, -6');
    expect(warnings.filter(({ rule }) => rule === 'QNT63').map(({ node }) => node)).toEqual(['net/right/BiasAdd']);
    expect(changed(net, 'net/left/BiasAdd_biasadd_quant, 6')).toEqual({
      'net/left/BiasAdd_biasadd_quant': -6,
      'net/right/BiasAdd_biasadd_quant': -6,
    });
    expect(changed(net, '*/BiasAdd_biasadd_quant, 6')).toMatchObject({ 'net/left/BiasAdd_biasadd_quant': 6 });
    const both = 'net/left/BiasAdd_biasadd_quant, -6\nnet/right/BiasAdd_biasadd_quant, -7';
    expect(() => quantizedWith(net, both)).toThrow(expect.objectContaining({ code: 'quantizer-conflict' }));
  });

  it.each([
    ['\nnet/first/Conv2D', /Line 2: 1 fields/],
    ['net/first/Conv2D, -4, 3', /Line 1: 3 fields/],
    ['net/first/Conv2D, wide', /Line 1: 'wide' is no bit-width/],
    ['net/first/Conv2D, -1', /Line 1: '-1' is no bit-width/],
    ['net/first/Conv2D, 33', /Line 1: '33' is no bit-width/],
    ['net/first/Conv2D, 0', /Line 1: '0' is no bit-width/],
    ['net/first/Conv2D, -8\nnowhere, -4', /Line 2: 'nowhere' is neither a layer nor a quantizer/],
    ['net/first/Relu, 4', /Line 1: 'net\/first\/Relu' is no layer/],
    ['nowhere/, -4', /Line 1: 'nowhere\/' matches no layer/],
    ['*nothing*, -4', /Line 1: '\*nothing\*' matches no layer/],
    ['*nothing_act_quant, 4', /Line 1: '\*nothing_act_quant' is no quantizer/],
  ])('QNT62: %j: %s', (list, message) => {
    expect(() => quantizedWith(network(), list)).toThrow(
      expect.objectContaining({ code: 'option-invalid', about: 'bits_list', message: expect.stringMatching(message) }),
    );
  });

  it('QNT62: a layer that stays in float is named as such', () => {
    const net = network();
    net.node('net/bare/Conv2D', 'Conv2D', ['net/last/BiasAdd', net.variable('net/bare/weights')]);
    expect(() => quantizedWith(net, 'net/bare/Conv2D, -4', { missing_bias: 'float' })).toThrow(/stays in float/);
  });
});

describe('withQuantizerBits', () => {
  const graph = () => quantizedWith(network(), '').model.graph;

  it('QNT61: changes what is given and leaves the given graph as it is', () => {
    const before = graph();
    const after = withQuantizerBits(before, new Map([['net/left/weights_weight_quant', 3]]));
    expect(bitsOf(after).get('net/left/weights_weight_quant')).toBe(3);
    expect(bitsOf(before).get('net/left/weights_weight_quant')).toBe(-8);
    expect(diffGraphs(before, withQuantizerBits(after, new Map([['net/left/weights_weight_quant', -8]])))).toEqual([]);
  });

  it.each([
    ['nothing', -8, 'quantizer-conflict'],
    ['net/left/weights_weight_quant', 0, 'option-invalid'],
    ['net/left/weights_weight_quant', -1, 'option-invalid'],
    ['net/left/weights_weight_quant', 2.5, 'option-invalid'],
    ['net/left/weights_weight_quant', -33, 'option-invalid'],
  ])('QNT61: %s to %d is refused', (name, bits, code) => {
    expect(() => withQuantizerBits(graph(), new Map([[name, bits]]))).toThrow(expect.objectContaining({ code }));
  });

  it('QNT61: limits that are numbers of another program are refused', () => {
    const foreign = graph();
    const bare = new Net();
    const x = bare.input('x');
    for (const [name, value] of [
      ['s', 0.5],
      ['n', -8],
      ['p', 7],
    ] as const)
      bare.constant(name, value);
    bare.node('q', 'LinearQuant', [x, 's', 'n', 'p']);
    expect(() => withQuantizerBits(bare.graph(), new Map([['q', -8]]))).toThrow(expect.objectContaining({ code: 'node-malformed' }));
    expect(foreign.has('net/left/weights_weight_quant/bitwidth')).toBe(true);
  });
});
