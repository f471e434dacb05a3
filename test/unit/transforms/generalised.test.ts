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

const FOLD = ['fix_input_shape', 'fold_batch_norms(remaining=fold)', 'remove_training_nodes', 'strip_unused_nodes'];

/** Largest difference between a network and what the transforms make of it, as a share of the largest output. */
async function difference(net: Net, output: string, transforms: readonly string[]): Promise<number> {
  const outputs = [output];
  const [before, after] = await Promise.all(
    [net.graph(), run(net, outputs, [...transforms]).model.graph].map((graph) =>
      floatOutputs(graph, { variables: wide(graph), inputs: ['input'], shape: [8, 8, 3], outputs, wide: true }),
    ),
  );
  return relativeDifference(before?.[0] ?? [], after?.[0] ?? []);
}

describe('FBN20 batch norm behind a bias', () => {
  it.each(['fused', 'in small ops'])('FBN20 %s: the bias moves the mean, the sum goes', async (form) => {
    const net = new Net();
    const x = net.bias('net/c1', net.conv('net/c1', net.input(), 3, 4), 4);
    const bn = form === 'fused' ? net.batchNorm('net/c1', x, 4) : net.smallBatchNorm('net/c1', x, 4);
    const end = net.math('net/r', 'Relu', bn);
    const { model, rules } = run(net, [end], FOLD);
    expect(rules).toContain('FBN20');
    expect(line(model.graph, 'net/r')).toBe('Relu net/c1/Add_fold');
    expect(line(model.graph, 'net/c1/BatchNorm_Fold/Sub')).toBe('Sub net/c1/BatchNorm/moving_mean net/c1/biases');
    expect(model.graph.has('net/c1/BiasAdd')).toBe(false);
    expect(await difference(net, end, FOLD)).toBeLessThan(1e-12);
  });

  it('FBN20 an Add of another branch is no bias', () => {
    const net = new Net();
    const x = net.conv('net/c0', net.input(), 3, 4);
    const sum = net.math('net/sum', 'AddV2', net.conv('net/c1', x, 4, 4), net.math('net/r0', 'Relu', x));
    const { rules } = run(net, [net.math('r', 'Relu', net.batchNorm('net/c1', sum, 4))], FOLD);
    expect(rules.filter((rule) => rule.startsWith('FBN2'))).toEqual(['FBN21']);
  });
});

describe('FBN21 batch norm without a layer before it', () => {
  it.each([
    ['first', (net: Net) => net.batchNorm('net/b', net.input(), 3)],
    ['first, in small ops', (net: Net) => net.smallBatchNorm('net/b', net.input(), 3)],
    ['behind a relu', (net: Net) => net.batchNorm('net/b', net.math('net/r0', 'Relu', net.conv('net/c0', net.input(), 3, 3)), 3)],
  ])('FBN21 %s: it becomes a 1×1 depthwise layer with a bias, quantized like any other', async (_, build) => {
    const net = new Net();
    const end = net.conv('net/c1', net.math('net/r', 'Relu', build(net)), 3, 4);
    const { model, rules, results } = run(net, [end], [...FOLD, 'preprocess_layers', 'quantize(missing_bias=zero)']);
    expect(rules).toContain('FBN21');
    expect(results.at(-1)?.skipped).toEqual([]);
    const [depthwise] = model.graph.nodes.filter(({ op }) => op === 'DepthwiseConv2dNative');
    const table = readQuantizers(model.graph).map(({ name }) => name);
    expect(table).toContain(`${depthwise?.name}_layer_quant`);
    expect(table).toContain('net/r_act_quant');
    expect(await difference(net, end, FOLD)).toBeLessThan(1e-12);
  });

  it('FBN21 a batch norm whose layer something else reads too', async () => {
    const net = new Net();
    const c = net.conv('net/c1', net.input(), 3, 4);
    const end = net.math('net/sum', 'Add', net.math('net/r', 'Relu', net.batchNorm('net/c1', c, 4)), c);
    expect(run(net, [end], FOLD).rules).toContain('FBN21');
    expect(await difference(net, end, FOLD)).toBeLessThan(1e-12);
  });

  it('FBN22 auto: as the original in graphs that it takes, folded in those that it refuses', () => {
    const rules = (op: string, remaining: string) => {
      const net = new Net();
      const x = net.bias('net/c1', net.conv('net/c1', net.batchNorm('net/b', net.input(), 3, op), 3, 4), 4);
      const all = run(
        net,
        [net.math('r', 'Relu', net.batchNorm('net/c1', x, 4, op))],
        ['fix_input_shape', `fold_batch_norms(remaining=${remaining})`],
      );
      return [
        ...new Set([...all.rules.filter((rule) => /FBN(20|21)/.test(rule)), ...all.skipped.map((text) => text.split(' ')[0])]),
      ].sort();
    };
    expect(rules('FusedBatchNorm', 'auto')).toEqual(['FBN10']);
    expect(rules('FusedBatchNormV3', 'auto')).toEqual(['FBN20', 'FBN21']);
    expect(rules('FusedBatchNormV3', 'keep')).toEqual(['FBN10']);
    expect(rules('FusedBatchNorm', 'fold')).toEqual(['FBN20', 'FBN21']);
  });
});

describe('FBN1 IdentityN', () => {
  it('FBN1 goes input by input', () => {
    const net = new Net();
    const x = net.input();
    const T = { kind: 'list', value: { strings: [], ints: [], floats: [], bools: [], types: ['float32', 'float32'], shapes: [] } } as const;
    net.add('both', 'IdentityN', [net.math('s', 'Sigmoid', x), x], { T });
    net.math('end', 'Mul', 'both', 'both:1');
    expect(line(run(net, ['end'], ['fix_input_shape', 'fold_batch_norms']).model.graph, 'end')).toBe('Mul s input');
  });
});
