import type { GraphNode } from '../../graph/graph.ts';
import { any, matches, node, oneOf, where } from '../../graph/pattern.ts';
import { isFromAvgPool } from './ops.ts';
import { type Note, type Pass, place } from './placement.ts';
import { mayBeNegative } from './signs.ts';

const pool = oneOf(
  node('pool', 'AvgPool'),
  where(node('convolution', 'DepthwiseConv2dNative', any(), any('reciprocal')), ({ name }) => isFromAvgPool(name)),
);

/**
 * QNT12: an average pool written as a convolution gets a quantized reciprocal and a floored output; a plain one a rounded output. QNT57: of
 * values of both signs the output is signed, where there is no graph of the original to follow.
 */
export const placeAvgPool: Pass = (graph, { avgpoolBits, avgpoolReciprocalBits, poolsKeepSign }) => {
  const warnings: Note[] = [];
  const placements = [...matches(graph, pool)].flatMap(({ pool: plain, convolution, reciprocal }) => {
    const averaging = plain ?? convolution;
    if (averaging === undefined) return [];
    const wouldClip = avgpoolBits > 0 && mayBeNegative(graph, graph.input(averaging, 0), poolsKeepSign);
    if (wouldClip && !poolsKeepSign) warnings.push(clipsNegatives(averaging));
    const bits = wouldClip && poolsKeepSign ? -avgpoolBits : avgpoolBits;
    if (reciprocal === undefined) return [place('QNT12', averaging.name, 'avgpool_quant', bits)];
    return [
      place('QNT12', reciprocal.name, 'weight_quant', avgpoolReciprocalBits),
      place('QNT12', averaging.name, 'avgpool_quant', bits, 'floor'),
    ];
  });
  return { placements, warnings };
};

/** QNT57 */
function clipsNegatives({ name }: GraphNode): Note {
  const text =
    'It averages values of both signs and its quantizer is unsigned: negative averages become 0, as in Graffitist. avgpool_bits=-8 keeps them.';
  return { rule: 'QNT57', node: name, text };
}
