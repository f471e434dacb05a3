import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { diffGraphs } from '../../worker/graph/diff.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { freezeThresholds } from '../../worker/quantize/freezeThresholds.ts';
import { readQuantizers, thresholdVariables } from '../../worker/quantize/readQuantizers.ts';
import { describeShared, hasShared, shared } from '../shared.ts';
import { expectSameGraph, thresholdsInOrder } from './quantizedGraphs.ts';
import { type CaseResult, readArguments, readGraph, runArguments } from './runCase.ts';

interface Recipe {
  readonly args: readonly string[];
}

function json<T>(...parts: string[]): T {
  return JSON.parse(readFileSync(shared(...parts), 'utf8')) as T;
}

/** Runs a recorded command line on the files of `folder`. */
function runIn(folder: string, args: readonly string[]): CaseResult {
  const given = readArguments(args);
  return runArguments(readGraph(folder, given.inGraph), given);
}

/** Networks with the recipes that quantize, for inference and for training: [network, recipe]. */
const recipes = hasShared
  ? readdirSync(shared('cases/nets')).flatMap((network) =>
      Object.keys(json<{ recipes: Record<string, Recipe> }>('cases/nets', network, 'cases.json').recipes)
        .filter((recipe) => /^recipe(2|3[ac])_/.test(recipe) && existsSync(shared('cases/nets', network, `${recipe}.pb.gz`)))
        .map((recipe) => [network, recipe] as const),
    )
  : [];

/** Calibrated small networks, unfrozen and frozen. */
const calibrated = hasShared
  ? ['small_mobilenet_v2', 'small_resnet_v1'].flatMap((network) =>
      readdirSync(shared('cases/nets', network))
        .filter((folder) => /^cal_recipe(2|3[ac])_/.test(folder))
        .map((folder) => [network, folder] as const),
    )
  : [];

const FIRST = 'MobilenetV1/MobilenetV1/Conv2d_0/Conv2D';
const LAST = 'MobilenetV1/Logits/Conv2d_1c_1x1/Conv2D';

describeShared('networks as the original quantizes them', () => {
  it('QNT2 … QNT19 there are networks', () => {
    expect(recipes.length).toBeGreaterThanOrEqual(20);
    expect(calibrated.length).toBeGreaterThanOrEqual(8);
  });

  it.each(recipes)('QNT2 … QNT19 %s, %s', (network, recipe) => {
    const { args } = json<{ recipes: Record<string, Recipe> }>('cases/nets', network, 'cases.json').recipes[recipe] ?? { args: [] };
    const { model, results } = runIn(`cases/nets/${network}`, args);
    expectSameGraph(readGraph('cases/nets', network, `${recipe}.pb.gz`), model.graph);
    expect(results.at(-1)?.skipped).toEqual([]);
  });

  it.each(calibrated)('QNT2 … QNT19, QNT24 %s, %s', (network, folder) => {
    const { args, calibration_order } = json<Recipe & { calibration_order?: string[] }>('cases/nets', network, folder, 'case.json');
    const { graph } = runIn(`cases/nets/${network}`, args).model;
    const expected = readGraph('cases/nets', network, folder, 'expected.pb');
    expectSameGraph(expected, graph);
    if ((calibration_order?.length ?? 0) > 0) expect(thresholdsInOrder(graph)).toEqual(calibration_order);
    const log2 = json<Record<string, number>>('cases/nets', network, folder, 'expected_thresholds.json');
    expect(
      thresholdVariables(expected)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(Object.keys(log2).sort());
    expectSameTable(freezeThresholds(graph, new Map(Object.entries(log2))), graph, log2);
  });

  it('QNT61, QNT62 the network trained on CIFAR-10: int4 by a list, and int4 but for the depthwise layers', () => {
    const quantized = (options: string, list: string) => {
      const args = ['--inputs', 'input', '--outputs', 'MobilenetV1/Predictions/Softmax', '--input_shape', '32,32,3', '--transforms'];
      const steps = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];
      const given = readArguments([
        ...args,
        ...steps,
        `quantize(${options}, first_layer=${FIRST}, last_layer=${LAST}, bits_list=bits.txt)`,
      ]);
      const context = { files: new Map([['bits.txt', list]]), variables: new Map() };
      return runArguments(readGraph('cases/cifar_mobilenet', 'cifar_mnv1_eval.pb'), given, context).model.graph;
    };
    const int4 = readGraph('cases/cifar_mobilenet/expected', 'recipe2_int4.pb');
    expectSameGraph(int4, quantized('weight_bits=-8', '*, -4'));
    const mixed = quantized('weight_bits=-4', '*depthwise*, -8');
    const differences = diffGraphs(int4, mixed);
    expect(differences.length).toBe(7);
    for (const { node, kind } of differences)
      expect([node, kind]).toEqual([expect.stringMatching(/_depthwise\/.*_weight_quant\/bitwidth$/), 'attr']);
    for (const { name, kind, bits } of readQuantizers(mixed)) {
      if (kind === 'weight' && !name.includes('avgpool'))
        expect([name, bits]).toEqual([name, /depthwise|Conv2d_0\/|Logits/.test(name) ? 8 : 4]);
    }
  });

  it.each(['recipe2_int8', 'recipe2_int4', 'recipe3c_int8'])('QNT2 … QNT19 the network trained on CIFAR-10, %s', (recipe) => {
    const bits = recipe.endsWith('int4')
      ? `weight_bits=-4, first_layer=${FIRST}, last_layer=${LAST}`
      : `first_layer=${FIRST}, last_layer=${LAST}`;
    const args = [
      ...[
        '--in_graph',
        'cifar_mnv1_eval.pb',
        '--inputs',
        'input',
        '--outputs',
        'MobilenetV1/Predictions/Softmax',
        '--input_shape',
        '32,32,3',
      ],
      ...['--transforms', 'fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'],
      `quantize(${bits})`,
    ];
    const { graph } = runIn('cases/cifar_mobilenet', args).model;
    expectSameGraph(readGraph('cases/cifar_mobilenet/expected', `${recipe}.pb`), graph);
  });
});

