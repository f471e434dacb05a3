import { makeTensor } from '../formats/tensorValues.ts';
import type { GraphNode } from '../graph/graph.ts';
import { equalizablePairs, type LayerPair } from './equalize/pairs.ts';
import { equalizingScales, WeightRanges } from './equalize/ranges.ts';
import { foldedWeights, type LaidOutLayer } from './layers/foldedWeights.ts';
import { ParameterEdits } from './layers/parameterEdits.ts';
import { constant, dtypeOf, typed } from './nodes.ts';
import { choice, flag } from './options.ts';
import { Rewrite } from './rewrite.ts';
import type { Change, Skip, Transform, Warning } from './transform.ts';

/**
 * Cross-layer equalization (Nagel et al. 2019, arXiv 1906.04721): a factor per channel moves from a layer to those that read it, so that
 * one scale per tensor fits all channels. Only values of parameters change; the float function stays the same.
 */
export const equalizeLayers: Transform = {
  name: 'equalize_layers',
  summary: 'Move scale between layers, channel by channel, until weights of all channels are alike in size.',
  options: {
    relu6: choice(
      ['clip', 'keep', 'relu'],
      'clip',
      'What becomes of a Relu6 between two layers: a clip of its own per channel, nothing (the two are left alone), or a plain Relu as in the paper, which changes the network where it clipped.',
    ),
    power_of_two: flag(false, 'Scale by powers of two only: then not one bit of the float network changes.'),
  },
  after: ['fold_batch_norms', 'preprocess_layers'],
  notAfter: ['quantize'],
  needsVariables: true,
  apply(model, { relu6, power_of_two: powers }, { variables }) {
    const edits = new ParameterEdits(model.graph, variables);
    const found = equalizablePairs(model, edits);
    const kept = relu6 === 'keep' ? found.pairs.filter((pair) => pair.relu6.length > 0) : [];
    const pairs = found.pairs.filter((pair) => !kept.includes(pair));
    const ranges = new Map<string, WeightRanges>();
    const rangesOf = (layer: LaidOutLayer) => {
      const known = ranges.get(layer.layer.name) ?? rangesOfLayer(layer, edits);
      ranges.set(layer.layer.name, known);
      return known;
    };
    const scales = equalizingScales(
      pairs.map(({ producer, consumers }) => ({
        producer: rangesOf(producer),
        consumers: consumers.map(rangesOf),
        sizes: outputSizes(producer, edits),
      })),
    ).map((factors) => (powers === true ? factors.map((factor) => 2 ** Math.round(Math.log2(factor))) : factors));
    const rewrite = new Rewrite(model.graph);
    const changes: Change[] = [];
    const warnings: Warning[] = [];
    pairs.forEach((pair, index) => {
      const factors = scales[index] ?? new Float64Array(0);
      if (factors.every((factor) => factor === 1)) return;
      scalePair(pair, factors, edits);
      changes.push(equalized(pair, factors));
      for (const node of pair.relu6) {
        if (relu6 === 'relu') warnings.push(unclipped(node, rewrite));
        else changes.push(clipped(node, factors, rewrite));
      }
    });
    const skipped = [...found.skipped, ...kept.map(clippedBetween)];
    return { model: edits.finish({ ...model, graph: rewrite.finish() }), changes, skipped, warnings };
  },
};

function rangesOfLayer(layer: LaidOutLayer, edits: ParameterEdits): WeightRanges {
  return new WeightRanges(foldedWeights(layer, edits), layer.layout, layer.layer.op === 'DepthwiseConv2dNative');
}

/** |β| + 3|γ| of a batch norm: hardly anything is larger. Without one the mean bias stands for the deviation. */
function outputSizes({ norm, offset }: LaidOutLayer, edits: ParameterEdits): Float64Array {
  const sizes = Float64Array.from(edits.read(offset)?.values ?? [], Math.abs);
  const deviations = norm === null ? undefined : norm.gamma === null ? sizes.map(() => 1) : edits.read(norm.gamma)?.values;
  const mean = sizes.reduce((sum, size) => sum + size / sizes.length, 0);
  return sizes.map((size, channel) => size + 3 * Math.abs(deviations?.[channel] ?? mean));
}

/** EQU1: γ and β over s (without batch norm weights and bias, without γ mean too), the readers' weights times s. */
function scalePair({ producer, consumers }: LayerPair, factors: Float64Array, edits: ParameterEdits): void {
  const { weights, norm, offset, layout } = producer;
  const factor = (channel: number) => factors[channel] ?? 1;
  const perChannel = [offset, ...(norm === null ? [] : norm.gamma === null ? [norm.mean ?? ''] : [norm.gamma])];
  for (const name of perChannel) edits.change(name, (value, index) => value / factor(index % layout.outputs));
  if (norm === null || norm.gamma === null) edits.change(weights, (value, index) => value / factor(layout.outputOf(index)));
  const scaled = new Set<string>();
  for (const consumer of consumers) {
    if (scaled.has(consumer.weights)) continue;
    scaled.add(consumer.weights);
    edits.change(consumer.weights, (value, index) => value * factor(consumer.layout.inputOf(index)));
  }
}

/** EQU2: min(relu(x), 6/s), the clip as it is in scaled channels; it keeps the name of the Relu6. */
function clipped(node: GraphNode, factors: Float64Array, rewrite: Rewrite): Change {
  const [source] = node.edges;
  const dtype = dtypeOf(node);
  const [relu, clip] = [`${node.name}/Relu`, `${node.name}/clip`];
  rewrite.add(typed(relu, 'Relu', dtype, source ?? ''));
  rewrite.add(
    constant(
      clip,
      makeTensor(
        'float32',
        [factors.length],
        Float32Array.from(factors, (factor) => 6 / factor),
      ),
    ),
  );
  rewrite.replace(node.with({ op: 'Minimum', inputs: [relu, clip] }));
  return {
    rule: 'EQU2',
    summary: `Relu6 ${node.name} clips each channel at its own height`,
    before: [node.name],
    after: [relu, clip, node.name],
  };
}

function unclipped(node: GraphNode, rewrite: Rewrite): Warning {
  rewrite.replace(node.with({ op: 'Relu' }));
  return { rule: 'EQU4', node: node.name, text: 'This Relu6 is a Relu now: where it clipped, the network gives other numbers.' };
}

function equalized({ producer, consumers }: LayerPair, factors: Float64Array): Change {
  const [least, most] = [Math.min(...factors), Math.max(...factors)];
  const names = [producer, ...consumers].map(({ layer }) => layer.name);
  const range = `2^${Math.log2(least).toFixed(1)} to 2^${Math.log2(most).toFixed(1)}`;
  return { rule: 'EQU1', summary: `Channels of ${producer.layer.name} divided by ${range}`, before: names, after: names };
}

function clippedBetween({ producer, relu6 }: LayerPair): Skip {
  return {
    rule: 'EQU4',
    node: producer.layer.name,
    reason: `'${relu6[0]?.name}' clips its output at 6, which a factor would move`,
    remedy: 'relu6=clip gives every channel a clip of its own.',
  };
}
