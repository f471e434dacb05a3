import type { Graph, GraphNode } from '../graph/graph.ts';
import { kindOf, scopeOfLinearQuant } from './naming.ts';

/** Whether a compute layer multiplies with quantized weights. */
export function quantizedWeights(graph: Graph, layer: GraphNode): boolean {
  return layer.edges.some(({ node }) => graph.find(node)?.op === 'LinearQuant' && kindOf(scopeOfLinearQuant(node)) === 'weight');
}
