import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../worker/graph/graph.ts';
import { validateGraph } from '../../../worker/graph/validate.ts';
import { exp2 } from '../../../worker/quantize/exp2.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { completeOptions } from '../../../worker/transforms/options.ts';
import { quantize } from '../../../worker/transforms/quantize.ts';
import type { Finished, OptionValues, TransformResult } from '../../../worker/transforms/transform.ts';
import { Net } from './nets.ts';

/** quantize with a list file, called as its option is. */
function quantizedWith(net: Net, option: string, list: string, more: OptionValues = {}): TransformResult {
  const options = completeOptions(quantize, { [option]: 'list.txt', ...more });
  return quantize.apply(net.model(), options, { files: new Map([['list.txt', list]]), variables: new Map() });
}

/** The last steps, every threshold at `log2` unless given. */
function finished(result: TransformResult, log2: number, given: Readonly<Record<string, number>> = {}): Finished {
  const thresholds = new Map(readQuantizers(result.model.graph).map(({ threshold }) => [threshold, given[threshold] ?? log2]));
  const done = result.finish?.(result.model, thresholds);
  if (done === undefined) throw new Error('nothing to finish');
  validateGraph(done.model.graph);
  return done;
}

function threeLayers(): Net {
  const net = new Net();
  net.conv('net/c3', net.convRelu('net/c2', net.convRelu('net/c1', net.input())));
  return net;
}

function thresholdOf(graph: Graph, quantizer: string): string | undefined {
  return readQuantizers(graph).find(({ name }) => name === quantizer)?.threshold;
}

const inputsOf = (graph: Graph, name: string) => graph.node(name).inputs;

