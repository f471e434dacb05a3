import type { AttrValue } from '../../../worker/formats/attrValue.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { Graph, GraphNode, type NodeSpec } from '../../../worker/graph/graph.ts';
import type { Model } from '../../../worker/graph/model.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { parseExpression } from '../../../worker/transforms/expression.ts';
import { runTransforms, type StepResult } from '../../../worker/transforms/pipeline.ts';

export const RECIPE_1 = ['fix_input_shape', 'fold_batch_norms', 'remove_training_nodes', 'strip_unused_nodes', 'preprocess_layers'];

const T: AttrValue = { kind: 'type', value: 'float32' };
const text = (value: string): AttrValue => ({ kind: 'string', value });
const ints = (...values: number[]): AttrValue => ({
  kind: 'list',
  value: { strings: [], ints: values, floats: [], bools: [], types: [], shapes: [] },
});

/** Writes small networks a line at a time; every method answers the name of the node it made. */
export class Net {
  readonly specs: NodeSpec[] = [];
  #seed = 7;

  add(name: string, op: string, inputs: readonly string[], attrs: NodeSpec['attrs'] = {}): string {
    this.specs.push({ name, op, inputs, attrs });
    return name;
  }

  graph(): Graph {
    return new Graph(this.specs.map((spec) => GraphNode.make(spec)));
  }

  input(name = 'input', shape: readonly number[] | null = [-1, 8, 8, 3]): string {
    return this.add(name, 'Placeholder', [], { dtype: T, ...(shape === null ? {} : { shape: { kind: 'shape', value: shape } }) });
  }

  /** A constant of pseudo-random numbers in [from, to). */
  weights(name: string, shape: readonly number[], [from, to]: readonly [number, number] = [-1, 1]): string {
    const values = Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => {
      this.#seed = (Math.imul(this.#seed, 1664525) + 1013904223) >>> 0;
      return from + ((to - from) * this.#seed) / 2 ** 32;
    });
    return this.add(name, 'Const', [], { dtype: T, value: { kind: 'tensor', value: makeTensor('float32', shape, values) } });
  }

  scalar(name: string, value: number): string {
    return this.add(name, 'Const', [], { dtype: T, value: { kind: 'tensor', value: makeTensor('float32', [], [value]) } });
  }

  ints(name: string, values: readonly number[]): string {
    const value = makeTensor('int32', [values.length], values);
    return this.add(name, 'Const', [], { dtype: { kind: 'type', value: 'int32' }, value: { kind: 'tensor', value } });
  }

  math(name: string, op: string, ...inputs: string[]): string {
    return this.add(name, op, inputs, { T });
  }

  conv(scope: string, x: string, from: number, to: number): string {
    const weights = this.weights(`${scope}/weights`, [3, 3, from, to]);
    return this.add(`${scope}/Conv2D`, 'Conv2D', [x, weights], { T, strides: ints(1, 1, 1, 1), padding: text('SAME') });
  }

  depthwise(scope: string, x: string, channels: number, multiplier = 1): string {
    const weights = this.weights(`${scope}/depthwise_weights`, [3, 3, channels, multiplier]);
    return this.add(`${scope}/depthwise`, 'DepthwiseConv2dNative', [x, weights], { T, strides: ints(1, 1, 1, 1), padding: text('SAME') });
  }

  bias(scope: string, x: string, channels: number): string {
    return this.math(`${scope}/BiasAdd`, 'BiasAdd', x, this.weights(`${scope}/biases`, [channels]));
  }

  /** gamma, beta, mean, variance. */
  parameters(scope: string, channels: number): readonly [string, string, string, string] {
    return [
      this.weights(`${scope}/BatchNorm/gamma`, [channels], [0.5, 1.5]),
      this.weights(`${scope}/BatchNorm/beta`, [channels]),
      this.weights(`${scope}/BatchNorm/moving_mean`, [channels]),
      this.weights(`${scope}/BatchNorm/moving_variance`, [channels], [0.5, 2]),
    ];
  }

