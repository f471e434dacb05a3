import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import type { Tensor } from '../../worker/formats/tensor.ts';
import { tensorNumbers } from '../../worker/formats/tensorValues.ts';
import { differenceText, diffGraphs } from '../../worker/graph/diff.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { readNpz } from '../npz.ts';
import { describeShared, hasShared, shared } from '../shared.ts';
import { checkpointOf } from './calibrate/calibrated.ts';
import { valuesOf } from './everyCase.ts';
import { relativeDifference } from './floatRun.ts';
import { caseFile, readArguments, readGraph, runArguments } from './runCase.ts';

const RECIPE_1 = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];

const networks = (hasShared ? readdirSync(shared('cases/nets')) : []).flatMap((network) => {
  const { recipes } = JSON.parse(readFileSync(shared('cases/nets', network, 'cases.json'), 'utf8')) as {
    readonly recipes: Readonly<Record<string, { readonly args: readonly string[] }>>;
  };
  const names = Object.keys(recipes).filter((recipe) => recipe.startsWith('recipe1'));
  return names.map((recipe) => [network, recipe, recipes[recipe]?.args ?? []] as const);
});

function expectEqual(expected: Graph, actual: Graph): void {
  expect(diffGraphs(expected, actual).map(differenceText)).toEqual([]);
  expect(actual.nodes.map((node) => node.name)).toEqual(expected.nodes.map((node) => node.name));
}

describeShared('recipe 1 on networks', () => {
  it('has all networks', () => expect(new Set(networks.map(([network]) => network)).size).toBe(8));

  it.each(networks)('%s %s', (network, recipe, args) => {
    const read = readArguments(args);
    const { model } = runArguments(readGraph('cases/nets', network, read.inGraph), read);
    expectEqual(readGraph('cases/nets', network, `${recipe}.pb.gz`), model.graph);
  });

  it.each(['small_mobilenet_v2', 'small_resnet_v1'])('%s with its weights: the original’s graph, and the same numbers', async (network) => {
    const folder = `cases/nets/${network}`;
    const { args } = caseFile(`${folder}/cal_recipe1`);
    const read = readArguments(args);
    const opened = readGraph(folder, read.inGraph);
    const { model } = runArguments(opened, read);
    expectEqual(readGraph(folder, 'cal_recipe1', 'expected.pb'), model.graph);
    const recorded = readNpz(shared(folder, 'cal_recipe1', 'expected_io.npz'));
    const numbers = (key: string) => [...tensorNumbers(recorded.get(key) as Tensor)];
    const variables = await checkpointOf(folder);
    const feeds = new Map([[read.inputs[0] ?? '', recorded.get('x') as Tensor]]);
    for (const [key, graph] of [['in', opened] as const, ['out', model.graph] as const]) {
      const [found = []] = await valuesOf(graph, variables, feeds, read.outputs);
      expect(relativeDifference(numbers(key), found)).toBeLessThan(1e-5);
    }
  });

  it('FBN5: batch norm in small ops gives the graph that fused batch norm gives', () => {
    const request = {
      inGraph: '',
      inputs: ['input'],
      outputs: ['MobilenetV1/Predictions/Softmax'],
      inputShape: [128, 128, 3],
      transforms: RECIPE_1,
      superuser: false,
    };
    const small = runArguments(readGraph('models/mobilenet_v1_0.25_128/frozen_graph.pb'), request);
    const fused = runArguments(readGraph('cases/imagenet_mobilenet/fused_bn.pb'), request);
    expectEqual(fused.model.graph, small.model.graph);
    expect(small.results.flatMap((result) => result.changes).filter(({ rule }) => rule === 'FBN5')).toHaveLength(27);
  });
});
