import type { Edge, Graph, GraphNode } from '../../graph/graph.ts';
import { ADD_OPS, COMPUTE_OPS, RELU_OPS } from '../placement/ops.ts';

/** The pattern that a node in float comes nearest to, and the first edge at which it stops matching. */
export interface Nearest {
  /** What it might have been, e.g. "layer → bias → relu". */
  readonly pattern: string;
  /** Which parts of it are there, by position: the first, and the one behind the last. */
  readonly matched: readonly [first: number, end: number];
  /** The edge after which the pattern no longer fits; null where there is none, because the network ends there. */
  readonly matchedUpTo: { readonly from: string; readonly to: string } | null;
}

const BATCH_NORM = /^FusedBatchNorm(V2|V3)?$/;

/**
 * QNT59: the nearest pattern of a node that stayed in float. `graph` is the one that was quantized; `weightless`: neither input of a layer is a
 * weight.
 */
export function nearestPattern(graph: Graph, node: GraphNode, weightless: boolean): Nearest {
  if (COMPUTE_OPS.has(node.op)) return weightless ? ofWeights(node) : ofLayer(graph, node);
  if (BATCH_NORM.test(node.op)) return { pattern: 'layer → batch norm', matched: [1, 2], matchedUpTo: intoNode(node, node.edges[0]) };
  if (RELU_OPS.has(node.op)) return { pattern: 'layer → bias → relu', matched: [2, 3], matchedUpTo: intoNode(node, node.edges[0]) };
  if (ADD_OPS.has(node.op))
    return { pattern: 'layer → bias → sum', matched: [2, 3], matchedUpTo: intoNode(node, unbiasedOperand(graph, node)) };
  if (node.op === 'Maximum')
    return { pattern: 'layer → bias → leaky relu', matched: [2, 3], matchedUpTo: intoNode(node, node.edges.at(-1)) };
  return { pattern: 'quantized value → activation → quantized layer', matched: [0, 2], matchedUpTo: outOf(graph, node) };
}

function ofWeights(layer: GraphNode): Nearest {
  return { pattern: 'weights → layer', matched: [1, 2], matchedUpTo: intoNode(layer, layer.edges[1]) };
}

/** Walks from a layer to what reads it. */
function ofLayer(graph: Graph, layer: GraphNode): Nearest {
  const reader = onlyReader(graph, layer);
  const normalized = reader !== undefined && BATCH_NORM.test(reader.op);
  const form = normalized ? 'layer → batch norm → relu' : 'layer → bias → relu';
  if (reader?.op !== 'BiasAdd' && (reader === undefined || !ADD_OPS.has(reader.op)))
    return { pattern: form, matched: [0, normalized ? 2 : 1], matchedUpTo: outOf(graph, layer) };
  const next = onlyReader(graph, reader);
  const pattern = next !== undefined && ADD_OPS.has(next.op) ? 'layer → bias → sum' : form;
  return { pattern, matched: [0, reader.op === 'BiasAdd' ? 2 : 1], matchedUpTo: { from: layer.name, to: reader.name } };
}

/** The operand of a sum that is no biased layer; the first where both are none. */
function unbiasedOperand(graph: Graph, sum: GraphNode): Edge | undefined {
  const biased = (edge: Edge): boolean => graph.find(edge.node)?.op === 'BiasAdd';
  return sum.edges.find((edge) => !biased(edge)) ?? sum.edges[0];
}

function onlyReader(graph: Graph, node: GraphNode): GraphNode | undefined {
  return graph.uses(node.name)[0]?.consumer;
}

function intoNode(node: GraphNode, edge: Edge | undefined): Nearest['matchedUpTo'] {
  return edge === undefined ? null : { from: edge.node, to: node.name };
}

function outOf(graph: Graph, node: GraphNode): Nearest['matchedUpTo'] {
  const reader = onlyReader(graph, node);
  return reader === undefined ? null : { from: node.name, to: reader.name };
}