describe('layer_merge_list', () => {
  it('QNT40: each kind in a line gets a threshold of its own; blanks and empty lines do not matter', () => {
    const { model, changes } = quantizedWith(
      threeLayers(),
      'layer_merge_list',
      '\n net/c1/weights,net/c2/weights ,net/c1/Relu, net/c2/Relu\r\n',
    );
    const merged = changes.filter(({ rule }) => rule === 'QNT40').map(({ after }) => after);
    expect(merged).toEqual([['net/weight_quant_manual_merge/m_threshold'], ['net/act_quant_manual_merge/m_threshold']]);
    expect(thresholdOf(model.graph, 'net/c2/weights_weight_quant')).toBe('net/weight_quant_manual_merge/m_threshold');
    expect(model.graph.has('net/c1/weights_weight_quant/threshold')).toBe(false);
    validateGraph(model.graph);
  });

  it('QNT40: who shared a threshold before shares the new one, and overlapping lines are one group', () => {
    const lists = 'net/c1/Conv2D, net/c2/Conv2D\nnet/c2/Conv2D, net/c3/Conv2D';
    const { model, warnings } = quantizedWith(threeLayers(), 'layer_merge_list', lists);
    const members = readQuantizers(model.graph).filter(({ threshold }) => threshold.endsWith('layer_quant_manual_merge/m_threshold'));
    expect(members.map(({ name }) => name).sort()).toEqual(
      ['c1', 'c2', 'c3'].flatMap((scope) => [`net/${scope}/Conv2D_layer_quant`, `net/${scope}/biases_bias_quant`]),
    );
    expect(new Set(members.map(({ threshold }) => threshold)).size).toBe(1);
    expect(model.graph.nodes.some(({ name }) => name.includes('layer_bias_quant_merge'))).toBe(false);
    expect(warnings.filter(({ rule }) => rule === 'QNT40').map(({ node }) => node)).toContain('net/c1/biases');
  });

  it('QNT40: two groups of one scope get names of their own (the original fails)', () => {
    const net = new Net();
    let x = net.input();
    for (const scope of ['net/a', 'net/b', 'net/c', 'net/d']) x = net.convRelu(scope, x);
    const { changes } = quantizedWith(net, 'layer_merge_list', 'net/a/Relu, net/b/Relu\nnet/c/Relu, net/d/Relu');
    expect(changes.filter(({ rule }) => rule === 'QNT40').map(({ after }) => after[0])).toEqual([
      'net/act_quant_manual_merge/m_threshold',
      'net/act_quant_manual_merge_1/m_threshold',
    ]);
  });

  it.each([
    ['net/c1/Relu, nowhere', 'node-missing', /No node named 'nowhere' found in map/],
    ['net/c1/Relu, net/c2/BiasAdd', 'quantizer-conflict', /'net\/c2\/BiasAdd' has no quantizer/],
    ['net/c1/Relu, input', 'quantizer-conflict', /Quant layer name 'input_inp_quant' inferred from layer_merge_list is unknown!/],
    ['net/c1/Relu, net/c2/weights', 'quantizer-conflict', /Unable to find a quant layer to merge 'net\/c1\/Relu_act_quant' with!/],
  ])('QNT41: %s: %s', (list, code, message) => {
    const call = () => quantizedWith(threeLayers(), 'layer_merge_list', list);
    expect(call).toThrow(expect.objectContaining({ code, message: expect.stringMatching(message) }));
  });

  it('QNT41: signs must agree', () => {
    const net = new Net();
    const x = net.convRelu('c1', net.input());
    const y = net.conv('c2', x);
    net.node('c2/Maximum', 'Maximum', [net.node('c2/mul', 'Mul', [y, net.constant('c2/alpha', 0.1)]), y]);
    expect(() => quantizedWith(net, 'layer_merge_list', 'c1/Relu, c2/Maximum')).toThrow(/do not share the same sign bit. Can't be merged!/);
  });
});

describe('left_shift_list', () => {
  it.each([
    [-1.356, 2, -3],
    [-0.04, 1, -1],
    [-2, 1, -3],
    [3, 0, 3],
  ])('QNT42: log2 t %d shifted by %d is %d: ceil − m, for whole numbers too', (log2, bits, expected) => {
    const result = quantizedWith(threeLayers(), 'left_shift_list', `net/c1/weights, ${bits}`);
    const { thresholds, shifted } = finished(result, 0.5, { 'net/c1/weights_weight_quant/threshold': log2 });
    expect([thresholds.get('net/c1/weights_weight_quant/threshold'), shifted]).toEqual([expected, true]);
    expect(thresholds.get('net/c2/weights_weight_quant/threshold')).toBe(0.5);
  });

  it('QNT42: lines that say nothing sensible name themselves; a threshold without value is an error', () => {
    expect(() => quantizedWith(threeLayers(), 'left_shift_list', 'net/c1/weights')).toThrow(/Line 1: 1 fields/);
    expect(() => quantizedWith(threeLayers(), 'left_shift_list', '\nnet/c1/weights, much')).toThrow(/Line 2: 'much'/);
    expect(() => quantizedWith(threeLayers(), 'left_shift_list', 'net/c1/Relu, 1')).toThrow(/net\/c1\/Relu_act_quant/);
    const result = quantizedWith(threeLayers(), 'left_shift_list', 'net/c1/weights, 1');
    expect(() => result.finish?.(result.model, new Map())).toThrow(expect.objectContaining({ code: 'threshold-missing' }));
  });
});

describe('conv_split_list', () => {
  it('QNT44: two parts: sizes with the remainder last, one partial sum quantized with the constant threshold', () => {
    const result = quantizedWith(threeLayers(), 'conv_split_list', 'net/c2/Conv2D, 8, 5');
    const { graph } = finished(result, 0.25).model;
    expect(graph.has('net/c2/Conv2D')).toBe(false);
    expect(inputsOf(graph, 'net/c2/Conv2D_dw/Conv2D_1')).toEqual(['net/c2/Conv2D_dw/input_split:1', 'net/c2/Conv2D_dw/weight_split:1']);
    expect(inputsOf(graph, 'net/c2/Conv2D_layer_quant/LinearQuant')[0]).toBe('net/c2/Conv2D_dw/Add');
    const partial = readQuantizers(graph).find(({ name }) => name === 'net/c2/Conv2D_dw/layer_quant_0');
    expect(partial).toMatchObject({
      kind: 'layer',
      bits: 16,
      signed: true,
      constantLog2: 0.25,
      threshold: 'net/c2/Conv2D_dw/layer_quant_0/pc_threshold',
    });
  });

  it('QNT44: what one part holds stays as it is', () => {
    const result = quantizedWith(threeLayers(), 'conv_split_list', 'net/c2/Conv2D, 8, 8');
    expect(finished(result, 0).model.graph).toBe(result.model.graph);
  });

  it.each([
    ['net/c2/Relu, 8, 4', /is a Relu, not a Conv2D/],
    ['net/c2/Conv2D, 8', /Line 1: 2 fields/],
    ['net/c2/Conv2D, 8, 0', /depths are 1 or more/],
    ['nowhere, 8, 4', /No node named 'nowhere'/],
    ['net/c2/Conv2D, 8, 4\nnet/c2/Conv2D, 8, 2', /Line 2: .* listed twice/],
  ])('QNT44: refused: %s', (list, message) => {
    expect(() => quantizedWith(threeLayers(), 'conv_split_list', list)).toThrow(message);
  });
});

describe('bit_accurate', () => {
  /** A convolution, an average pool as preprocess_layers leaves it, a convolution that reads the pool's quantizer. */
  function pooled(): Net {
    const net = new Net();
    const x = net.convRelu('net/c1', net.input());
    const pool = net.node('net/ap/AvgPool_from_avgpool', 'DepthwiseConv2dNative', [x, net.constant('net/ap/avgpool_reciprocal', 0.25)]);
    net.conv('net/c2', pool);
    return net;
  }

  it('QNT45: a pool and the layer behind it: back to float32 behind the one, to float64 before the other', () => {
    const result = quantize.apply(pooled().model(), completeOptions(quantize, { bit_accurate: true }), {
      files: new Map(),
      variables: new Map(),
    });
    const { graph } = finished(result, 0).model;
    const quantizer = 'net/ap/AvgPool_from_avgpool_avgpool_quant';
    expect(inputsOf(graph, 'net/c2/Conv2D')).toEqual(['net/c2/cast1_Conv2D', 'net/c2/cast2_Conv2D']);
    expect(inputsOf(graph, 'net/c2/cast1_Conv2D')).toEqual(['net/ap/cast3_AvgPool_from_avgpool']);
    expect(inputsOf(graph, 'net/ap/cast3_AvgPool_from_avgpool')).toEqual([`${quantizer}/LinearQuant`]);
    expect(inputsOf(graph, `${quantizer}/LinearQuant`)).toEqual([
      'net/ap/AvgPool_from_avgpool',
      ...[1, 2, 3].map((number) => `${quantizer}/cast${number}_LinearQuant`),
    ]);
    const wide = graph.nodes.filter((node) => node.attr('T')?.kind === 'type' && node.op !== 'Cast');
    const types = wide.map((node) => [node.op, (node.attr('T') as { value: string }).value] as const);
    const float64 = types.filter(([, type]) => type === 'float64').map(([op]) => op);
    expect(float64.sort()).toEqual(['Conv2D', 'Conv2D', 'DepthwiseConv2dNative', 'LinearQuant', 'LinearQuant', 'LinearQuant']);
  });

  it('QNT45: a split layer stays in float64', () => {
    const result = quantizedWith(threeLayers(), 'conv_split_list', 'net/c2/Conv2D, 8, 4', { bit_accurate: true });
    const { graph } = finished(result, 0).model;
    expect(graph.node('net/c2/Conv2D_dw/input_split').attr('T')).toEqual({ kind: 'type', value: 'float64' });
    expect(inputsOf(graph, 'net/c2/Conv2D_dw/input_split')[0]).toBe('net/c2/cast1_Conv2D');
  });
});

describe('dump_quant_params', () => {
  it('QNT43: sees left shifts, and the graph before casts and splits', () => {
    const result = quantizedWith(threeLayers(), 'left_shift_list', 'net/c1/weights, 1', { dump_quant_params: true, bit_accurate: true });
    const { dumped, thresholds } = finished(result, 0.5);
    expect(dumped?.graph).toBe(result.model.graph);
    expect(thresholds.get('net/c1/weights_weight_quant/threshold')).toBe(0);
  });

  it.each([
    [-0.3, 0.8122523963562355],
    [0.5717822909355164, 1.4863586694071709],
    [3.7584314346313477, 13.533203066194384],
    [2.4038314819335938, 5.292067568638651],
    [-6, 0.015625],
  ])('EXP10: 2^%d is %d, as the C library computes it', (x, expected) => {
    expect(exp2(x)).toBe(expected);
  });
});
