import type { Graph, GraphNode } from '../../graph/graph.ts';
import { readFormat } from '../quantizerScalars.ts';
import { ADD_OPS, gridInputs, isFromAvgPool, NEVER_NEGATIVE } from './ops.ts';

/**
 * Whether a tensor can hold negative values, as far as the quantizers and rectifiers before it tell. `poolsKeepSign`: whether average
 * pools that have no quantizer yet will get a signed one where they average values of both signs.
 */
export function mayBeNegative(graph: Graph, start: GraphNode, poolsKeepSign: boolean): boolean {
  const seen = new Set<string>();
  const waiting = [start];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node.name) || NEVER_NEGATIVE.has(node.op)) continue;
    seen.add(node.name);
    const passedOn = gridInputs(node);
    if (node.op === 'LinearQuant') {
      if (isSigned(graph, node)) return true;
    } else if (node.op === 'AvgPool' || isFromAvgPool(node.name)) {
      if (poolsKeepSign) waiting.push(...node.edges.slice(0, 1).map((edge) => graph.node(edge.node)));
    } else if (passedOn.length > 0 && node.op !== 'Neg') {
      waiting.push(...passedOn.map((edge) => graph.node(edge.node)));
    } else {
      return true;
    }
  }
  return false;
}

/** Whether a LinearQuant node makes signed codes. @throws GraffitistError `node-malformed` */
export function isSigned(graph: Graph, linearQuant: GraphNode): boolean {
  return readFormat(graph, linearQuant).signed;
}

/** Whether a node's result can be negative, its inputs being so or not; `poolsKeepSign` as in `mayBeNegative`. */
export function signOf(graph: Graph, node: GraphNode, negative: (name: string) => boolean, poolsKeepSign: boolean): boolean {
  const { op, edges } = node;
  if (NEVER_NEGATIVE.has(op) || op === 'SquaredDifference') return false;
  if (op === 'LinearQuant') return isSigned(graph, node);
  if (op === 'AvgPool' || isFromAvgPool(node.name)) return poolsKeepSign && negative(edges[0]?.node ?? '');
  if (op === 'Neg') return true;
  if (op === 'Maximum') return edges.every((edge) => negative(edge.node));
  const carried = AVERAGES.has(op) ? edges.slice(0, 1) : KEEPS_SIGN.has(op) ? edges : gridInputs(node);
  return carried.length === 0 || carried.some((edge) => negative(edge.node));
}

const AVERAGES: ReadonlySet<string> = new Set(['Mean', 'Sum', 'ResizeBilinear', 'LRN']);
const KEEPS_SIGN: ReadonlySet<string> = new Set([...ADD_OPS, 'Mul', 'Minimum', 'RealDiv']);
