import { describe, expect, it } from 'vitest';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import type { Graph } from '../../../worker/graph/graph.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { memoryVariables } from '../../../worker/graph/variables.ts';
import { readQuantizers, thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import { guessInterface } from '../../../worker/transforms/interface.ts';
import { intList } from '../../../worker/transforms/nodes.ts';
import { applyStep } from '../../../worker/transforms/pipeline.ts';
import { floatOutputs, relativeDifference } from '../../golden/floatRun.ts';
import { line, Net, RECIPE_1, run } from './build.ts';

const FLOAT = { T: { kind: 'type', value: 'float32' } } as const;
const RECIPE_2 = [...RECIPE_1, 'quantize'];

function wide(graph: Graph) {
  return memoryVariables(new Map(thresholdVariables(graph).map(({ name }) => [name, makeTensor('float32', [], [8])])));
}

/** Largest difference that recipe 1 makes to an output, as a share of the largest value. */
async function difference(net: Net, output: string, shape: readonly number[] = [8, 8, 3]): Promise<number> {
  const graphs = [net.graph(), run(net, [output]).model.graph];
  const [before, after] = await Promise.all(
    graphs.map((graph) => floatOutputs(graph, { variables: wide(graph), inputs: ['input'], shape, outputs: [output], wide: true })),
  );
  return relativeDifference(before?.[0] ?? [], after?.[0] ?? []);
}

/** Names of quantizers and what recipe 2 leaves in float. */
function quantized(net: Net, output: string, transforms = RECIPE_2) {
  const { model, results, skipped } = run(net, [output], transforms);
  const table = readQuantizers(model.graph);
  return { model, table, names: table.map(({ name }) => name), float: results.at(-1)?.skipped.map(({ node }) => node), skipped };
}

/** The images cut by 2×2, a layer over the pieces, put together again: a layer with dilations of 2. */
function atrous(net: Net, x: string, padding: readonly number[], depthwise = false): string {
  const blocks = net.ints('a/block', [2, 2]);
  const ints = (name: string, [top = 0, bottom = 0, left = 0, right = 0]: readonly number[]): string => {
    const value = makeTensor('int32', [2, 2], [top, bottom, left, right]);
    return net.add(name, 'Const', [], { dtype: { kind: 'type', value: 'int32' }, value: { kind: 'tensor', value } });
  };
  const cut = net.add('a/cut', 'SpaceToBatchND', [x, blocks, ints('a/paddings', padding)], FLOAT);
  const weights = net.weights('a/weights', depthwise ? [3, 3, 3, 2] : [3, 3, 3, 6]);
  const valid = { ...FLOAT, strides: intList(1, 1, 1, 1), padding: { kind: 'string', value: 'VALID' } } as const;
  const layer = net.add('a/layer', depthwise ? 'DepthwiseConv2dNative' : 'Conv2D', [cut, weights], valid);
  return net.add('a/joined', 'BatchToSpaceND', [layer, net.ints('a/block_1', [2, 2]), ints('a/crops', [0, 0, 0, 0])], FLOAT);
}

describe('FBN23 dilated layers written by blocks', () => {
  it.each([
    ['Conv2D', [2, 2, 2, 2], 'SAME'],
    ['Conv2D', [0, 0, 0, 0], 'VALID'],
    ['Conv2D', [4, 0, 4, 0], 'EXPLICIT'],
    ['DepthwiseConv2dNative', [2, 2, 2, 2], 'SAME'],
  ] as const)(
    'FBN23 %s with padding %j is one with dilations of 2 and padding %s, bias and batch norm folded behind it',
    async (op, padding, called) => {
      const net = new Net();
      const x = atrous(net, net.input(), padding, op !== 'Conv2D');
      const end = net.math('end', 'Relu', net.batchNorm('a', net.bias('a', x, 6), 6));
      const { model, rules } = run(net, [end]);
      expect(rules).toEqual(expect.arrayContaining(['FBN23', 'FBN20']));
      expect(model.graph.node('a/layer').attr('dilations')).toEqual(intList(1, 2, 2, 1));
      expect(model.graph.node('a/layer').attr('padding')).toEqual({ kind: 'string', value: called });
      expect(line(model.graph, 'end')).toBe('Relu a/Add_fold');
      expect(model.graph.nodes.some(({ op: used }) => used.includes('Batch'))).toBe(false);
      expect(await difference(net, end)).toBeLessThan(1e-12);
      expect(quantized(net, end).float).toEqual([]);
    },
  );

  it('FBN23 depthwise padding that has no name is left as it is', async () => {
    const net = new Net();
    const end = net.bias('a', atrous(net, net.input(), [4, 0, 4, 0], true), 6);
    expect(run(net, [end]).rules).not.toContain('FBN23');
    expect(await difference(net, end)).toBeLessThan(1e-12);
  });
});

/** A convolution over time as exporters write it: images of height 1. */
function overTime(net: Net, scope: string, x: string, from: number, to: number): string {
  const axis = (name: string, value: number): string =>
    net.add(name, 'Const', [], {
      dtype: { kind: 'type', value: 'int32' },
      value: { kind: 'tensor', value: makeTensor('int32', [], [value]) },
    });
  const image = net.add(`${scope}/ExpandDims`, 'ExpandDims', [x, axis(`${scope}/dim`, 1)], FLOAT);
  const filter = net.add(
    `${scope}/ExpandDims_1`,
    'ExpandDims',
    [net.weights(`${scope}/w`, [3, from, to]), axis(`${scope}/dim_1`, 0)],
    FLOAT,
  );
  const layer = net.add(`${scope}/Conv1D`, 'Conv2D', [image, filter], {
    ...FLOAT,
    strides: intList(1, 1, 1, 1),
    padding: { kind: 'string', value: 'SAME' },
  });
  return net.add(`${scope}/Squeeze`, 'Squeeze', [layer], { ...FLOAT, squeeze_dims: intList(1) });
}

describe('FBN24, PRE22 views between a layer and what belongs to it', () => {
  it('FBN24, PRE22 a convolution over time has its bias, batch norm and relu directly behind it', async () => {
    const net = new Net();
    const x = net.math(
      'one',
      'Relu',
      net.smallBatchNorm('a', net.bias('a', overTime(net, 'a', net.input('input', [-1, 8, 3]), 3, 4), 4), 4),
    );
    net.math('end', 'Relu', net.bias('b', overTime(net, 'b', x, 4, 5), 5));
    const end = net.math('out', 'Neg', 'end');
    const given = { variables: memoryVariables(new Map()), inputs: ['input'], shape: [8, 3], outputs: [end], wide: true };
    let model: Model = { ...run(net, [end], []).model, inputShape: [8, 3] };
    for (const transform of RECIPE_1) model = applyStep(model, { transform, options: {} }).model;
    expect(line(model.graph, 'b/Squeeze')).toBe('Squeeze end');
    expect(line(model.graph, 'end')).toBe('Relu b/BiasAdd');
    expect(line(model.graph, 'one')).toBe('Relu a/Add_fold');
    const [before, after] = [await floatOutputs(net.graph(), given), await floatOutputs(model.graph, given)];
    expect(relativeDifference(before[0] ?? [], after[0] ?? [])).toBeLessThan(1e-12);
    const { model: last, skipped } = applyStep(model, { transform: 'quantize', options: { calibrate_quant_layers: false } });
    expect(skipped).toEqual([]);
    expect(readQuantizers(last.graph).map(({ name }) => name)).toContain('b/ExpandDims_1_weight_quant');
  });

  it('PRE22 a view that an output reads stays where it is', () => {
    const net = new Net();
    const squeezed = net.add('view', 'Squeeze', [net.conv('a', net.input(), 3, 4)], { ...FLOAT, squeeze_dims: intList() });
    const end = net.math('end', 'Relu', net.math('a/add', 'AddV2', squeezed, net.weights('a/b', [4])));
    expect(line(run(net, ['view', end]).model.graph, 'a/add')).toBe('AddV2 view a/b');
  });
});

describe('PRE23 relus written as bounds', () => {
  it('PRE23 the larger of x and 0, below 6 or not, is Relu6 or Relu where the original refuses the graph', async () => {
    const net = new Net();
    const x = net.bias('a', net.conv('a', net.input(), 3, 4), 4);
    const clipped = net.math('clip', 'Maximum', net.math('clip/Minimum', 'Minimum', x, net.scalar('six', 6)), net.scalar('zero', 0));
    const end = net.math('end', 'Maximum', net.scalar('nought', 0), net.bias('b', net.conv('b', clipped, 4, 4), 4));
    const { model } = run(net, [end]);
    expect([line(model.graph, 'clip'), line(model.graph, 'end')]).toEqual(['Relu6 a/BiasAdd', 'Relu b/BiasAdd']);
    expect(model.graph.has('clip/Minimum')).toBe(false);
    expect(await difference(net, end)).toBeLessThan(1e-12);
  });

  it('PRE23 a graph that the original takes keeps its Maximum', () => {
    const net = new Net();
    const end = net.math('end', 'Maximum', net.bias('a', net.conv('a', net.input(), 3, 4), 4), net.scalar('zero', 0));
    expect(line(run(net, [end]).model.graph, 'end')).toBe('Maximum a/BiasAdd zero');
  });
});

describe('graphs that the original refuses', () => {
  /** `refused`: holds an op that is not on the original's list. */
  const network = (refused: boolean) => {
    const net = new Net();
    const x = net.bias('a', net.conv('a', net.input(), 3, 4), 4);
    const y = refused ? net.math('a/swish', 'Mul', x, net.math('a/sigmoid', 'Sigmoid', x)) : x;
    const pool = net.add('pool', 'AvgPool', [y], {
      ...FLOAT,
      ksize: intList(1, 3, 3, 1),
      strides: intList(1, 1, 1, 1),
      padding: { kind: 'string', value: 'SAME' },
    });
    net.math('end', 'Relu', net.conv('b', pool, 4, 4));
    return net;
  };

  it.each([
    [true, ['pool_avgpool_quant', -8], true],
    [false, ['pool/pool_from_avgpool_avgpool_quant', 8], false],
  ] as const)(
    'PRE3, QNT55, QNT57 refused %s: pools exact and signed, missing biases zero; else as the original',
    (refused, pool, biased) => {
      const { table, names } = quantized(network(refused), 'end');
      const found = table.find(({ kind }) => kind === 'avgpool');
      expect([found?.name, (found?.bits ?? 0) * (found?.signed === true ? -1 : 1)]).toEqual(pool);
      expect(names.includes('b/Conv2D/zero_bias_bias_quant')).toBe(biased);
    },
  );

  it('QNT50 a parametric relu: both halves are on a grid, and so is what they are made from', () => {
    const net = new Net();
    const x = net.bias('a', net.conv('a', net.input(), 3, 4), 4);
    const below = net.math(
      'p/mul',
      'Mul',
      net.math('p/Neg', 'Neg', net.weights('p/alpha', [1, 1, 4])),
      net.math('p/Relu_1', 'Relu', net.math('p/Neg_1', 'Neg', x)),
    );
    const prelu = net.math('p/add', 'AddV2', net.math('p/Relu', 'Relu', x), below);
    const end = net.math('end', 'Relu', net.bias('b', net.conv('b', prelu, 4, 4), 4));
    const { float, names } = quantized(net, end);
    expect(float).toEqual([]);
    expect(names).toEqual(expect.arrayContaining(['a/BiasAdd_biasadd_quant', 'p/Neg_weight_quant', 'p/add_eltwadd_quant']));
  });

  it('FBN8 a layer normalization says so and offers no evaluation graph', () => {
    const net = new Net();
    const x = net.bias('a', net.conv('a', net.input(), 3, 4), 4);
    const axes = net.ints('ln/axes', [-1]);
    const keep = { ...FLOAT, keep_dims: { kind: 'bool', value: true } } as const;
    const mean = net.add('ln/mean', 'Mean', [x, axes], keep);
    const variance = net.add('ln/variance', 'Mean', [net.math('ln/squares', 'SquaredDifference', x, mean), axes], keep);
    const k = net.math(
      'ln/mul',
      'Mul',
      net.math('ln/Rsqrt', 'Rsqrt', net.math('ln/add', 'AddV2', variance, net.scalar('ln/e', 1e-3))),
      net.weights('ln/g', [4]),
    );
    const off = net.math('ln/sub', 'Sub', net.weights('ln/b', [4]), net.math('ln/mul_2', 'Mul', mean, k));
    const end = net.math('ln/add_1', 'AddV2', net.math('ln/mul_1', 'Mul', x, k), off);
    const told = run(net, [end])
      .results.flatMap(({ skipped }) => skipped)
      .find(({ node }) => node === end);
    expect(told).toMatchObject({ rule: 'FBN8', reason: expect.stringContaining('layer normalization') });
    expect(told?.remedy).not.toContain('evaluation');
  });

  it('PRE7 a concat of numbers that make up a shape is none of images', () => {
    const net = new Net();
    const ints = { T: { kind: 'type', value: 'int32' }, N: { kind: 'int', value: 2 } } as const;
    const axis = net.add('axis', 'Const', [], { dtype: ints.T, value: { kind: 'tensor', value: makeTensor('int32', [], [0]) } });
    const shape = net.add('shape', 'ConcatV2', [net.ints('s0', [-1, 64]), net.ints('s1', [4]), axis], ints);
    const end = net.add('end', 'Reshape', [net.bias('a', net.conv('a', net.input(), 3, 4), 4), shape], FLOAT);
    expect(run(net, [end]).rules).not.toContain('PRE7');
  });

  it('channels first are refused before anything is calibrated', () => {
    const net = new Net();
    const x = net.add('a/Conv2D', 'Conv2D', [net.input('input', [-1, 3, 8, 8]), net.weights('a/w', [3, 3, 3, 4])], {
      ...FLOAT,
      strides: intList(1, 1, 1, 1),
      padding: { kind: 'string', value: 'SAME' },
      data_format: { kind: 'string', value: 'NCHW' },
    });
    expect(() => run(net, [x], RECIPE_2)).toThrowError(expect.objectContaining({ code: 'op-unsupported', about: 'a/Conv2D' }));
  });
});

describe('several inputs', () => {
  it('the guess names inputs of every shape that the results depend on', () => {
    const net = new Net();
    const joined = net.add(
      'cat',
      'ConcatV2',
      [net.input('rgb', [-1, 8, 8, 3]), net.input('depth', [-1, 8, 8, 1]), net.ints('axis', [3])],
      FLOAT,
    );
    net.input('other', [-1, 4, 4, 1]);
    net.math('end', 'Relu', joined);
    expect(guessInterface(net.graph())).toEqual({
      inputs: ['rgb', 'depth'],
      outputs: ['end'],
      shape: [8, 8, 3],
      shapes: { depth: [8, 8, 1] },
    });
  });
});
