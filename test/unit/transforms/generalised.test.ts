import { describe, expect, it } from 'vitest';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import type { Graph } from '../../../worker/graph/graph.ts';
import { memoryVariables } from '../../../worker/graph/variables.ts';
import { readQuantizers, thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import { floatOutputs, relativeDifference } from '../../golden/floatRun.ts';
import { line, Net, RECIPE_1, run } from './build.ts';

/** Thresholds wide enough for every value of the small networks here. */
function wide(graph: Graph) {
  return memoryVariables(new Map(thresholdVariables(graph).map(({ name }) => [name, makeTensor('float32', [], [8])])));
}

const PRE = ['fix_input_shape', 'preprocess_layers'];
const QUANTIZE = (options: string) => [...RECIPE_1, `quantize(${options})`];

describe('PRE20 sums of three and more operands', () => {
  it('PRE20 AddN is a chain of sums of two of the same scope, and keeps its name', () => {
    const net = new Net();
    const x = net.conv('net/c0', net.input(), 3, 4);
    const parts = ['a', 'b', 'c'].map((scope) => net.bias(`net/${scope}`, net.conv(`net/${scope}`, x, 4, 4), 4));
    net.add('net/sum', 'AddN', parts, { T: { kind: 'type', value: 'float32' }, N: { kind: 'int', value: 3 } });
    const { model, rules } = run(net, ['net/sum'], PRE);
    expect(line(model.graph, 'net/sum_add_0')).toBe('Add net/a/BiasAdd net/b/BiasAdd');
    expect(line(model.graph, 'net/sum')).toBe('Add net/sum_add_0 net/c/BiasAdd');
    expect(rules).toContain('PRE20');
  });
});

describe('PRE21 names against edges', () => {
  it('PRE21 a layer of another scope that only one sum reads is quantized twice, with a warning', () => {
    const net = new Net();
    const x = net.conv('b/c0', net.input(), 3, 4);
    const biased = ['b/one', 'b/two'].map((scope) => net.bias(scope, net.conv(scope, x, 4, 4), 4));
    const foreign = net.math('block/add', 'Add', biased[0] ?? '', biased[1] ?? '');
    expect(run(net, [foreign], PRE).warned).toEqual(['PRE21 block/add', 'PRE21 block/add']);
  });

  it('PRE21 a layer of the scope that something else reads too shares its scale, with a warning', () => {
    const net = new Net();
    const x = net.bias('b/c0', net.conv('b/c0', net.input(), 3, 4), 4);
    const y = net.bias('b/c1', net.conv('b/c1', x, 4, 4), 4);
    expect(run(net, [net.math('b/add', 'Add', x, y)], PRE).warned).toEqual(['PRE21 b/add']);
  });

  it('PRE21 where both agree nothing is said', () => {
    const net = new Net();
    const x = net.conv('b/c0', net.input(), 3, 4);
    const biased = ['b/one', 'b/two'].map((scope) => net.bias(scope, net.conv(scope, x, 4, 4), 4));
    expect(run(net, [net.math('b/add', 'Add', biased[0] ?? '', biased[1] ?? '')], PRE).warned).toEqual([]);
  });
});

describe('QNT55 layers without bias', () => {
  const network = () => {
    const net = new Net();
    const x = net.conv('net/c0', net.input(), 3, 4);
    const y = net.depthwise('net/dw', net.math('net/r0', 'Relu', x), 4, 2);
    net.conv('net/c1', net.math('net/r1', 'Relu', y), 8, 5);
    return net;
  };

  it('QNT55 are left in float by default, each with the mend', () => {
    const { model, results } = run(network(), ['net/c1/Conv2D'], QUANTIZE('missing_bias=float'));
    expect(readQuantizers(model.graph).map(({ name }) => name)).toEqual(['input_inp_quant']);
    const skipped = results.at(-1)?.skipped ?? [];
    expect(skipped.filter(({ node }) => /Conv2D|depthwise/.test(node)).map(({ remedy }) => remedy)).toEqual(
      Array(3).fill(expect.stringContaining('missing_bias=zero')),
    );
  });

  it('QNT55 with missing_bias=zero all are quantized, and the network computes the same', async () => {
    const net = network();
    const { model, results } = run(net, ['net/c1/Conv2D'], QUANTIZE('missing_bias=zero'));
    expect(results.at(-1)?.skipped).toEqual([]);
    expect(model.graph.node('net/dw/depthwise/zero_bias').attr('value')).toMatchObject({ value: { shape: [8] } });
    const floats = await Promise.all(
      [
        net.graph(),
        run(
          net,
          ['net/c1/Conv2D'],
          [...RECIPE_1, 'quantize(missing_bias=zero, layer_bits=-30, weight_bits=-30, activation_bits=-30, relu_bits=30)'],
        ).model.graph,
      ].map((graph) => floatOutputs(graph, { variables: wide(graph), inputs: ['input'], shape: [8, 8, 3], outputs: ['net/c1/Conv2D'] })),
    );
    expect(relativeDifference(floats[0]?.[0] ?? [], floats[1]?.[0] ?? [])).toBeLessThan(1e-6);
  });
});
