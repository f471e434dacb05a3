import type { Shape } from '../../formats/tensor.ts';
import type { Edge, Graph, GraphNode } from '../../graph/graph.ts';
import type { SceneInput } from '../input.ts';
import { WIRE_OPS } from './opKinds.ts';

/** The static shape of a tensor: as inferred, else as its producer says itself; null where nobody knows. */
export function tensorShape(input: SceneInput, edge: Edge): Shape {
  const inferred = input.shapes.get(edge.node)?.[edge.port];
  if (inferred !== undefined && inferred !== null) return inferred;
  const node = input.graph.find(edge.node);
  return node === undefined ? null : ownShape(node, edge.port);
}

function ownShape(node: GraphNode, port: number): Shape {
  if (node.op === 'Const') {
    const value = node.attr('value');
    return value?.kind === 'tensor' ? value.value.shape : null;
  }
  const shape = node.attr('shape');
  if (shape?.kind === 'shape') return shape.value;
  const cached = node.attr('_output_shapes');
  return cached?.kind === 'list' ? (cached.value.shapes[port] ?? null) : null;
}

/** The shape of a parameter, looked up behind quantizers, reads and products with a folded scale. */
export function parameterShape(input: SceneInput, edge: Edge): Shape {
  let current = edge;
  for (let step = 0; step < 8; step++) {
    const shape = tensorShape(input, current);
    if (shape !== null) return shape;
    const node = input.graph.find(current.node);
    const next =
      node !== undefined && (WIRE_OPS.has(node.op) || node.op === 'Mul' || node.op === 'ReadVariableOp') ? node.edges[0] : undefined;
    if (next === undefined) return null;
    current = next;
  }
  return null;
}

/** `?×128×128×3`: the whole shape; empty where it is unknown or a scalar's. */
export function wholeShapeText(shape: Shape): string {
  return shape === null ? '' : shape.map(dimension).join('×');
}

/** `128×128×3`: without the batch; `?` for a dimension that nobody knows, empty for an unknown or scalar shape. */
export function shapeText(shape: Shape): string {
  const sizes = shape === null ? [] : shape.length === 1 ? shape : shape.slice(1);
  return sizes.some((size) => size >= 0) ? sizes.map(dimension).join('×') : '';
}

export function dimension(size: number | undefined): string {
  return size === undefined || size < 0 ? '?' : String(size);
}

/** Numbers in a tensor; 0 where that is not known. */
export function elements(shape: Shape): number {
  return shape === null || shape.some((size) => size < 0) ? 0 : shape.reduce((product, size) => product * size, 1);
}

/** Inputs of a node that do not lie on the data path. */
export function parameters(graph: Graph, node: GraphNode, isData: (edge: Edge) => boolean): Edge[] {
  return node.edges.filter((edge) => graph.has(edge.node) && !isData(edge));
}
