import type { GraphNode } from '../graph/graph.ts';
import { ancestors } from '../graph/reach.ts';
import { listedWeightBits } from '../quantize/bitsList.ts';
import { fixedPoint, formatOf, quantize, type SignedBits } from '../quantize/fixedPoint.ts';
import { weightBits } from '../quantize/placement/layers.ts';
import { meansOf } from './correct/distributions.ts';
import { knownDistributions } from './correct/inputMeans.ts';
import { biasedLayers } from './layers/biasedLayers.ts';
import { channelLayout } from './layers/channels.ts';
import { foldedWeights, type LaidOutLayer } from './layers/foldedWeights.ts';
import { ParameterEdits, strangeReader } from './layers/parameterEdits.ts';
import { dtypeOf } from './nodes.ts';
import { bits, nodeName, textFile } from './options.ts';
import { linesOf } from './quantizeLists.ts';
import type { Change, OptionValues, Skip, Transform } from './transform.ts';

/**
 * Analytic bias correction (Nagel et al. 2019, arXiv 1906.04721, section 4.2): rounded weights move the mean of a layer's output by
 * Σ (W̃ − W) · E[x]. Where the batch norm before tells E[x], biases take that off. No images are needed.
 */
export const correctBiases: Transform = {
  name: 'correct_biases',
  summary: 'Take what rounding the weights will add to the mean of each output channel off its bias.',
  options: {
    weight_bits: bits(-8, 'Weights as quantize will round them.', { common: true }),
    first_layer: nodeName('Weights in the scope of this layer keep 8 bits.', { common: true }),
    last_layer: nodeName('Weights in the scope of this layer keep 8 bits.', { common: true }),
    bits_list: textFile('Text file: lines `layer, bits` as quantize will read them.'),
  },
  after: ['fold_batch_norms', 'preprocess_layers'],
  notAfter: ['quantize'],
  needsVariables: true,
  apply(model, options, context) {
    const { graph } = model;
    const edits = new ParameterEdits(graph, context.variables);
    const live = ancestors(graph, model.outputs);
    const layers = [...biasedLayers(graph)].filter(({ sum }) => live.has(sum.name));
    const named = layers.map(({ layer }) => ({ layer, weights: graph.input(layer, 1) }));
    const listed = listedWeightBits(named, linesOf('bits_list', options, context), outerLayers(options));
    const distributions = knownDistributions(model, layers, edits);
    const offsets = layers.map(({ offset }) => offset);
    const changes: Change[] = [];
    const skipped: Skip[] = [];
    // All means are those of the float network, so nothing is written before everything is read.
    const corrections: (() => void)[] = [];
    for (const layer of layers) {
      const shape = edits.read(layer.weights)?.shape;
      const layout = shape === undefined ? undefined : channelLayout(layer.layer, shape);
      const input = distributions.get(layer.layer.edges[0]?.node ?? '');
      const shared = offsets.filter((name) => name === layer.offset).length > 1 || strangeReader(graph, layer.offset) !== undefined;
      if (layout === undefined || dtypeOf(layer.layer) !== 'float32')
        skipped.push(alone('COR3', layer.layer.name, 'its weights have no channels of their own'));
      else if (input === undefined || input.mean.length !== layout.inputs) {
        skipped.push(alone('COR2', layer.layer.name, 'no batch norm tells the mean of what it reads'));
      } else if (shared) skipped.push(alone('COR3', layer.layer.name, `something else reads its bias '${layer.offset}' too`));
      else {
        const width = listed.get(layer.layer.name) ?? bitsOf(layer.layer, options);
        const shift = meanShift({ ...layer, layout }, meansOf(input), width, edits);
        corrections.push(() => edits.change(layer.offset, (value, channel) => value - (shift[channel] ?? 0)));
        changes.push(corrected(layer.layer.name, layer.offset, shift));
      }
    }
    for (const correct of corrections) correct();
    return { model: edits.finish(model), changes, skipped, warnings: [] };
  },
};

/** Σ (W̃ − W) · E[x] per output channel, W̃ as a quantizer with the largest weight as threshold makes it. */
function meanShift(layer: LaidOutLayer, inputs: Float64Array, width: SignedBits, edits: ParameterEdits): Float64Array {
  const weights = foldedWeights(layer, edits);
  const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 0);
  const shift = new Float64Array(layer.layout.outputs);
  if (largest === 0) return shift;
  const format = fixedPoint(formatOf(width), Math.log2(largest));
  weights.forEach((weight, index) => {
    const output = layer.layout.outputOf(index);
    const error = quantize(weight, format, 'round') - weight;
    shift[output] = (shift[output] ?? 0) + error * (inputs[layer.layout.inputOf(index)] ?? 0);
  });
  return shift;
}

function bitsOf(layer: GraphNode, options: OptionValues): SignedBits {
  const [firstLayer = null, lastLayer = null] = outerLayers(options);
  const { weight_bits: width } = options;
  return weightBits(layer, { weightBits: typeof width === 'number' ? width : -8, firstLayer, lastLayer });
}

function outerLayers({ first_layer: first, last_layer: last }: OptionValues): readonly (string | null)[] {
  return [first, last].map((name) => (typeof name === 'string' && name !== '' ? name : null));
}

function corrected(layer: string, offset: string, shift: Float64Array): Change {
  const largest = shift.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return { rule: 'COR1', summary: `${layer}: biases moved by up to ${largest.toPrecision(2)}`, before: [offset], after: [offset] };
}

function alone(rule: string, node: string, reason: string): Skip {
  return { rule, node, reason, remedy: undefined };
}
