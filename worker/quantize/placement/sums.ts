import type { Graph, GraphNode } from '../../graph/graph.ts';
import { ADD_OPS, COMPUTE_OPS } from './ops.ts';

/** Whether it adds to another sum, or another sum to it: three operands and more. */
export function isInLongSum(graph: Graph, node: GraphNode): boolean {
  const isSum = (other: GraphNode): boolean => ADD_OPS.has(other.op) && !followsLayer(graph, other);
  if (!isSum(node)) return false;
  return (
    readersBehind(graph, node).some(isSum) ||
    node.edges.some((edge) => {
      let operand: GraphNode | undefined = graph.node(edge.node);
      while (operand !== undefined && isRelay(operand)) operand = graph.find(operand.edges[0]?.node ?? '');
      return operand !== undefined && isSum(operand);
    })
  );
}

/** What reads a node, through markers and quantizers. */
function readersBehind(graph: Graph, node: GraphNode): readonly GraphNode[] {
  const found: GraphNode[] = [];
  const waiting = [node];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const { consumer } of graph.uses(at.name)) (isRelay(consumer) ? waiting : found).push(consumer);
  }
  return found;
}

/** A marker of preprocess_layers or a quantizer, between a sum and its operand. */
function isRelay({ op }: GraphNode): boolean {
  return op === 'Identity' || op === 'LinearQuant';
}

/** Whether it adds a bias to a layer, or scales it: those belong to the layer, quantized or not. */
export function followsLayer(graph: Graph, { edges }: GraphNode): boolean {
  return edges.some((edge) => {
    const source = graph.find(edge.node);
    return source !== undefined && (COMPUTE_OPS.has(source.op) || layerQuant(graph, source));
  });
}

function layerQuant(graph: Graph, { op, edges }: GraphNode): boolean {
  return op === 'LinearQuant' && COMPUTE_OPS.has(graph.find(edges[0]?.node ?? '')?.op ?? '');
}
