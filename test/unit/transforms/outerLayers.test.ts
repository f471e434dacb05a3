import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { guessInterface } from '../../../worker/transforms/interface.ts';
import { outerLayers } from '../../../worker/transforms/outerLayers.ts';
import { readGraph } from '../../golden/runCase.ts';
import { describeShared, hasShared, shared } from '../../shared.ts';
import { Net } from './build.ts';

describe('first and last layer', () => {
  it('ZOO9 are found by the way of the data, whatever names and order say', () => {
    const net = new Net();
    const last = net.conv('a_last', net.math('relu', 'Relu', net.conv('z_first', net.input(), 3, 4)), 4, 4);
    const graph = net.graph();
    expect(outerLayers(graph, ['input'], [net.math('out', 'Relu', last)])).toEqual({ firstLayer: 'z_first/Conv2D', lastLayer: null });
    expect(outerLayers(net.graph(), ['input'], ['out'])).toEqual({ firstLayer: 'z_first/Conv2D', lastLayer: 'a_last/Conv2D' });
  });

  it('ZOO9 of equally near ones the first stands first and the last last; a layer may be both', () => {
    const net = new Net();
    const input = net.input();
    const sum = net.math('sum', 'Add', net.conv('left', input, 3, 4), net.conv('right', input, 3, 4));
    expect(outerLayers(net.graph(), [input], [sum])).toEqual({ firstLayer: 'left/Conv2D', lastLayer: 'right/Conv2D' });
    expect(outerLayers(net.graph(), [input], ['left/Conv2D'])).toEqual({ firstLayer: 'left/Conv2D', lastLayer: 'left/Conv2D' });
  });

  it('ZOO9 none without layers; averages that became layers do not count', () => {
    const net = new Net();
    const out = net.math('out', 'Relu', net.input());
    expect(outerLayers(net.graph(), ['input'], [out])).toEqual({ firstLayer: null, lastLayer: null });
    const conv = net.conv('pool/AvgPool_from_avgpool', out, 3, 4);
    expect(outerLayers(net.graph(), ['input'], [conv])).toEqual({ firstLayer: null, lastLayer: null });
  });
});

describeShared('first and last layer of real graphs', () => {
  it.each(hasShared ? readdirSync(shared('cases/nets')) : [])('ZOO9 %s', (network) => {
    const { first_layer: firstLayer, last_layer: lastLayer } = JSON.parse(
      readFileSync(shared('cases/nets', network, 'cases.json'), 'utf8'),
    ) as { readonly first_layer: string; readonly last_layer: string };
    for (const file of readdirSync(shared('cases/nets', network)).filter((name) =>
      /_(eval|eval_mean|frozen)\.pb$|_train\.meta$/.test(name),
    )) {
      const graph = readGraph('cases/nets', network, file);
      const { inputs, outputs } = guessInterface(graph);
      expect(outerLayers(graph, inputs, outputs)).toEqual({ firstLayer, lastLayer });
    }
  });
});
