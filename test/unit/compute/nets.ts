import { openNpy, writeNpy } from '../../../worker/formats/npy.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { Graph, GraphEditor, GraphNode, type NodeSpec } from '../../../worker/graph/graph.ts';
import { importOrder } from '../../../worker/graph/importOrder.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { memoryVariables } from '../../../worker/graph/variables.ts';
import { completeOptions } from '../../../worker/transforms/options.ts';
import { NO_CONTEXT } from '../../../worker/transforms/pipeline.ts';
import { quantize } from '../../../worker/transforms/quantize.ts';
import type { OptionValues } from '../../../worker/transforms/transform.ts';

const FLOAT = { kind: 'type', value: 'float32' } as const;
const list = (values: readonly number[]) =>
  ({ kind: 'list', value: { strings: [], ints: values, floats: [], bools: [], types: [], shapes: [] } }) as const;

/** Numbers between −1 and 1, the same ones for the same seed. */
export function numbers(seed: number): () => number {
  let state = (seed * 2654435761) >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

/** Writes small networks that run, as `preprocess_layers` leaves them; weights are variables with values. */
export class RunningNet {
  readonly nodes: NodeSpec[] = [];
  readonly values = new Map<string, Tensor>();
  readonly #random: () => number;

  constructor(seed = 1) {
    this.#random = numbers(seed);
    this.node('input', 'Placeholder', [], { dtype: FLOAT, shape: { kind: 'shape', value: [-1, 8, 8, 3] } });
  }

  node(name: string, op: string, inputs: readonly string[], attrs: NodeSpec['attrs'] = { T: FLOAT }): string {
    this.nodes.push({ name, op, inputs, attrs });
    return name;
  }

  variable(name: string, shape: readonly number[], scale: number): string {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => this.#random() * scale);
    this.values.set(name, makeTensor('float32', shape, values));
    this.node(name, 'VariableV2', [], { dtype: FLOAT, shape: { kind: 'shape', value: shape } });
    return this.node(`${name}/read`, 'Identity', [name]);
  }

  /** A 3×3 convolution with bias; returns the bias add. */
  conv(scope: string, x: string, inputs: number, outputs: number, gain = 1): string {
    const weights = this.variable(`${scope}/weights`, [3, 3, inputs, outputs], gain / inputs);
    const attrs = { T: FLOAT, strides: list([1, 1, 1, 1]), padding: { kind: 'string', value: 'SAME' } } as const;
    const layer = this.node(`${scope}/Conv2D`, 'Conv2D', [x, weights], attrs);
    return this.node(`${scope}/BiasAdd`, 'BiasAdd', [layer, this.variable(`${scope}/biases`, [outputs], 0.5)]);
  }

  relu(scope: string, x: string): string {
    return this.node(`${scope}/Relu`, 'Relu', [x]);
  }

  model(...outputs: string[]): Model {
    return {
      graph: new Graph(this.nodes.map((spec) => GraphNode.make(spec))),
      variables: memoryVariables(this.values),
      inputs: ['input'],
      outputs,
      inputShape: [8, 8, 3],
      shapes: new Map(),
    };
  }
}

/** Four-bit activations make KL-J search on little data. */
export const FOUR_BITS = { activation_bits: -4, relu_bits: 4 };

export function quantized(model: Model, options: OptionValues = FOUR_BITS): Model {
  const result = quantize.apply(model, completeOptions(quantize, options), NO_CONTEXT);
  return { ...result.model, graph: importOrder(result.model.graph) };
}

/** A layer, a residual block with a projection, a concat of two branches with a max pool between, and logits. */
export function branchedNet(seed = 1): Model {
  const net = new RunningNet(seed);
  const a = net.relu('net/a', net.conv('net/a', 'input', 3, 4));
  const main = net.conv('net/main', a, 4, 4);
  const shortcut = net.conv('net/shortcut', a, 4, 4);
  const sum = net.relu('net/sum', net.node('net/sum/Add', 'Add', [main, shortcut]));
  const pool = { T: FLOAT, ksize: list([1, 2, 2, 1]), strides: list([1, 2, 2, 1]), padding: { kind: 'string', value: 'VALID' } } as const;
  const pooled = net.node('net/pool/MaxPool', 'MaxPool', [sum], pool);
  const left = net.relu('net/mix/left', net.conv('net/mix/left', pooled, 4, 3));
  const right = net.relu('net/mix/right', net.conv('net/mix/right', pooled, 4, 5));
  net.node('net/mix/axis', 'Const', [], {
    dtype: { kind: 'type', value: 'int32' },
    value: { kind: 'tensor', value: makeTensor('int32', [], [3]) },
  });
  const attrs = { T: FLOAT, N: { kind: 'int', value: 2 }, Tidx: { kind: 'type', value: 'int32' } } as const;
  const mixed = net.node('net/mix/concat', 'ConcatV2', [left, right, 'net/mix/axis'], attrs);
  return net.model(net.conv('net/logits', mixed, 8, 2));
}

/** Two layers in a row whose activations share a threshold, as a person may ask for: the first is read before the second moves it. */
export function sharedInARow(seed = 1): Model {
  const net = new RunningNet(seed);
  const a = net.relu('net/a', net.conv('net/a', 'input', 3, 4));
  const b = net.relu('net/b', net.conv('net/b', a, 4, 4, 8));
  const c = net.conv('net/c', b, 4, 2);
  const model = quantized(net.model(c));
  const editor = new GraphEditor(model.graph);
  editor.replace(editor.node('net/b/Relu_act_quant/pof2').with({ inputs: ['net/a/Relu_act_quant/threshold/read'] }));
  return { ...model, graph: importOrder(editor.graph()) };
}

/** Images as a .npy file. */
export async function imagesFile(
  count: number,
  seed = 7,
  dtype: 'float32' | 'float64' | 'uint8' = 'float32',
  shape: readonly number[] = [8, 8, 3],
) {
  const random = numbers(seed);
  const values = Array.from({ length: count * shape.reduce((a, b) => a * b, 1) }, () =>
    dtype === 'uint8' ? Math.floor((random() + 1) * 128) : Math.fround(random()),
  );
  return npyOf(makeTensor(dtype, [count, ...shape], values));
}

export async function npyOf(tensor: Tensor) {
  const source = { name: 'calibration_set.npy', blob: new Blob([writeNpy(tensor) as BlobPart]) };
  return { source, npy: await openNpy(source) };
}