const IMAGENET = 'cases/imagenet_mobilenet';
const RECIPE_2 = [
  ...['--inputs', 'input', '--outputs', 'MobilenetV1/Predictions/Softmax', '--input_shape', '128,128,3', '--transforms'],
  ...['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers', 'quantize'],
];

interface Recorded {
  readonly thresholds_log2: Readonly<Record<string, number>>;
  readonly quantizers: Readonly<
    Record<string, { variable: string; log2t: number; bits: number; signed: boolean; rounding: string; input: string }>
  >;
}

describeShared('the real MobileNet', () => {
  it.each([
    ['fused batch norms', IMAGENET, 'fused_bn.pb'],
    ['batch norms in small ops', 'models/mobilenet_v1_0.25_128', 'frozen_graph.pb'],
  ])('QNT2 … QNT19 recipe 2 on the graph with %s', (_, folder, file) => {
    const { model, results } = runArguments(readGraph(folder, file), readArguments(['--in_graph', file, ...RECIPE_2]));
    expectSameGraph(readGraph(IMAGENET, 'expected_int8.pb'), model.graph);
    expect(results.at(-1)?.skipped).toEqual([]);
  });

  it('QNT25 the table of an opened file is the recorded one', () => {
    const recorded = json<Recorded>(IMAGENET, 'expected_thresholds.json');
    const quantizers = readQuantizers(readGraph(IMAGENET, 'expected_int8.pb'));
    const table = quantizers.map((quantizer) => [
      quantizer.node,
      {
        variable: quantizer.threshold,
        log2t: recorded.thresholds_log2[quantizer.threshold],
        bits: quantizer.bits,
        signed: quantizer.signed,
        rounding: quantizer.rounding,
        input: quantizer.source,
      },
    ]);
    expect(Object.fromEntries(table)).toEqual(recorded.quantizers);
    expect(quantizers).toHaveLength(115);
  });

  it('QNT26 with thresholds as constants the table is the same', () => {
    const graph = readGraph(IMAGENET, 'expected_int8.pb');
    const { thresholds_log2 } = json<Recorded>(IMAGENET, 'expected_thresholds.json');
    expectSameTable(freezeThresholds(graph, new Map(Object.entries(thresholds_log2))), graph, thresholds_log2);
  });

  it('QNT25 a graph that another tool quantized has no quantizers of this kind', () => {
    expect(readQuantizers(readGraph('models/mobilenet_v1_0.25_128', 'quantized_graph.pb'))).toEqual([]);
  });

  it('QNT25 training graphs have the same quantizers as the inference graph made for them', () => {
    const [trained, inference] = ['recipe3a_int8', 'recipe3c_int8'].map((recipe) =>
      readQuantizers(readGraph('cases/nets/mobilenet_v1', `${recipe}.pb.gz`)),
    );
    const rows = (quantizers: typeof trained) =>
      new Map(quantizers?.map(({ name, bits, signed, threshold, rounding }) => [name, { bits, signed, threshold, rounding }]));
    expect(rows(trained)).toEqual(rows(inference));
  });
});

function expectSameTable(frozen: Graph, graph: Graph, log2: Readonly<Record<string, number>>): void {
  const expected = readQuantizers(graph).map((quantizer) => ({
    ...quantizer,
    constantLog2: Math.fround(log2[quantizer.threshold] ?? Number.NaN),
  }));
  expect(readQuantizers(frozen)).toEqual(expected);
}
