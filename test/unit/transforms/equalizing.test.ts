import { describe, expect, it } from 'vitest';
import type { Graph } from '../../../worker/graph/graph.ts';
import { noVariables, readVariables } from '../../../worker/graph/variables.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { equalizingScales, WeightRanges } from '../../../worker/transforms/equalize/ranges.ts';
import { biasedLayers } from '../../../worker/transforms/layers/biasedLayers.ts';
import { channelLayout } from '../../../worker/transforms/layers/channels.ts';
import { foldedWeights } from '../../../worker/transforms/layers/foldedWeights.ts';
import { ParameterEdits } from '../../../worker/transforms/layers/parameterEdits.ts';
import { applyStep } from '../../../worker/transforms/pipeline.ts';
import { floatOutputs, relativeDifference } from '../../golden/floatRun.ts';
import { line, Net, RECIPE_1, run } from './build.ts';

const EQUALIZED = [...RECIPE_1, 'equalize_layers'];

/** conv with batch norm → relu → depthwise with batch norm → relu6 → 1×1 conv with bias. */
function chain(activation = 'Relu6', norm = 'FusedBatchNorm'): Net {
  const net = new Net();
  let x = net.batchNorm('a', net.conv('a', net.input(), 3, 6), 6, norm);
  x = net.math('a/Relu', 'Relu', x);
  x = net.batchNorm('b', net.depthwise('b', x, 6), 6, norm);
  x = net.math(`b/${activation}`, activation, x);
  net.bias('c', net.conv('c', x, 6, 4), 4);
  return net;
}

/** Largest folded weight per output channel of a layer, and per input channel. */
function rangesOf(graph: Graph, name: string): { readonly made: readonly number[]; readonly read: readonly number[] } {
  const edits = new ParameterEdits(graph, new Map());
  const layer = [...biasedLayers(graph)].find(({ layer: found }) => found.name === name);
  const layout = layer && channelLayout(layer.layer, edits.read(layer.weights)?.shape ?? []);
  if (layer === undefined || layout === undefined) throw new Error(`${name} is no layer`);
  const ranges = new WeightRanges(foldedWeights({ ...layer, layout }, edits), layout, layer.layer.op === 'DepthwiseConv2dNative');
  return { made: [...ranges.ofOutputs()], read: [...ranges.ofInputs()] };
}

