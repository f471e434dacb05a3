import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { differenceText, diffGraphs } from '../../worker/graph/diff.ts';
import type { Graph } from '../../worker/graph/graph.ts';
import { describeShared, hasShared, shared } from '../shared.ts';
import { readArguments, readGraph, runArguments } from './runCase.ts';

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
