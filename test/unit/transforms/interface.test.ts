import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { guessInterface, interfaceCandidates } from '../../../worker/transforms/interface.ts';
import { caseFile, microCases, readArguments, readGraph } from '../../golden/runCase.ts';
import { describeShared, hasShared, shared } from '../../shared.ts';
import { Net } from './build.ts';

describe('guessing an interface', () => {
  it('takes probabilities rather than the reshape behind them, and looks past savers, summaries and updates', () => {
    const net = new Net();
    const x = net.math('prob', 'Softmax', net.conv('net/c', net.input(), 3, 4));
    net.math('prob/Reshape', 'Reshape', x, net.ints('prob/shape', [1, 4]));
    net.add('summary', 'HistogramSummary', ['tag', net.conv('net/d', 'input', 3, 4)]);
    net.add('tag', 'Const', []);
    net.add('save/filename', 'Placeholder', [], { dtype: { kind: 'type', value: 'string' } });
    net.add('save', 'SaveV2', ['save/filename', 'net/c/weights']);
    net.add('labels', 'Placeholder', [], { dtype: { kind: 'type', value: 'int64' }, shape: { kind: 'shape', value: [-1] } });
    expect(guessInterface(net.graph())).toEqual({ inputs: ['input'], outputs: ['prob'], shape: [8, 8, 3] });
    expect(interfaceCandidates(net.graph())).toEqual({ inputs: ['input'], outputs: ['prob/Reshape'] });
  });

  it('leaves out the head beside the network that only training reads', () => {
    const net = new Net();
    const trunk = net.conv('InceptionV3/Mixed_6e', net.input(), 3, 4);
    net.math('InceptionV3/AuxLogits/SpatialSqueeze', 'Relu', net.conv('InceptionV3/AuxLogits/Conv2d_2b_1x1', trunk, 4, 4));
    const head = net.conv('InceptionV3/Logits', trunk, 4, 4);
    expect(guessInterface(net.graph()).outputs).toEqual([head]);
    const alone = new Net();
    const only = alone.conv('aux/logits', alone.input(), 3, 4);
    expect(guessInterface(alone.graph()).outputs).toEqual([only]);
  });

  it('finds results that only logging reads', () => {
    const net = new Net();
    const x = net.math('logits', 'Relu', net.conv('net/c', net.input(), 3, 4));
    net.add('summary', 'HistogramSummary', [x]);
    expect(guessInterface(net.graph()).outputs).toEqual(['logits']);
  });

  it('says null where a shape or an input cannot be told', () => {
    const net = new Net();
    net.conv('net/c', net.input('input', [-1, -1, -1, 3]), 3, 4);
    expect(guessInterface(net.graph())).toEqual({ inputs: ['input'], outputs: ['net/c/Conv2D'], shape: null });
    const none = new Net();
    none.math('a', 'Relu', none.weights('w', [3]));
    expect(guessInterface(none.graph())).toEqual({ inputs: [], outputs: [], shape: null });
  });
});

describeShared('guessing the interface of real graphs', () => {
  it.each(hasShared ? readdirSync(shared('cases/nets')) : [])('%s', (network) => {
    const {
      input,
      output,
      input_shape: shape,
    } = JSON.parse(readFileSync(shared('cases/nets', network, 'cases.json'), 'utf8')) as {
      readonly input: string;
      readonly output: string;
      readonly input_shape: readonly number[];
    };
    for (const file of readdirSync(shared('cases/nets', network)).filter((name) =>
      /_(eval|eval_mean|eval_shapes|frozen)\.pb$/.test(name),
    )) {
      expect(guessInterface(readGraph('cases/nets', network, file))).toEqual({ inputs: [input], outputs: [output], shape });
    }
  });

  it('every micro graph', () => {
    for (const name of microCases().filter((found) => found.endsWith('__opt') && found !== 'unknown_placeholder__opt')) {
      const { inGraph, inputs, outputs, inputShape: shape } = readArguments(caseFile(`cases/micro/${name}`).args);
      expect({ name, ...guessInterface(readGraph('cases/micro', name, inGraph)) }).toEqual({ name, inputs, outputs, shape });
    }
  });
});
