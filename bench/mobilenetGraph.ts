import type { AttrValue } from '../worker/formats/attrValue.ts';
import { makeTensor } from '../worker/formats/tensorValues.ts';
import { Graph, GraphNode } from '../worker/graph/graph.ts';
import type { Model } from '../worker/graph/model.ts';
import { noVariables } from '../worker/graph/variables.ts';

const SIZE = 224;
const CLASSES = 1001;

/** Stride and output channels of the thirteen depthwise separable blocks. */
const BLOCKS = [
  [1, 64],
  [2, 128],
  [1, 128],
  [2, 256],
  [1, 256],
  [2, 512],
  [1, 512],
  [1, 512],
  [1, 512],
  [1, 512],
  [1, 512],
  [2, 1024],
  [1, 1024],
] as const;

const float: AttrValue = { kind: 'type', value: 'float32' };
const text = (value: string): AttrValue => ({ kind: 'string', value });
const ints = (values: readonly number[]): AttrValue => ({
  kind: 'list',
  value: { strings: [], ints: values, floats: [], bools: [], types: [], shapes: [] },
});

/** A frozen graph of MobileNet-v1-1.0-224's shape, batch norms included, with weights from a seed. */
export function mobilenetModel(seed: number): Model {
  const nodes: GraphNode[] = [];
  const normal = gaussian(seed);
  const node = (name: string, op: string, inputs: readonly string[], attrs: Record<string, AttrValue> = {}): string => {
    nodes.push(GraphNode.make({ name, op, inputs, attrs: { T: float, ...attrs } }));
    return name;
  };
  const constant = (name: string, shape: readonly number[], value: () => number): string => {
    const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, value);
    nodes.push(
      GraphNode.make({
        name,
        op: 'Const',
        attrs: { dtype: float, value: { kind: 'tensor', value: makeTensor('float32', shape, values) } },
      }),
    );
    return name;
  };
  const convolution = (scope: string, op: string, input: string, filter: readonly number[], stride: number): string => {
    const [height = 1, width = 1, inputs = 1] = filter;
    const deviation = Math.sqrt(2 / (height * width * (op === 'Conv2D' ? inputs : 1)));
    const weights = constant(`${scope}/weights`, filter, () => normal() * deviation);
    const attrs = {
      strides: ints([1, stride, stride, 1]),
      padding: text('SAME'),
      data_format: text('NHWC'),
      dilations: ints([1, 1, 1, 1]),
    };
    return node(`${scope}/${op === 'Conv2D' ? 'Conv2D' : 'depthwise'}`, op, [input, weights], attrs);
  };
  const layer = (scope: string, op: string, input: string, filter: readonly number[], stride: number, channels: number): string => {
    const x = convolution(scope, op, input, filter, stride);
    const vector = (name: string, value: () => number) => constant(`${scope}/BatchNorm/${name}`, [channels], value);
    const statistics = [
      vector('gamma', () => 1 + normal() / 8),
      vector('beta', () => 1 + normal() / 2),
      vector('moving_mean', () => normal() / 4),
      vector('moving_variance', () => 1 + Math.abs(normal()) / 2),
    ];
    const normalized = node(`${scope}/BatchNorm/FusedBatchNorm`, 'FusedBatchNorm', [x, ...statistics], {
      epsilon: { kind: 'float', value: 1e-3 },
      is_training: { kind: 'bool', value: false },
      data_format: text('NHWC'),
    });
    return node(`${scope}/Relu6`, 'Relu6', [normalized]);
  };

  nodes.push(
    GraphNode.make({ name: 'input', op: 'Placeholder', attrs: { dtype: float, shape: { kind: 'shape', value: [-1, SIZE, SIZE, 3] } } }),
  );
  const scope = (name: string) => `MobilenetV1/MobilenetV1/${name}`;
  let channels = 32;
  let x = layer(scope('Conv2d_0'), 'Conv2D', 'input', [3, 3, 3, channels], 2, channels);
  BLOCKS.forEach(([stride, outputs], k) => {
    x = layer(scope(`Conv2d_${k + 1}_depthwise`), 'DepthwiseConv2dNative', x, [3, 3, channels, 1], stride, channels);
    x = layer(scope(`Conv2d_${k + 1}_pointwise`), 'Conv2D', x, [1, 1, channels, outputs], 1, outputs);
    channels = outputs;
  });
  const pool = { ksize: ints([1, 7, 7, 1]), strides: ints([1, 2, 2, 1]), padding: text('VALID'), data_format: text('NHWC') };
  x = node('MobilenetV1/Logits/AvgPool_1a/AvgPool', 'AvgPool', [x], pool);
  x = convolution('MobilenetV1/Logits/Conv2d_1c_1x1', 'Conv2D', x, [1, 1, channels, CLASSES], 1);
  const bias = constant('MobilenetV1/Logits/Conv2d_1c_1x1/biases', [CLASSES], () => normal() / 16);
  x = node('MobilenetV1/Logits/Conv2d_1c_1x1/BiasAdd', 'BiasAdd', [x, bias], { data_format: text('NHWC') });
  x = node('MobilenetV1/Logits/SpatialSqueeze', 'Squeeze', [x], { squeeze_dims: ints([1, 2]) });
  x = node('MobilenetV1/Predictions/Softmax', 'Softmax', [x]);
  return {
    graph: new Graph(nodes),
    variables: noVariables,
    inputs: ['input'],
    outputs: [x],
    inputShape: [SIZE, SIZE, 3],
    shapes: new Map(),
  };
}

/** Images in [−1, 1] from a seed: smooth patches, as photographs have them, under some noise. Shape [count, 224, 224, 3]. */
export function seededImages(count: number, seed: number): { readonly shape: readonly number[]; readonly values: Float32Array } {
  const normal = gaussian(seed);
  const values = new Float32Array(count * SIZE * SIZE * 3);
  const patch = 16;
  const across = SIZE / patch;
  for (let image = 0; image < count; image++) {
    const colours = Float32Array.from({ length: across * across * 3 }, () => normal() / 2);
    for (let k = 0; k < SIZE * SIZE * 3; k++) {
      const [pixel, channel] = [Math.floor(k / 3), k % 3];
      const [row, column] = [Math.floor(pixel / SIZE / patch), Math.floor((pixel % SIZE) / patch)];
      const value = (colours[(row * across + column) * 3 + channel] ?? 0) + normal() / 16;
      values[image * SIZE * SIZE * 3 + k] = Math.max(-1, Math.min(1, value));
    }
  }
  return { shape: [count, SIZE, SIZE, 3], values };
}

/** Numbers from a normal distribution (Box and Muller on mulberry32). */
function gaussian(seed: number): () => number {
  let state = seed >>> 0;
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}
