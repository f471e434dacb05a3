import { any, matches, node, oneOf, where } from '../../graph/pattern.ts';
import { isFromAvgPool } from './ops.ts';
import { type Pass, place } from './placement.ts';

const pool = oneOf(
  node('pool', 'AvgPool'),
  where(node('convolution', 'DepthwiseConv2dNative', any(), any('reciprocal')), ({ name }) => isFromAvgPool(name)),
);

/** QNT12: an average pool written as a convolution gets a quantized reciprocal and a floored output; a plain one a rounded output. */
export const placeAvgPool: Pass = (graph, { avgpoolBits, avgpoolReciprocalBits }) => {
  const placements = [...matches(graph, pool)].flatMap(({ pool: plain, convolution, reciprocal }) => {
    if (plain !== undefined) return [place('QNT12', plain.name, 'avgpool_quant', avgpoolBits)];
    if (convolution === undefined || reciprocal === undefined) return [];
    return [
      place('QNT12', reciprocal.name, 'weight_quant', avgpoolReciprocalBits),
      place('QNT12', convolution.name, 'avgpool_quant', avgpoolBits, 'floor'),
    ];
  });
  return { placements, warnings: [] };
};
