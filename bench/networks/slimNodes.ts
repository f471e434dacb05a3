import type { AttrValue } from '../../worker/formats/attrValue.ts';
import { makeTensor } from '../../worker/formats/tensorValues.ts';
import { GraphNode } from '../../worker/graph/graph.ts';

const float: AttrValue = { kind: 'type', value: 'float32' };
const int: AttrValue = { kind: 'type', value: 'int32' };

/** A bytes attribute, as paddings and layouts are written. */
export const text = (value: string): AttrValue => ({ kind: 'string', value });

/** A list of integers, as strides and window sizes are written. */
export const ints = (values: readonly number[]): AttrValue => ({
  kind: 'list',
  value: { strings: [], ints: values, floats: [], bools: [], types: [], shapes: [] },
});

/** Collects the nodes of a network under the names and in the order that slim gives them. Every method answers the name to read. */
export class SlimNodes {
  readonly nodes: GraphNode[] = [];

  op(name: string, op: string, inputs: readonly string[], attrs: Record<string, AttrValue> = {}): string {
    this.nodes.push(GraphNode.make({ name, op, inputs, attrs: { T: float, ...attrs } }));
    return name;
  }

  placeholder(name: string, shape: readonly number[]): string {
    this.nodes.push(GraphNode.make({ name, op: 'Placeholder', attrs: { dtype: float, shape: { kind: 'shape', value: shape } } }));
    return name;
  }

  integers(name: string, shape: readonly number[], values: readonly number[]): string {
    const value: AttrValue = { kind: 'tensor', value: makeTensor('int32', shape, Int32Array.from(values)) };
    this.nodes.push(GraphNode.make({ name, op: 'Const', attrs: { dtype: int, value } }));
    return name;
  }

  floats(name: string, shape: readonly number[], values: Float32Array): string {
    const value: AttrValue = { kind: 'tensor', value: makeTensor('float32', shape, values) };
    this.nodes.push(GraphNode.make({ name, op: 'Const', attrs: { dtype: float, value } }));
    return name;
  }

  /** A variable with initializer, assignment and read, of which the read is answered. */
  variable(name: string, shape: readonly number[]): string {
    const colocated: Record<string, AttrValue> = { _class: { kind: 'list', value: { ...emptyList, strings: [`loc:@${name}`] } } };
    const initializer = `${name}/Initializer/zeros`;
    this.integers(`${initializer}/shape_as_tensor`, [shape.length], shape);
    this.floats(`${initializer}/Const`, [], Float32Array.of(0));
    this.op(initializer, 'Fill', [`${initializer}/shape_as_tensor`, `${initializer}/Const`], { index_type: int, ...colocated });
    const attrs = {
      dtype: float,
      shape: { kind: 'shape', value: shape } as const,
      container: text(''),
      shared_name: text(''),
      ...colocated,
    };
    this.nodes.push(GraphNode.make({ name, op: 'VariableV2', attrs }));
    const flags = { use_locking: { kind: 'bool', value: true }, validate_shape: { kind: 'bool', value: true } } as const;
    this.op(`${name}/Assign`, 'Assign', [name, initializer], { ...flags, ...colocated });
    return this.op(`${name}/read`, 'Identity', [name], colocated);
  }

  /** `<scope>/Conv2D` over weights of [height, width, inputs, outputs]. */
  convolution(scope: string, input: string, weights: string, stride: number, padding: 'SAME' | 'VALID' = 'SAME'): string {
    const attrs = {
      strides: ints([1, stride, stride, 1]),
      dilations: ints([1, 1, 1, 1]),
      padding: text(padding),
      data_format: text('NHWC'),
    };
    return this.op(`${scope}/Conv2D`, 'Conv2D', [input, weights], attrs);
  }

  pool(name: string, op: 'MaxPool' | 'AvgPool', input: string, size: number, stride: number, padding: 'SAME' | 'VALID'): string {
    const attrs = {
      ksize: ints([1, size, size, 1]),
      strides: ints([1, stride, stride, 1]),
      padding: text(padding),
      data_format: text('NHWC'),
    };
    return this.op(name, op, [input], attrs);
  }
}

const emptyList = { strings: [], ints: [], floats: [], bools: [], types: [], shapes: [] };
