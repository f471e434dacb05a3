import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { isVariable, noVariables, readVariables } from '../../../worker/graph/variables.ts';
import { thresholdVariables } from '../../../worker/quantize/readQuantizers.ts';
import { trainingOptions } from '../../../worker/train/options.ts';
import { trainableVariables, trainingPlan } from '../../../worker/train/plan.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';
import { applyStep, runTransforms } from '../../../worker/transforms/pipeline.ts';
import { describeShared } from '../../shared.ts';
import { expectSameGraph } from '../quantizedGraphs.ts';
import { readGraph } from '../runCase.ts';

/** Frozen networks: file, output, shape; how many weights and biases are trained, and how many statistics are not. */
const FROZEN = [
  ['cases/cifar_mobilenet/frozen.pb', 'MobilenetV1/Predictions/Softmax', [32, 32, 3], 47, 30],
  ['cases/imagenet_mobilenet/fused_bn.pb', 'MobilenetV1/Predictions/Softmax', [128, 128, 3], 83, 54],
  ['models/mobilenet_v1_0.25_128/frozen_graph.pb', 'MobilenetV1/Predictions/Reshape_1', [128, 128, 3], 83, 54],
] as const;

function opened(file: string, output: string, inputShape: readonly number[]): Model {
  return { graph: readGraph(file), variables: noVariables, inputs: ['input'], outputs: [output], inputShape, shapes: new Map() };
}

function apply(model: Model, transform: string, variables: ReadonlyMap<string, Tensor> = new Map()): Model {
  return applyStep(model, { transform, options: {} }, { files: new Map(), variables }).model;
}

describeShared('frozen networks, thawed', () => {
  describe.each(FROZEN)('%s', (file, output, shape, trained, statistics) => {
    const model = opened(file, output, shape);
    const thawed = apply(model, 'thaw_graph');

    it('TRN20 weights, biases and batch norms are variables with their values, statistics are not trained', () => {
      expect(trainableVariables(thawed).length).toBe(trained);
      expect(thawed.graph.nodes.filter(isVariable).length).toBe(trained + statistics);
      expect(trainableVariables(thawed).filter((name) => /moving_(mean|variance)/.test(name))).toEqual([]);
    });

    it('TRN20 freeze_graph gives the same graph again', async () => {
      const frozen = apply(thawed, 'freeze_graph', await readVariables(thawed));
      const needed = apply(model, 'freeze_graph');
      expectSameGraph(needed.graph, frozen.graph);
    });

    it('TRN20 recipe 3a makes a training graph of it: batch norms folded in inference form, thresholds and weights trainable', () => {
      const steps = ['fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'quantize(is_training=True)'];
      const results = [
        ...runTransforms(
          thawed,
          steps.map((text, i) => ({ id: `${i}`, ...parseExpression(text), bypassed: false })),
        ),
      ];
      const made = results.at(-1)?.model ?? thawed;
      const plan = trainingPlan(made, trainingOptions(), 600);
      expect(plan.weights.length).toBe(trained);
      expect(plan.thresholds.length).toBe(thresholdVariables(made.graph).length);
      expect(plan.movingUpdates).toEqual([]);
      expect(results.flatMap(({ skipped }) => skipped.map(({ node, reason }) => `${node}: ${reason}`))).toEqual([]);
    });
  });

  it('TRN20 the CIFAR network has the weights that the original trained', () => {
    const thawed = apply(opened(...(FROZEN[0].slice(0, 3) as unknown as [string, string, readonly number[]])), 'thaw_graph');
    const training = readGraph('cases/cifar_mobilenet/expected/recipe3a_int8.pb');
    const names = training.nodes.filter((node) => isVariable(node) && !node.name.endsWith('threshold')).map(({ name }) => name);
    expect(
      thawed.graph.nodes
        .filter(isVariable)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(names.sort());
  });
});
