import type { NetworkRecipe } from '../protocol.ts';
import { ACCURACIES } from './accuracies.ts';
import type { LayerCounts, Network } from './network.ts';

const ALL: readonly NetworkRecipe[] = ['optimized', 'int8', 'int4', 'train-int8', 'train-int4', 'retrained-int8', 'retrained-int4'];
/** Detectors were published with static quantization alone. */
const STATIC: readonly NetworkRecipe[] = ['optimized', 'int8', 'int4'];
/** With and without a class for the background. */
const IMAGENET = [1000, 1001];

const layers = (Conv2D: number, DepthwiseConv2dNative = 0, MatMul = 0): LayerCounts => ({ Conv2D, DepthwiseConv2dNative, MatMul });

/** What slim's networks have in common. */
const slim = { input: 'input', marks: [], anyDepth: false, classes: IMAGENET, quantize: {}, recipes: ALL };

function vgg(depth: 16 | 19): Network {
  const scope = `vgg_${depth}`;
  return {
    ...slim,
    name: `vgg${depth}`,
    title: `VGG ${depth}`,
    scope,
    output: `${scope}/fc8/squeezed`,
    shape: [224, 224, 3],
    firstLayer: `${scope}/conv1/conv1_1/Conv2D`,
    lastLayer: `${scope}/fc8/Conv2D`,
    layers: layers(depth),
    filters: 64,
    preprocessing: 'vgg',
    accuracy: ACCURACIES[`vgg${depth}`] ?? null,
  };
}

function resnet(depth: 50 | 101 | 152): Network {
  const scope = `resnet_v1_${depth}`;
  return {
    ...slim,
    name: scope,
    title: `ResNet v1 ${depth}`,
    scope,
    output: `${scope}/predictions/Softmax`,
    shape: [224, 224, 3],
    firstLayer: `${scope}/conv1/Conv2D`,
    lastLayer: `${scope}/logits/Conv2D`,
    marks: [`${scope}/block1/unit_1/bottleneck_v1/conv1/Conv2D`],
    // Its depth counts first, last and three layers per unit; four projections are beside them.
    layers: layers(depth + 4),
    filters: 64,
    preprocessing: 'vgg',
    accuracy: ACCURACIES[scope] ?? null,
  };
}

function inception(
  version: 1 | 2 | 3 | 4,
  row: Pick<Network, 'layers' | 'filters'> & {
    readonly size: number;
    readonly output: string;
    readonly first: string;
    readonly last: string;
  },
): Network {
  const scope = `InceptionV${version}`;
  return {
    ...slim,
    name: `inception_v${version}`,
    title: `Inception v${version}`,
    scope,
    output: `${scope}/${row.output}`,
    shape: [row.size, row.size, 3],
    firstLayer: `${scope}/${scope}/${row.first}`,
    lastLayer: `${scope}/${row.last}`,
    layers: row.layers,
    filters: row.filters,
    preprocessing: 'inception',
    accuracy: ACCURACIES[`inception_v${version}`] ?? null,
  };
}

function darknet(row: {
  readonly name: string;
  readonly title: string;
  readonly scope: string;
  readonly size: number;
  readonly depth: number;
  readonly output: string;
  readonly filters: number;
  readonly classes: readonly number[];
}): Pick<Network, Exclude<keyof Network, 'marks' | 'quantize' | 'recipes'>> {
  const { name, title, scope, size, depth, output, filters, classes } = row;
  return {
    name,
    title,
    scope,
    input: `${scope}/net1`,
    output: `${scope}/${output}`,
    shape: [size, size, 3],
    firstLayer: `${scope}/convolutional1/Conv2D`,
    lastLayer: `${scope}/convolutional${depth}/Conv2D`,
    layers: layers(depth),
    anyDepth: false,
    filters,
    classes,
    preprocessing: 'darknet',
    accuracy: ACCURACIES[name] ?? null,
  };
}

