import { describe, expect, it } from 'vitest';
import { unquantized } from '../../../../worker/quantize/explain/unquantized.ts';
import { leftInFloat } from '../../../../worker/quantize/leftInFloat.ts';
import { Net } from '../nets.ts';

/** node → pattern, edge and mend of what stays in float. */
function explained(build: (net: Net, x: string) => void) {
  const net = new Net();
  build(net, net.convRelu('c0', net.input()));
  const { skipped } = net.quantized();
  return Object.fromEntries(
    skipped.map(({ node, nearest, remedy }) => {
      const edge = nearest?.matchedUpTo;
      return [node, [nearest?.pattern, edge ? `${edge.from} → ${edge.to}` : null, remedy]];
    }),
  );
}

describe('QNT59 the nearest pattern of what stays in float', () => {
  it('QNT59 a layer without bias: the edge to what reads it', () => {
    const found = explained((net, x) => net.relu('r', net.node('c1', 'Conv2D', [x, net.variable('w')])));
    expect(found.c1).toEqual(['layer → bias → relu', 'c1 → r', expect.stringContaining('missing_bias=zero')]);
    expect(found.r?.slice(0, 2)).toEqual(['layer → bias → relu', 'c1 → r']);
  });

  it('QNT59 a sum that adds another branch instead of a bias', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    net.node('add', 'Add', [net.node('c1', 'Conv2D', [x, net.variable('w')]), net.node('p', 'MaxPool', [x])]);
    const [skip] = net.quantized().skipped;
    expect(skip).toMatchObject({
      node: 'c1',
      reason: expect.stringContaining("'add' adds no constant bias"),
      nearest: { matchedUpTo: { from: 'c1', to: 'add' } },
    });
  });

  it('QNT59 a batch norm in training mode: use the evaluation graph', () => {
    const found = explained((net, x) => {
      const layer = net.node('c1', 'Conv2D', [x, net.variable('w')]);
      const parameters = ['g', 'b', 'm', 'v'].map((name) => net.constant(name));
      net.node('bn', 'FusedBatchNorm', [layer, ...parameters], { is_training: { kind: 'bool', value: true } });
    });
    expect(found.c1).toEqual(['layer → batch norm → relu', 'c1 → bn', 'Use the evaluation graph.']);
    expect(found.bn).toEqual(['layer → batch norm', 'c1 → bn', 'Use the evaluation graph.']);
  });

  it('QNT59 weights that are computed: the edge from them', () => {
    const found = explained((net, x) =>
      net.conv('c2', x, { weights: net.node('w', 'Reshape', [net.variable('v'), net.constant('shape')]) }),
    );
    expect(found['c2/Conv2D']?.slice(0, 2)).toEqual(['weights → layer', 'w → c2/Conv2D']);
  });

  it('QNT59 says which parts of the pattern are there', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    const layer = net.node('c1', 'Conv2D', [x, net.variable('w')]);
    net.relu('r', net.node('add', 'Add', [layer, net.node('p', 'MaxPool', [x])]));
    const parts = Object.fromEntries(
      net.quantized().skipped.map(({ node, nearest }) => [node, nearest?.pattern.split(' → ').slice(...nearest.matched)]),
    );
    expect(parts).toMatchObject({ c1: ['layer'], r: ['relu'] });
  });

  it('QNT59 where the network ends there is no edge', () => {
    expect(explained((net, x) => net.node('gate', 'Sigmoid', [x])).gate?.[1]).toBeNull();
  });

  it('QNT59 a quantized graph is explained as when it was made', () => {
    const net = new Net();
    const x = net.convRelu('c0', net.input());
    net.conv('c2', net.relu('r', net.node('c1', 'Conv2D', [x, net.variable('w')])));
    const { model, skipped } = net.quantized();
    expect(leftInFloat(unquantized(model.graph), model.graph, model.inputs)).toEqual(skipped);
    expect(skipped.length).toBeGreaterThan(0);
  });
});
