import type { AttrValue } from '../formats/attrValue.ts';
import type { DType, Tensor } from '../formats/tensor.ts';
import type { Edge, GraphNode, NodeSpec } from '../graph/graph.ts';

/** The element type that a node computes in. */
export function dtypeOf(node: GraphNode): DType {
  const value = node.attr('T');
  return value?.kind === 'type' ? value.value : 'float32';
}

/** A constant. */
export function constant(name: string, value: Tensor): NodeSpec {
  return { name, op: 'Const', attrs: { dtype: { kind: 'type', value: value.dtype }, value: { kind: 'tensor', value } } };
}

/** A node of an op whose only attribute without default is its element type. */
export function typed(name: string, op: string, dtype: DType, ...inputs: readonly (Edge | string)[]): NodeSpec {
  return { name, op, inputs, attrs: { T: { kind: 'type', value: dtype } } };
}

/** A list attribute of integers. */
export function intList(...ints: readonly number[]): AttrValue {
  return { kind: 'list', value: { strings: [], ints, floats: [], bools: [], types: [], shapes: [] } };
}