  batchNorm(scope: string, x: string, channels: number, op = 'FusedBatchNorm', training = false): string {
    return this.add(`${scope}/BatchNorm/${op}`, op, [x, ...this.parameters(scope, channels)], {
      T,
      ...(op === 'FusedBatchNorm' ? {} : { U: T }),
      epsilon: { kind: 'float', value: 0.001 },
      is_training: { kind: 'bool', value: training },
    });
  }

  /** As TensorFlow ≤ 1.2 writes it. */
  smallBatchNorm(scope: string, x: string, channels: number, { add = 'Add', gamma = true } = {}): string {
    const [scale, beta, mean, variance] = this.parameters(scope, channels);
    const at = (name: string) => `${scope}/batchnorm/${name}`;
    this.math(at('add'), add, variance, this.scalar(at('add/y'), 0.001));
    this.math(at('Rsqrt'), 'Rsqrt', at('add'));
    const k = gamma ? this.math(at('mul'), 'Mul', at('Rsqrt'), scale) : at('Rsqrt');
    this.math(at('mul_1'), 'Mul', x, k);
    this.math(at('mul_2'), 'Mul', mean, k);
    this.math(at('sub'), 'Sub', beta, at('mul_2'));
    return this.math(at('add_1'), add, at('mul_1'), at('sub'));
  }

  pool(name: string, op: 'AvgPool' | 'MaxPool', x: string, size: number, stride: number, padding: 'SAME' | 'VALID'): string {
    return this.add(name, op, [x], { T, ksize: ints(1, size, size, 1), strides: ints(1, stride, stride, 1), padding: text(padding) });
  }

  mean(name: string, x: string, axes: readonly number[], keep: boolean): string {
    const indices = this.ints(`${name}/reduction_indices`, axes);
    return this.add(name, 'Mean', [x, indices], { T, Tidx: { kind: 'type', value: 'int32' }, keep_dims: { kind: 'bool', value: keep } });
  }

  concat(name: string, inputs: readonly string[], axis = 3): string {
    const at = this.add(`${name}/axis`, 'Const', [], {
      dtype: { kind: 'type', value: 'int32' },
      value: { kind: 'tensor', value: makeTensor('int32', [], [axis]) },
    });
    return this.add(name, 'ConcatV2', [...inputs, at], { T, N: { kind: 'int', value: inputs.length } });
  }
}

export interface Run {
  readonly model: Model;
  readonly results: readonly StepResult[];
  /** `rule node` of everything left alone. */
  readonly skipped: readonly string[];
  readonly warned: readonly string[];
  readonly rules: readonly string[];
}

/** Runs transform expressions over a graph, or over a network as it is written by then. */
export function run(given: Graph | Net, outputs: readonly string[], transforms = RECIPE_1, inputs: readonly string[] = ['input']): Run {
  const graph = given instanceof Net ? given.graph() : given;
  const opened: Model = { graph, variables: noVariables, inputs, outputs, inputShape: [8, 8, 3], shapes: new Map() };
  const steps = transforms.map((expression, i) => ({ id: `${i}`, ...parseExpression(expression), bypassed: false }));
  const results = [...runTransforms(opened, steps)];
  return {
    model: results.at(-1)?.model ?? opened,
    results,
    skipped: results.flatMap((result) => result.skipped.map(({ rule, node }) => `${rule} ${node}`)),
    warned: results.flatMap((result) => result.warnings.map(({ rule, node }) => `${rule} ${node}`)),
    rules: results.flatMap((result) => result.changes.map(({ rule }) => rule)),
  };
}

/** `name op input input …` of every node, for reading in a test. */
export function lines(graph: Graph): string[] {
  return graph.nodes.map((node) => [node.name, node.op, ...node.inputs].join(' '));
}

export function line(graph: Graph, name: string): string {
  const node = graph.node(name);
  return [node.op, ...node.inputs].join(' ');
}