/** The networks that Graffitist was published with (facts 10), names as slim and DW2TF export them. */
export const NETWORKS: readonly Network[] = [
  vgg(16),
  vgg(19),
  resnet(50),
  resnet(101),
  resnet(152),
  inception(1, {
    size: 224,
    output: 'Logits/Predictions/Softmax',
    first: 'Conv2d_1a_7x7/Conv2D',
    last: 'Logits/Conv2d_0c_1x1/Conv2D',
    layers: layers(58),
    filters: 64,
  }),
  inception(2, {
    size: 224,
    output: 'Predictions/Softmax',
    first: 'Conv2d_1a_7x7/separable_conv2d/depthwise',
    last: 'Logits/Conv2d_1c_1x1/Conv2D',
    layers: layers(70, 1),
    filters: 24,
  }),
  inception(3, {
    size: 299,
    output: 'Predictions/Softmax',
    first: 'Conv2d_1a_3x3/Conv2D',
    last: 'Logits/Conv2d_1c_1x1/Conv2D',
    layers: layers(95),
    filters: 32,
  }),
  inception(4, {
    size: 299,
    output: 'Logits/Predictions',
    first: 'Conv2d_1a_3x3/Conv2D',
    last: 'Logits/Logits/MatMul',
    layers: layers(149, 0, 1),
    filters: 32,
  }),
  {
    ...slim,
    name: 'mobilenet_v1',
    title: 'MobileNet v1',
    scope: 'MobilenetV1',
    output: 'MobilenetV1/Predictions/Softmax',
    shape: [224, 224, 3],
    firstLayer: 'MobilenetV1/MobilenetV1/Conv2d_0/Conv2D',
    lastLayer: 'MobilenetV1/Logits/Conv2d_1c_1x1/Conv2D',
    marks: ['MobilenetV1/MobilenetV1/Conv2d_1_depthwise/depthwise'],
    layers: layers(15, 13),
    anyDepth: true,
    filters: 32,
    preprocessing: 'inception',
    accuracy: ACCURACIES.mobilenet_v1 ?? null,
  },
  {
    ...slim,
    name: 'mobilenet_v2',
    title: 'MobileNet v2',
    scope: 'MobilenetV2',
    output: 'MobilenetV2/Predictions/Softmax',
    shape: [224, 224, 3],
    firstLayer: 'MobilenetV2/Conv/Conv2D',
    lastLayer: 'MobilenetV2/Logits/Conv2d_1c_1x1/Conv2D',
    marks: ['MobilenetV2/expanded_conv/depthwise/depthwise'],
    layers: layers(36, 17),
    anyDepth: true,
    filters: 32,
    preprocessing: 'inception',
    accuracy: ACCURACIES.mobilenet_v2 ?? null,
  },
  {
    ...darknet({
      name: 'darknet19',
      title: 'Darknet-19',
      scope: 'darknet19',
      size: 256,
      depth: 19,
      output: 'softmax1/Softmax',
      filters: 32,
      classes: [1000],
    }),
    marks: ['darknet19/softmax1/Softmax'],
    // Its pool averages what a linear layer gives, negative values among it.
    quantize: { avgpool_bits: -8 },
    recipes: ALL,
  },
  {
    ...darknet({
      name: 'yolo_v2',
      title: 'YOLO v2',
      scope: 'yolov2',
      size: 608,
      depth: 23,
      output: 'convolutional23/BiasAdd',
      filters: 32,
      classes: [425],
    }),
    marks: ['yolov2/route2'],
    quantize: {},
    recipes: STATIC,
  },
  {
    ...darknet({
      name: 'yolo_v2_tiny',
      title: 'YOLO v2 tiny',
      scope: 'yolov2-tiny',
      size: 416,
      depth: 9,
      output: 'convolutional9/BiasAdd',
      filters: 16,
      classes: [425],
    }),
    marks: [],
    quantize: {},
    recipes: STATIC,
  },
];

/** The row of that name, or undefined. */
export function networkNamed(name: string): Network | undefined {
  return NETWORKS.find((network) => network.name === name);
}
