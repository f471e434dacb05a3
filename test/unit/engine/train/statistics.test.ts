import { describe, expect, it } from 'vitest';
import { withVariables } from '../../../../worker/engine/train/statistics.ts';
import { tensorNumbers } from '../../../../worker/formats/tensorValues.ts';
import { GraphEditor, GraphNode } from '../../../../worker/graph/graph.ts';
import type { Model } from '../../../../worker/graph/model.ts';
import { readQuantizers } from '../../../../worker/quantize/readQuantizers.ts';
import { fixedBatchNorms } from '../../../../worker/train/fixedBatchNorms.ts';
import { trainingOptions } from '../../../../worker/train/options.ts';
import { trainingPlan } from '../../../../worker/train/plan.ts';
import { spawnThread } from '../../compute/spawn.ts';
import { againstRecord, distance, FOLDED, recordedNetwork } from '../../train/measuredNetwork.ts';
import recorded from '../../train/recordedStatistics.json' with { type: 'json' };

const { count, shape, network, measured, outputsOf } = recordedNetwork(recorded);

/** The 3 × 3 convolution of the first layer with SAME padding: elements by output channel. */
function convolved(values: ArrayLike<number>, weights: ArrayLike<number>): number[][] {
  const [size = 0, , channels = 0] = shape;
  const outputs = weights.length / 9 / channels;
  return Array.from({ length: outputs }, (_, output) =>
    Array.from({ length: count * size * size }, (_position, position) => {
      const [image, row, column] = [Math.floor(position / size ** 2), Math.floor(position / size) % size, position % size];
      let sum = 0;
      for (let tap = 0; tap < 9 * channels; tap++) {
        const [y, x] = [row + Math.floor(tap / 3 / channels) - 1, column + (Math.floor(tap / channels) % 3) - 1];
        if (y < 0 || x < 0 || y >= size || x >= size) continue;
        sum += (values[((image * size + y) * size + x) * channels + (tap % channels)] ?? 0) * (weights[tap * outputs + output] ?? 0);
      }
      return sum;
    }),
  );
}

/** The model with some nodes more, or others in the place of those of their names. */
function withNodes(model: Model, nodes: readonly GraphNode[]): Model {
  const editor = new GraphEditor(model.graph);
  for (const node of nodes) editor.replace(node);
  return { ...model, graph: editor.graph() };
}

describe('statistics of fixed batch norms, measured anew', () => {
  it.each(FOLDED)(
    'TRN32 fused and in small ops, %s: those that TensorFlow measures layer after layer',
    async (_, transforms, batchNorms) => {
      const { used, measuredNorms, statistics, output } = await againstRecord(recorded, transforms);
      expect([used, measuredNorms]).toEqual([count, batchNorms]);
      expect(statistics).toBeLessThan(2e-6);
      expect(output).toBeLessThan(1e-5);
    },
  );

  it('TRN32 the same bytes on one, two and four workers', async () => {
    const model = network('thaw_graph', 'fix_input_shape', 'fold_batch_norms(remaining=fold)');
    const found = [];
    for (const workers of [1, 2, 4]) found.push((await measured(model, { workers, spawn: spawnThread })).values);
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  }, 120_000);

  it('TRN32 on so many images as are asked for, the first of the run', async () => {
    const { values, images: used } = await measured(network('thaw_graph'), { images: 7 });
    expect(used).toBe(7);
    const theirs = recorded.statistics['a/bn'].mean;
    expect(distance(values.get('a/bn/moving_mean')?.values ?? [], theirs)).toBeGreaterThan(1e-3);
  });

  it('TRN32 behind quantizers: what the layer reads is rounded, its own weights are not', async () => {
    const placed = network(
      ...['thaw_graph', 'fix_input_shape', 'fold_batch_norms(remaining=fold)', 'preprocess_layers'],
      'quantize(is_training=True, weight_bits=-4)',
    );
    const one = { shape: [], values: Float32Array.of(-1) };
    const model = withVariables(placed, new Map(readQuantizers(placed.graph).map(({ threshold }) => [threshold, one])));
    const layer = placed.graph.node('a/conv');
    const [read = ''] = layer.edges.map(({ node }) => node);
    expect(placed.graph.node(read).op).toBe('LinearQuant');
    const [rounded = []] = await outputsOf(model, [read]);
    const sums = convolved(rounded, tensorNumbers(await placed.variables.read('a/w')));
    const mean = sums.map((channel) => channel.reduce((sum, value) => sum + value, 0) / channel.length);
    const variance = sums.map((channel, c) => channel.reduce((sum, value) => sum + (value - (mean[c] ?? 0)) ** 2, 0) / channel.length);
    const { values } = await measured(model);
    expect(distance(values.get('a/bn/moving_mean')?.values ?? [], mean)).toBeLessThan(2e-6);
    expect(distance(values.get('a/bn/moving_variance')?.values ?? [], variance)).toBeLessThan(2e-6);
    expect(distance(mean, recorded.statistics['a/bn'].mean)).toBeGreaterThan(1e-3);
  });

  it('TRN32 statistics that are constants, that a graph moves itself or that two batch norms read are left alone', () => {
    const names = (model: Model): readonly string[] => fixedBatchNorms(model).batchNorms.map(({ mean }) => mean);
    expect(names(network())).toEqual([]);
    const thawed = network('thaw_graph');
    const all = names(thawed);
    expect(all).toEqual(['a', 'b', 'c', 'd', 'e'].map((scope) => `${scope}/bn/moving_mean`));
    const { graph } = thawed;
    const shared = graph.node('c/bn').edges.map((edge, slot) => (slot === 3 ? 'd/bn/moving_mean' : edge));
    const moved = withNodes(thawed, [
      GraphNode.make({ name: 'move', op: 'AssignSub', inputs: ['a/bn/moving_mean', 'a/bn/beta'] }),
      graph.node('c/bn').with({ inputs: shared }),
    ]);
    expect(names(moved)).toEqual(['b/bn/moving_mean', 'e/bn/moving_mean']);
    expect(() => trainingPlan(network(), trainingOptions({ mode: 'float', reestimateStatistics: true }), count)).toThrow(/No batch norm/);
  });
});
