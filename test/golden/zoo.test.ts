import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { differenceText, diffGraphs } from '../../worker/graph/diff.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import type { NetworkRecipe, RunRequest } from '../../worker/protocol.ts';
import { printExpression } from '../../worker/transforms/expression.ts';
import { transformNamed } from '../../worker/transforms/registry.ts';
import { networkNamed } from '../../worker/zoo/networks.ts';
import { presetRequest } from '../../worker/zoo/presets.ts';
import { recognizeNetwork } from '../../worker/zoo/recognize.ts';
import { describeShared, hasShared, shared } from '../shared.ts';
import { expectSameGraph } from './quantizedGraphs.ts';
import { type CaseArguments, readArguments, readGraph, runArguments } from './runCase.ts';

const NETWORKS = ['mobilenet_v1', 'resnet_v1_50', 'inception_v3', 'vgg16', 'darknet19', 'yolo_v2_tiny'];
/** Variants of the table's networks: the preset takes names and shape from the graph. */
const VARIANTS = ['small_mobilenet_v2'];

const RECIPES: Readonly<Record<string, NetworkRecipe>> = {
  recipe1: 'optimized',
  recipe2_int8: 'int8',
  recipe3a_int8: 'train-int8',
  recipe3a_int4: 'train-int4',
  recipe3c_int8: 'retrained-int8',
  recipe3c_int4: 'retrained-int4',
};

interface CasesFile {
  readonly recipes: Readonly<Record<string, { readonly args: readonly string[] }>>;
}

const cases = hasShared
  ? [...NETWORKS, ...VARIANTS].flatMap((network) => {
      const { recipes } = JSON.parse(readFileSync(shared('cases/nets', network, 'cases.json'), 'utf8')) as CasesFile;
      return Object.entries(recipes).map(([recipe, { args }]) => [network, recipe, readArguments(args)] as const);
    })
  : [];

/** `recipe1_mean` is recipe 1 on another file. */
const recipeOf = (name: string): NetworkRecipe => RECIPES[name.replace(/_(mean|shapes)$/, '')] ?? 'optimized';

function presetFor(graph: Graph, recipe: NetworkRecipe): RunRequest {
  const found = recognizeNetwork(graph);
  if (found === null) throw new Error('The network was not recognised.');
  return presetRequest(found.network, recipe, found);
}

/** What a recorded command line asks for. */
function recorded(args: CaseArguments): unknown {
  return { inputs: args.inputs, outputs: args.outputs, shape: args.inputShape, steps: args.transforms.map(readStep) };
}

function preset({ interface: { inputs, outputs, shape }, steps }: RunRequest): unknown {
  return { inputs, outputs, shape, steps: steps.map(({ transform, options }) => completed(transform, new Map(Object.entries(options)))) };
}

function readStep(text: string): unknown {
  const [, name = '', written = ''] = /^(\w+)(?:\((.*)\))?$/.exec(text) ?? [];
  const values = written === '' ? [] : written.split(', ').map((pair) => pair.split('=') as [string, string]);
  return completed(name, new Map(values.map(([key, value]) => [key, typed(value)])));
}

function typed(value: string): string | number | boolean {
  if (/^-?\d+$/.test(value)) return Number(value);
  return value === 'True' || value === 'False' ? value === 'True' : value;
}

/** A step with every default written out, calibration off as it was when the cases were recorded. */
function completed(name: string, given: ReadonlyMap<string, unknown>): unknown {
  const { options } = transformNamed(name);
  const defaults = Object.entries(options).map(([key, spec]) => [key, spec.default]);
  const off = name === 'quantize' ? { calibrate_quant_layers: false } : {};
  const training = name === 'quantize' || name === 'fold_batch_norms' ? { is_training: false } : {};
  return { name, options: { ...training, ...Object.fromEntries(defaults), ...Object.fromEntries(given), ...off } };
}

describeShared('presets say what the original was told', () => {
  it('ZOO5 there are cases', () => expect(cases.length).toBeGreaterThan(35));

  it.each(cases.filter(([network]) => network !== 'yolo_v2_tiny'))('ZOO5 %s, %s', (network, recipe, args) => {
    expect(preset(presetFor(readGraph('cases/nets', network, args.inGraph), recipeOf(recipe)))).toEqual(recorded(args));
  });

  // Detectors have static recipes only; the recorded ones name first and last layer at INT8 too, where it means nothing.
  it.each(cases.filter(([network]) => network === 'yolo_v2_tiny'))('ZOO5 %s, %s', (network, recipe, args) => {
    const wanted = recipe === 'recipe1' ? 'optimized' : 'int4';
    const request = presetFor(readGraph('cases/nets', network, args.inGraph), wanted);
    const bits = recipe.endsWith('int8') ? { weight_bits: -8 } : {};
    const steps = request.steps.map((step) => ({ ...step, options: step.transform === 'quantize' ? { ...step.options, ...bits } : {} }));
    expect(preset({ ...request, steps })).toEqual(recorded(args));
  });
});

/** Runs a preset on the graph of a case, without calibration. */
function runPreset(network: string, recipe: NetworkRecipe, inGraph = `${network}_eval.pb`) {
  const graph = readGraph('cases/nets', network, inGraph);
  const request = presetFor(graph, recipe);
  const transforms = request.steps.map(({ transform, options }) =>
    printExpression(transform, transform === 'quantize' ? { ...options, calibrate_quant_layers: false } : options),
  );
  const { inputs, outputs, shape } = request.interface;
  return runArguments(graph, { inGraph, inputs, outputs, inputShape: shape ?? [], transforms, superuser: false });
}

describeShared('presets make the original’s graphs', () => {
  it.each(NETWORKS)('ZOO6 %s, recipes 1, 2 and 3c', (network) => {
    expectSameGraph(readGraph('cases/nets', network, 'recipe1.pb.gz'), runPreset(network, 'optimized').model.graph);
    const int8 = readGraph('cases/nets', network, 'recipe3c_int8.pb.gz');
    const int4 = readGraph('cases/nets', network, 'recipe3c_int4.pb.gz');
    expectSameGraph(int8, runPreset(network, 'int8').model.graph);
    expectSameGraph(int4, runPreset(network, 'int4').model.graph);
    if (!networkNamed(network)?.recipes.includes('retrained-int8')) return;
    expectSameGraph(int8, runPreset(network, 'retrained-int8').model.graph);
    expectSameGraph(int4, runPreset(network, 'retrained-int4').model.graph);
  });

  // INT4 and INT8 differ only in the bit-widths of weights (facts 14.2), by the same nodes in training and inference graphs.
  it.each([...NETWORKS, ...VARIANTS].filter((network) => network !== 'yolo_v2_tiny'))('ZOO6 %s, recipe 3a', (network) => {
    const [int8, int4] = (['train-int8', 'train-int4'] as const).map(
      (recipe) => runPreset(network, recipe, `${network}_train.meta`).model.graph,
    );
    const recorded = readGraph('cases/nets', network, 'recipe3a_int8.pb.gz');
    expectSameGraph(recorded, int8 ?? recorded);
    const widths = (expected: Graph, actual: Graph) => diffGraphs(expected, actual).map(differenceText).sort();
    const inference = ['recipe3c_int8.pb.gz', 'recipe3c_int4.pb.gz'].map((file) => readGraph('cases/nets', network, file));
    const wanted = widths(inference[0] ?? recorded, inference[1] ?? recorded);
    expect(wanted.length).toBeGreaterThan(3);
    expect(widths(recorded, int4 ?? recorded)).toEqual(wanted);
  });
});
