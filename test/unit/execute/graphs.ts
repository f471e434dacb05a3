import type { AttrValue } from '../../../worker/formats/attrValue.ts';
import type { Shape, Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { Graph, GraphNode, type NodeSpec } from '../../../worker/graph/graph.ts';

export const float = (shape: readonly number[], values: readonly number[]): Tensor =>
  makeTensor('float32', shape, Float32Array.from(values));
export const int = (shape: readonly number[], values: readonly number[]): Tensor => makeTensor('int32', shape, values);

export const constant = (name: string, value: Tensor): NodeSpec => ({
  name,
  op: 'Const',
  attrs: { value: { kind: 'tensor', value }, dtype: { kind: 'type', value: value.dtype } },
});
export const placeholder = (name: string, shape: Shape): NodeSpec => ({
  name,
  op: 'Placeholder',
  attrs: { dtype: { kind: 'type', value: 'float32' }, shape: { kind: 'shape', value: shape } },
});
export const variable = (name: string, shape: readonly number[]): NodeSpec => ({
  name,
  op: 'VariableV2',
  attrs: { dtype: { kind: 'type', value: 'float32' }, shape: { kind: 'shape', value: shape } },
});
export const apply = (name: string, op: string, inputs: readonly string[], attrs: Record<string, AttrValue> = {}): NodeSpec => ({
  name,
  op,
  inputs,
  attrs,
});

export const text = (value: string): AttrValue => ({ kind: 'string', value });
export const list = (ints: readonly number[]): AttrValue => ({
  kind: 'list',
  value: { strings: [], ints, floats: [], bools: [], types: [], shapes: [] },
});
export const same = { strides: list([1, 1, 1, 1]), padding: text('SAME') };

export const graphOf = (...specs: readonly NodeSpec[]): Graph => new Graph(specs.map((spec) => GraphNode.make(spec)));

/** A quantizer as the original writes it, shortened to its LinearQuant: scale and limits are constants. */
export const quantizer = (name: string, input: string, scale: number, min: number, max: number): readonly NodeSpec[] => [
  constant(`${name}/scale`, float([], [scale])),
  constant(`${name}/min`, float([], [min])),
  constant(`${name}/max`, float([], [max])),
  apply(name, 'LinearQuant', [input, `${name}/scale`, `${name}/min`, `${name}/max`]),
];
