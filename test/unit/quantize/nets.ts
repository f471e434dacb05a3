import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { Graph, GraphNode, type NodeSpec } from '../../../worker/graph/graph.ts';
import { importOrder } from '../../../worker/graph/importOrder.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { completeOptions } from '../../../worker/transforms/options.ts';
import { NO_CONTEXT } from '../../../worker/transforms/pipeline.ts';
import { quantize } from '../../../worker/transforms/quantize.ts';
import type { OptionValues, TransformResult } from '../../../worker/transforms/transform.ts';

const FLOAT = { kind: 'type', value: 'float32' } as const;

/** Writes small graphs as `preprocess_layers` leaves them; every method returns the name of the node whose output it stands for. */
export class Net {
  readonly nodes: NodeSpec[] = [];

  input(name = 'input'): string {
    return this.node(name, 'Placeholder', [], { dtype: FLOAT });
  }

  node(name: string, op: string, inputs: readonly string[], attrs: NodeSpec['attrs'] = { T: FLOAT }): string {
    this.nodes.push({ name, op, inputs, attrs });
    return name;
  }

  constant(name: string, value = 0): string {
    return this.node(name, 'Const', [], { dtype: FLOAT, value: { kind: 'tensor', value: makeTensor('float32', [], [value]) } });
  }

  /** A constant of zeros. */
  tensor(name: string, shape: readonly number[]): string {
    const value = makeTensor('float32', shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));
    return this.node(name, 'Const', [], { dtype: FLOAT, value: { kind: 'tensor', value } });
  }

  variable(name: string): string {
    return this.node(name, 'VariableV2', [], { dtype: FLOAT, shape: { kind: 'shape', value: [] } });
  }

  /** `scope/Conv2D` and `scope/BiasAdd` with their variables; returns the bias add. */
  conv(scope: string, x: string, form: { readonly op?: string; readonly weights?: string; readonly bias?: string } = {}): string {
    const weights = form.weights ?? this.variable(`${scope}/weights`);
    const layer = this.node(`${scope}/${form.op ?? 'Conv2D'}`, form.op ?? 'Conv2D', [x, weights]);
    return this.node(`${scope}/BiasAdd`, 'BiasAdd', [layer, form.bias ?? this.variable(`${scope}/biases`)]);
  }

  relu(name: string, x: string, op = 'Relu'): string {
    return this.node(name, op, [x]);
  }

  convRelu(scope: string, x: string, op = 'Relu'): string {
    return this.relu(`${scope}/${op}`, this.conv(scope, x), op);
  }

  concat(name: string, ...inputs: string[]): string {
    return this.node(name, 'ConcatV2', [...inputs, this.constant(`${name}/axis`, 3)]);
  }

  graph(): Graph {
    return new Graph(this.nodes.map((spec) => GraphNode.make(spec)));
  }

  model(...outputs: string[]): Model {
    return {
      graph: this.graph(),
      inputs: this.nodes.filter(({ op }) => op === 'Placeholder').map(({ name }) => name),
      outputs,
      inputShape: [16, 16, 3],
      shapes: new Map(),
      variables: { entries: new Map(), parts: [], read: () => Promise.reject(new Error('no variables')) },
    };
  }

  /** What `quantize` makes of the net, in TensorFlow's order. */
  quantized(options: OptionValues = {}, ...outputs: string[]): TransformResult {
    const result = quantize.apply(this.model(...outputs), completeOptions(quantize, options), NO_CONTEXT);
    return { ...result, model: { ...result.model, graph: importOrder(result.model.graph) } };
  }
}
