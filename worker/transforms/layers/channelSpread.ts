import type { Tensor } from '../../formats/tensor.ts';
import type { Graph, GraphNode } from '../../graph/graph.ts';
import { isVariable, variableName } from '../../graph/variables.ts';
import { layerOfClone } from '../../quantize/naming.ts';
import { type BiasedLayer, biasedLayers } from './biasedLayers.ts';
import { channelLayout } from './channels.ts';
import { foldedWeights } from './foldedWeights.ts';
import { ParameterEdits } from './parameterEdits.ts';

/** The largest |w| of each output channel of a layer that has any, as quantized: with the batch norm folded in. */
export interface ChannelRanges {
  readonly layer: string;
  readonly ranges: Float64Array;
}

/** Variables that the weights of depthwise layers follow from. */
export function depthwiseVariables(graph: Graph): readonly string[] {
  return depthwiseLayers(graph).flatMap((layer) => parametersOf(graph, layer).filter(isVariable).map(variableName));
}

/**
 * Ranges of the channels of depthwise layers with a bias, in a graph before it is quantized; those whose values are not known are left out.
 * @param variables values by variable name
 */
export function depthwiseRanges(graph: Graph, variables: ReadonlyMap<string, Tensor>): readonly ChannelRanges[] {
  const edits = new ParameterEdits(graph, variables);
  const isKnown = (node: GraphNode) => !isVariable(node) || variables.has(variableName(node));
  return depthwiseLayers(graph).flatMap((found) => {
    const shape = parametersOf(graph, found).every(isKnown) ? edits.read(found.weights)?.shape : undefined;
    const layout = shape === undefined ? undefined : channelLayout(found.layer, shape);
    if (layout === undefined) return [];
    const ranges = new Float64Array(layout.outputs);
    foldedWeights({ ...found, layout }, edits).forEach((weight, index) => {
      const channel = layout.outputOf(index);
      ranges[channel] = Math.max(ranges[channel] as number, Math.abs(weight));
    });
    return [{ layer: layerOfClone(found.layer.name), ranges: ranges.filter((range) => range > 0) }];
  });
}

/** How many times larger the largest channel is than the median one; 1 where there is none. */
export function unevenness({ ranges }: ChannelRanges): number {
  const sorted = ranges.toSorted();
  const [median, largest] = [sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  return median === undefined || largest === undefined ? 1 : largest / median;
}

function depthwiseLayers(graph: Graph): readonly BiasedLayer[] {
  return [...biasedLayers(graph)].filter(({ layer }) => layer.op === 'DepthwiseConv2dNative');
}

function parametersOf(graph: Graph, { weights, norm }: BiasedLayer): readonly GraphNode[] {
  const names = [weights, ...(norm === null ? [] : [norm.variance, ...(norm.gamma === null ? [] : [norm.gamma])])];
  return names.map((name) => graph.node(name));
}
