import { expect, it } from 'vitest';
import { ancestors } from '../../../worker/graph/reach.ts';
import { withMovingStatistics } from '../../../worker/quantize/movingStatistics.ts';
import { line, Net, run } from '../transforms/build.ts';

const TRAINING = ['fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers'];

function trained(): Net {
  const net = new Net();
  const bn = net.batchNorm('c', net.conv('c', net.input(), 3, 4), 4, 'FusedBatchNorm', true);
  net.math('c/BatchNorm/AssignMovingAvg/sub', 'Sub', 'c/BatchNorm/moving_mean', `${bn}:1`);
  net.math('c/BatchNorm/AssignMovingAvg_1/sub', 'Sub', 'c/BatchNorm/moving_variance', `${bn}:2`);
  net.math('c/Relu', 'Relu', bn);
  return net;
}

it('CAL12: with switches at their defaults nothing depends on the statistics of the batch', () => {
  const { graph } = run(trained(), ['c/Relu'], TRAINING).model;
  const settled = withMovingStatistics(graph);
  expect(ancestors(graph, ['c/Relu']).has('c/BatchNorm/FusedBatchNorm')).toBe(true);
  expect(ancestors(settled, ['c/Relu']).has('c/BatchNorm/FusedBatchNorm')).toBe(false);
  expect(line(settled, 'c/correction')).toBe('Mul c/Conv2D_Fold freeze_bn_cast');
  expect(line(settled, 'c/BatchNorm_Fold/biases')).toBe('Sub c/BatchNorm/beta c/BatchNorm_Fold/mul_5');
});

it('CAL12: an inference graph stays the very same', () => {
  const { graph } = run(trained(), ['c/Relu'], ['fix_input_shape', 'fold_batch_norms', 'preprocess_layers']).model;
  expect(withMovingStatistics(graph)).toBe(graph);
});

it('CAL12: a switch that is off by default leaves the batch its say', () => {
  const { graph } = run(trained(), ['c/Relu'], TRAINING).model;
  const off = new Net();
  for (const node of graph.nodes) {
    const attrs = Object.fromEntries([...node.attrs.keys()].map((name) => [name, node.attr(name)])) as Parameters<Net['add']>[3];
    off.add(node.name, node.op, node.inputs, attrs);
  }
  const unfrozen = off.specs.map((spec) => (spec.name === 'freeze_bn_default' ? { ...spec, attrs: falseValue } : spec));
  off.specs.splice(0, off.specs.length, ...unfrozen);
  expect(ancestors(withMovingStatistics(off.graph()), ['c/Relu']).has('c/BatchNorm/FusedBatchNorm')).toBe(true);
});

const falseValue = {
  dtype: { kind: 'type', value: 'bool' },
  value: { kind: 'tensor', value: { dtype: 'bool', shape: [], bytes: Uint8Array.of(0) } },
} as const;

it('CAL12: switches that will be fed keep their products', () => {
  const { graph } = run(trained(), ['c/Relu'], TRAINING).model;
  expect(withMovingStatistics(graph, (name) => name === 'freeze_bn')).not.toBe(graph);
  expect(withMovingStatistics(graph, () => false)).toBe(graph);
});
