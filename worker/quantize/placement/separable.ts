import { any, matches, node, where } from '../../graph/pattern.ts';
import { weightBits } from './layers.ts';
import { isFromAvgPool } from './ops.ts';
import { type Pass, type Placement, place } from './placement.ts';

const separable = node(
  'pointwise',
  'Conv2D',
  where(node('depthwise', 'DepthwiseConv2dNative', any('image'), any('filter')), ({ name }) => !isFromAvgPool(name)),
  any(),
);

/** QNT9: a depthwise convolution that feeds a convolution directly, without a bias between; its output gets activation bits. */
export const placeSeparable: Pass = (graph, settings) => {
  const placements: Placement[] = [];
  const taken = new Set<string>();
  for (const { depthwise, filter } of matches(graph, separable)) {
    if (taken.has(depthwise.name)) continue;
    taken.add(depthwise.name);
    placements.push(
      place('QNT9', filter.name, 'weight_quant', weightBits(depthwise, settings)),
      place('QNT9', depthwise.name, 'layer_quant', settings.activationBits),
    );
  }
  return { placements, warnings: [] };
};
