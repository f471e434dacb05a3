import { describe, expect, it } from 'vitest';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { isTrainingGraph, readQuantizers } from '../../../worker/quantize/readQuantizers.ts';
import { valuesOfData } from '../../../worker/quantize/valuesOfData.ts';
import { Net, run } from '../transforms/build.ts';

/** Two layers, the first with a batch norm in training mode. */
function network(depthwise = false): Net {
  const net = new Net();
  const layer = depthwise ? net.depthwise('net/a', net.input(), 3) : net.conv('net/a', net.input(), 3, 3);
  const bn = net.batchNorm('net/a', layer, 3, 'FusedBatchNorm', true);
  net.math('net/a/BatchNorm/AssignMovingAvg/sub', 'Sub', 'net/a/BatchNorm/moving_mean', `${bn}:1`);
  net.math('net/a/BatchNorm/AssignMovingAvg_1/sub', 'Sub', 'net/a/BatchNorm/moving_variance', `${bn}:2`);
  const relu = net.math('net/a/Relu', 'Relu', bn);
  net.math('net/b/Relu', 'Relu', net.bias('net/b', net.conv('net/b', relu, 3, 2), 2));
  return net;
}

/** With one channel 10 times as large as the others. */
function lifted(depthwise = true): Net {
  const net = network(depthwise);
  const at = net.specs.findIndex(({ name }) => name === 'net/a/BatchNorm/gamma');
  const spec = net.specs[at];
  if (spec === undefined) throw new Error('no batch norm');
  net.specs[at] = { ...spec, attrs: { ...spec.attrs, value: { kind: 'tensor', value: makeTensor('float32', [3], [1, 10, 1]) } } };
  return net;
}

const TRAINING = ['fix_input_shape', 'fold_batch_norms(is_training=True)', 'preprocess_layers', 'quantize(is_training=True)'];
const INFERENCE = ['fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'quantize'];

function trained(depthwise = false) {
  return run(network(depthwise), ['net/b/Relu'], TRAINING);
}

describe('quantize(is_training=True)', () => {
  it('QNT31: the ceil of each threshold has the derivative 1, and a switch that is off', () => {
    const { graph } = trained().model;
    const at = (name: string) => graph.node(`net/a/Relu_act_quant/${name}`);
    expect(at('freeze_th').op).toBe('PlaceholderWithDefault');
    const value = at('freeze_th_default').attr('value');
    expect(value?.kind === 'tensor' && [...value.value.bytes]).toEqual([0]);
    expect(at('add_1').inputs.map(scopeless)).toEqual(['add', 'StopGradient_1']);
    expect(at('pof2_t').inputs.map(scopeless)).toEqual(['base', 'add_1']);
    expect(isTrainingGraph(graph)).toBe(true);
    expect(isTrainingGraph(run(network(), ['net/b/Relu'], INFERENCE).model.graph)).toBe(false);
  });

  it('QNT32: quantizers and thresholds are called as in the inference graph', () => {
    const table = (transforms: string[]) =>
      new Map(
        readQuantizers(run(network(), ['net/b/Relu'], transforms).model.graph).map(({ name, threshold, bits, signed }) => [
          name,
          { threshold, bits, signed },
        ]),
      );
    expect(table(TRAINING)).toEqual(table(INFERENCE));
    expect(trained().model.graph.node('net/a/Conv2D_layer_quant/LinearQuant').inputs[0]).toBe('net/a/correction');
  });

  it('QNT22: the layers that only take statistics are not counted as left in float', () => {
    expect(trained().skipped).toEqual([]);
    expect(trained(true).skipped).toEqual([]);
  });

  it('QNT22: a graph folded for training is refused for inference', () => {
    const folded = run(network(), ['net/b/Relu'], TRAINING.slice(0, 3)).model.graph;
    expect(() => run(folded, ['net/b/Relu'], ['fix_input_shape', 'fold_batch_norms', 'preprocess_layers', 'quantize'])).toThrow(
      expect.objectContaining({ code: 'op-training' }),
    );
  });

  it('QNT33: depthwise layers with found thresholds are warned of; in training, and with trained thresholds, not', () => {
    const warned = (transforms: string[], depthwise = true) =>
      run(lifted(depthwise), ['net/b/Relu'], transforms).warned.filter((text) => text.startsWith('QNT33'));
    expect(warned(INFERENCE)).toEqual(['QNT33 net/a/depthwise']);
    expect(warned(INFERENCE, false)).toEqual([]);
    expect(warned(TRAINING)).toEqual([]);
    expect(warned([...INFERENCE.slice(0, 3), 'quantize(calibrate_quant_layers=False)'])).toEqual([]);
  });

  it('QNT33: not where channels are of one size, as made or equalized; where weights are not known they count as uneven', () => {
    const warned = (given: Net | Graph, transforms = INFERENCE) => run(given, ['net/b/Relu'], transforms).results.at(-1)?.warnings ?? [];
    const ruled = (given: Net | Graph, transforms = INFERENCE) => warned(given, transforms).filter(({ rule }) => rule === 'QNT33');
    expect(ruled(network(true))).toEqual([]);
    expect(ruled(lifted())[0]?.text).toMatch(/up to (8|9|1\d) times the median/);
    expect(ruled(lifted(), [...INFERENCE.slice(0, 3), 'equalize_layers', 'quantize'])).toEqual([]);
    const unknown = lifted().graph();
    const variable = unknown
      .node('net/a/depthwise_weights')
      .with({ op: 'VariableV2', attrs: { value: undefined, shape: { kind: 'shape', value: [3, 3, 3, 1] } } });
    expect(ruled(new Graph(unknown.nodes.map((node) => (node.name === variable.name ? variable : node))))).toHaveLength(1);
  });
});

describe('valuesOfData', () => {
  it('keeps a batch norm whose values are read, and drops one that is asked for its statistics only', () => {
    const graph = network().graph();
    expect(valuesOfData(graph, ['input']).has('net/a/BatchNorm/FusedBatchNorm')).toBe(true);
    const unread = new Graph(
      graph.nodes.map((node) => (node.name === 'net/a/Relu' ? GraphNode.make({ name: node.name, op: 'Relu', inputs: ['input'] }) : node)),
    );
    const found = valuesOfData(unread, ['input']);
    expect(['net/a/BatchNorm/FusedBatchNorm', 'net/a/Conv2D'].filter((name) => found.has(name))).toEqual([]);
    expect(found.has('net/b/Relu')).toBe(true);
  });
});

function scopeless(input: string): string {
  return input.slice(input.lastIndexOf('/') + 1);
}
