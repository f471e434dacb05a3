import type { Graph, GraphNode } from '../../graph/graph.ts';
import type { SignedBits } from '../fixedPoint.ts';
import { type Note, type Pass, type Placement, type PlacementSettings, place } from './placement.ts';
import { isSigned, mayBeNegative } from './signs.ts';

/** Nodes of a quantizer on a marker carry the marker's name too. */
const IN_QUANTIZER = /_quant\//;

/** QNT10, QNT11: the rescale markers of `preprocess_layers` become quantizers. */
export const placeRescale: Pass = (graph, settings) => {
  const placements: Placement[] = [];
  const warnings: Note[] = [];
  for (const marker of graph.nodes) {
    if (marker.op !== 'Identity' || IN_QUANTIZER.test(marker.name)) continue;
    if (marker.name.includes('eltw_rescale')) {
      placements.push(place('QNT10', marker.name, 'eltw_rescale_quant', settings.activationBits));
    } else if (marker.name.includes('concat_rescale')) {
      const { bits, clipsInGraffitist } = concatFormat(graph, marker, settings);
      placements.push(place('QNT11', marker.name, 'concat_rescale_quant', bits));
      if (clipsInGraffitist) warnings.push(keptNegatives(marker));
    }
  }
  return { placements, warnings };
};

/**
 * QNT11: the original takes bits and sign of a concat's rescale from the last input that is quantized already, and stops where none is.
 * QNT51: where that is unsigned and an input may be negative, the same bits are signed.
 */
function concatFormat(
  graph: Graph,
  marker: GraphNode,
  { activationBits, reluBits, poolsKeepSign }: PlacementSettings,
): { readonly bits: SignedBits; readonly clipsInGraffitist: boolean } {
  const concat = graph.uses(marker.name).findLast(({ consumer }) => consumer.op === 'ConcatV2')?.consumer;
  const inputs = concat === undefined ? [marker] : concat.edges.slice(0, -1).map(({ node }) => graph.node(node));
  const quantized = inputs.findLast(({ op }) => op === 'LinearQuant');
  if (quantized !== undefined && isSigned(graph, quantized)) return { bits: activationBits, clipsInGraffitist: false };
  const negative = inputs.some((input) => mayBeNegative(graph, input, poolsKeepSign));
  if (!negative) return { bits: reluBits, clipsInGraffitist: false };
  return quantized === undefined
    ? { bits: activationBits, clipsInGraffitist: false }
    : { bits: -Math.abs(reluBits), clipsInGraffitist: mayBeNegative(graph, marker, poolsKeepSign) };
}

function keptNegatives(marker: GraphNode): Note {
  const text =
    'It carries values of both signs into a concat whose last quantized input is unsigned: Graffitist makes negative values 0; here all inputs of the concat are signed.';
  return { rule: 'QNT51', node: marker.name, text };
}
