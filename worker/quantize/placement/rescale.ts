import type { Graph, GraphNode } from '../../graph/graph.ts';
import { readFormat } from '../quantizerScalars.ts';
import { isFromAvgPool, KEEPS_SCALE, RELU_OPS } from './ops.ts';
import { type Note, type Pass, type Placement, place } from './placement.ts';

/** Nodes of a quantizer on a marker carry the marker's name too. */
const IN_QUANTIZER = /_quant\//;

/** QNT10, QNT11: the rescale markers of `preprocess_layers` become quantizers. */
export const placeRescale: Pass = (graph, { activationBits, reluBits }) => {
  const placements: Placement[] = [];
  const warnings: Note[] = [];
  for (const marker of graph.nodes) {
    if (marker.op !== 'Identity' || IN_QUANTIZER.test(marker.name)) continue;
    if (marker.name.includes('eltw_rescale')) {
      placements.push(place('QNT10', marker.name, 'eltw_rescale_quant', activationBits));
    } else if (marker.name.includes('concat_rescale')) {
      const signed = isSignedConcat(graph, marker);
      placements.push(place('QNT11', marker.name, 'concat_rescale_quant', signed ? activationBits : reluBits));
      if (!signed && mayBeNegative(graph, marker)) warnings.push(clipsNegatives(marker));
    }
  }
  return { placements, warnings };
};

/**
 * QNT11: the sign of a concat's rescale is that of the last input that is quantized already. Where none is (the original stops
 * there), it is signed where any input may be negative.
 */
function isSignedConcat(graph: Graph, marker: GraphNode): boolean {
  const concat = graph.uses(marker.name).findLast(({ consumer }) => consumer.op === 'ConcatV2')?.consumer;
  if (concat === undefined) return mayBeNegative(graph, marker);
  const inputs = concat.edges.slice(0, -1).map(({ node }) => graph.node(node));
  const quantized = inputs.findLast(({ op }) => op === 'LinearQuant');
  return quantized === undefined ? inputs.some((input) => mayBeNegative(graph, input)) : isSigned(graph, quantized);
}

/** Whether a tensor can hold negative values, as far as the quantizers and rectifiers before it tell. */
function mayBeNegative(graph: Graph, start: GraphNode): boolean {
  const seen = new Set<string>();
  const waiting = [start];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node.name) || RELU_OPS.has(node.op)) continue;
    seen.add(node.name);
    if (node.op === 'LinearQuant') {
      if (isSigned(graph, node)) return true;
    } else if (KEEPS_SCALE.has(node.op) || node.op === 'AvgPool' || isFromAvgPool(node.name)) {
      const data = node.op === 'ConcatV2' ? node.edges.slice(0, -1) : node.edges.slice(0, 1);
      waiting.push(...data.map((edge) => graph.node(edge.node)));
    } else {
      return true;
    }
  }
  return false;
}

function isSigned(graph: Graph, linearQuant: GraphNode): boolean {
  return readFormat(graph, linearQuant).signed;
}

function clipsNegatives(marker: GraphNode): Note {
  return {
    rule: 'QNT11',
    node: marker.name,
    text: `It carries values of both signs into a concat whose last quantized input is unsigned: negative values become 0, as in Graffitist.`,
  };
}