describe('equalize_layers', () => {
  it('EQU1: what makes a channel and what reads it are of one size', () => {
    const { model, rules } = run(chain(), ['c/BiasAdd'], EQUALIZED);
    for (const [maker, reader] of [
      ['a/Conv2D', 'b/depthwise'],
      ['b/depthwise', 'c/Conv2D'],
    ] as const) {
      const [made, read] = [rangesOf(model.graph, maker).made, rangesOf(model.graph, reader).read];
      made.forEach((range, channel) => {
        expect(range / (read[channel] ?? 0)).toBeCloseTo(1, 3);
      });
    }
    expect(rules.filter((rule) => rule.startsWith('EQU'))).toEqual(['EQU1', 'EQU1', 'EQU2']);
  });

  it.each(['FusedBatchNorm', 'FusedBatchNormV3'])(
    'EQU2: a Relu6 between layers clips each channel at its own height, and is quantized as one activation: %s',
    (norm) => {
      const { model } = run(chain('Relu6', norm), ['c/BiasAdd'], EQUALIZED);
      expect(line(model.graph, 'b/Relu6')).toBe('Minimum b/Relu6/Relu b/Relu6/clip');
      const quantized = run(chain('Relu6', norm), ['c/BiasAdd'], [...EQUALIZED, 'quantize']);
      const plain = run(chain('Relu6', norm), ['c/BiasAdd'], [...RECIPE_1, 'quantize']);
      const quantizers = ({ model: { graph } }: typeof plain) => readQuantizers(graph).map(({ name, source }) => `${name} on ${source}`);
      expect(quantizers(quantized).sort()).toEqual(quantizers(plain).sort());
      expect(quantizers(quantized)).toContain('b/Relu6_act_quant on b/Relu6');
      expect(quantized.skipped.filter((skip) => skip.startsWith('QNT'))).toEqual(plain.skipped.filter((skip) => skip.startsWith('QNT')));
    },
  );

  it('EQU4: with relu6=keep the two around it are left alone, with relu6=relu it clips no more and a warning says so', () => {
    const kept = run(chain(), ['c/BiasAdd'], [...RECIPE_1, 'equalize_layers(relu6=keep)']);
    expect(kept.skipped.filter((skip) => skip.startsWith('EQU4'))).toEqual(['EQU4 b/depthwise']);
    expect(kept.model.graph.node('b/Relu6').op).toBe('Relu6');
    const relu = run(chain(), ['c/BiasAdd'], [...RECIPE_1, 'equalize_layers(relu6=relu)']);
    expect([relu.model.graph.node('b/Relu6').op, relu.warned]).toEqual(['Relu', ['EQU4 b/Relu6']]);
  });

  it('EQU3: left alone where something else sees the channels: a sum, an output, another factor', () => {
    const net = chain('Relu');
    net.math('sum', 'Add', 'c/BiasAdd', net.bias('d', net.conv('d', 'b/Relu', 6, 4), 4));
    const sum = run(net, ['sum'], EQUALIZED);
    expect(sum.skipped.filter((skip) => skip.startsWith('EQU'))).toEqual(['EQU3 c/Conv2D', 'EQU3 d/Conv2D']);
    // Both readers of one activation are scaled together.
    expect(sum.rules.filter((rule) => rule === 'EQU1').length).toBe(2);
    const output = run(chain('Relu'), ['c/BiasAdd', 'a/Relu'], EQUALIZED);
    expect(output.skipped.filter((skip) => skip.startsWith('EQU3'))).toContain('EQU3 a/Conv2D');
    expect(output.rules.filter((rule) => rule === 'EQU1').length).toBe(1);
  });

  it('EQU5: left alone where weights are shared with a layer elsewhere', () => {
    const net = new Net();
    const first = net.math('a/Relu', 'Relu', net.bias('a', net.conv('a', net.input(), 3, 3), 3));
    const second = net.math('b/Relu', 'Relu', net.bias('b', net.conv('b', first, 3, 3), 3));
    const at = net.specs.findIndex(({ name }) => name === 'b/Conv2D');
    net.specs[at] = { ...(net.specs[at] as (typeof net.specs)[number]), inputs: ['a/Relu', 'a/weights'] };
    net.bias('c', net.conv('c', second, 3, 3), 3);
    const { skipped, rules } = run(net, ['c/BiasAdd'], EQUALIZED);
    expect(skipped.filter((skip) => skip.startsWith('EQU5'))).toEqual(['EQU5 a/Conv2D', 'EQU5 b/Conv2D']);
    expect(rules).not.toContain('EQU1');
  });

  it('EQU6: variables are changed by their values, the graph stays', async () => {
    const net = chain('Relu');
    const { model: thawed } = run(net, ['c/BiasAdd'], ['thaw_graph', 'fix_input_shape', 'fold_batch_norms', 'preprocess_layers']);
    const context = { files: new Map(), variables: await readVariables(thawed) };
    const { model } = applyStep(thawed, { transform: 'equalize_layers', options: {} }, context);
    expect(model.graph.nodes.map(({ name, op }) => `${name} ${op}`)).toEqual(thawed.graph.nodes.map(({ name, op }) => `${name} ${op}`));
    const changed = (
      await Promise.all(
        [...thawed.variables.entries.keys()].map(async (name) => {
          const [before, after] = [await thawed.variables.read(name), await model.variables.read(name)];
          return String(before.bytes) === String(after.bytes) ? [] : [name];
        }),
      )
    ).flat();
    expect(changed.sort()).toEqual([
      ...['a/BatchNorm/beta', 'a/BatchNorm/gamma', 'b/BatchNorm/beta', 'b/BatchNorm/gamma', 'b/depthwise_weights', 'c/weights'],
    ]);
    const request = { inputs: ['input'], shape: [8, 8, 3], outputs: ['c/BiasAdd'] };
    const [before] = await floatOutputs(thawed.graph, { ...request, variables: thawed.variables });
    const [after] = await floatOutputs(model.graph, { ...request, variables: model.variables });
    expect(relativeDifference(before ?? [], after ?? [])).toBeLessThan(1e-5);
    expect(thawed.variables).not.toBe(noVariables);
  });

  it('EQU1: channels that nothing makes or nothing reads keep their scale', () => {
    const layout = channelLayout({ op: 'MatMul', attr: () => undefined } as never, [2, 3]);
    if (layout === undefined) throw new Error('no layout');
    const producer = new WeightRanges(Float32Array.of(4, 0, 1, 2, 0, 1), layout, false);
    const consumer = new WeightRanges(
      Float32Array.of(1, 1, 5, 5, 0, 0),
      { ...layout, inputs: 3, outputs: 2, inputOf: (i) => Math.floor(i / 2), outputOf: (i) => i % 2 },
      false,
    );
    expect([...(equalizingScales([{ producer, consumers: [consumer], sizes: Float64Array.of(1, 1, 1) }])[0] ?? [])]).toEqual([2, 1, 1]);
  });

  it('EQU7: a channel that is all but constant is not blown up', () => {
    // Four inputs, three channels, one of them dead; two readers.
    const layout = (inputs: number, outputs: number) => ({
      ...{ inputs, outputs },
      inputOf: (index: number) => Math.floor(index / outputs),
      outputOf: (index: number) => index % outputs,
    });
    const producer = () =>
      new WeightRanges(
        Float32Array.from({ length: 12 }, (_, i) => (i % 3 === 2 ? 1e-7 : 1)),
        layout(4, 3),
        false,
      );
    const consumer = () => new WeightRanges(new Float32Array(6).fill(1), layout(3, 2), false);
    const scales = (...sizes: number[]) =>
      equalizingScales([{ producer: producer(), consumers: [consumer()], sizes: Float64Array.from(sizes) }])[0] ?? new Float64Array(0);
    expect(scales(1, 1, 1)[2]).toBeCloseTo(1 / 8, 9);
    expect(scales(1, 1, 0)[2]).toBeCloseTo(Math.sqrt(1e-7), 9);
    expect([...scales(1, 1, 1).slice(0, 2)]).toEqual([1, 1]);
  });
});
