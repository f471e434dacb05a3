import { IMAGE_SIZE } from './images.ts';
import { CLASSES } from './shapes.ts';

/** What a layer of the network computes; each but the logits is followed by batch normalization and an activation. */
export interface Layer {
  /** Scope under the network's, e.g. `Conv2d_1_depthwise`. */
  readonly name: string;
  readonly kind: 'conv' | 'depthwise' | 'logits';
  readonly kernel: number;
  readonly stride: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Relu before each depthwise layer (its positive homogeneity is what the lifting of channels rests on), Relu6 after. */
  readonly activation: 'Relu' | 'Relu6' | 'none';
}

const STEM = 16;

/** Stride of the depthwise layer and channels of the pointwise layer of each block. */
const BLOCKS: readonly { readonly stride: number; readonly channels: number }[] = [
  { stride: 1, channels: 32 },
  { stride: 2, channels: 48 },
  { stride: 1, channels: 48 },
  { stride: 2, channels: 96 },
  { stride: 1, channels: 96 },
];

/** Root scope of every node and variable. */
export const SCOPE = 'MobilenetV1';
export const INPUT = 'input';
export const OUTPUT = `${SCOPE}/Predictions/Softmax`;
export const EPSILON = 0.001;
/** Share of the old moving statistics that one training step keeps. */
export const DECAY = 0.9997;
export const WEIGHT_DECAY = 4e-5;

/** Side of the feature map that the average pool reads whole. */
export const POOLED_SIZE = IMAGE_SIZE / 8;

/** All layers in order. */
export const LAYERS: readonly Layer[] = layers();

/** Layers whose output is normalized. */
export function isNormalized(layer: Layer): boolean {
  return layer.kind !== 'logits';
}

/** Scope of a layer's variables. */
export function variableScope(layer: Layer): string {
  return layer.kind === 'logits' ? `${SCOPE}/Logits/${layer.name}` : `${SCOPE}/${layer.name}`;
}

/** Variable that holds a layer's weights. */
export function weightsName(layer: Layer): string {
  return `${variableScope(layer)}/${layer.kind === 'depthwise' ? 'depthwise_weights' : 'weights'}`;
}

/** Shape of a layer's weights: height, width, input channels, and output channels or (depthwise) the multiplier 1. */
export function weightsShape(layer: Layer): [number, number, number, number] {
  return [layer.kernel, layer.kernel, layer.inputs, layer.kind === 'depthwise' ? 1 : layer.outputs];
}

/** Variables of a layer's batch normalization, in slim's order. */
export const STATISTICS = ['gamma', 'beta', 'moving_mean', 'moving_variance'] as const;
export type Statistic = (typeof STATISTICS)[number];

/** Variable of a layer's batch normalization. */
export function statisticName(layer: Layer, statistic: Statistic): string {
  return `${variableScope(layer)}/BatchNorm/${statistic}`;
}

/** Variable of the logits' bias. */
export function biasName(layer: Layer): string {
  return `${variableScope(layer)}/biases`;
}

/** Values of all variables by name. */
export type Weights = ReadonlyMap<string, Float32Array>;

/** The value of one variable. @throws Error where it is missing */
export function weightOf(weights: Weights, name: string): Float32Array {
  const value = weights.get(name);
  if (value === undefined) throw new Error(`The weights hold no variable ${name}.`);
  return value;
}

/** Every variable's name and shape, in the order a graph creates them. */
export function variableShapes(): Map<string, readonly number[]> {
  const shapes = new Map<string, readonly number[]>();
  for (const layer of LAYERS) {
    shapes.set(weightsName(layer), weightsShape(layer));
    if (isNormalized(layer)) for (const statistic of STATISTICS) shapes.set(statisticName(layer, statistic), [layer.outputs]);
    else shapes.set(biasName(layer), [layer.outputs]);
  }
  return shapes;
}

function layers(): Layer[] {
  const list: Layer[] = [{ name: 'Conv2d_0', kind: 'conv', kernel: 3, stride: 2, inputs: 3, outputs: STEM, activation: 'Relu' }];
  let channels = STEM;
  BLOCKS.forEach((block, index) => {
    const name = `Conv2d_${index + 1}`;
    list.push(
      {
        name: `${name}_depthwise`,
        kind: 'depthwise',
        kernel: 3,
        stride: block.stride,
        inputs: channels,
        outputs: channels,
        activation: 'Relu6',
      },
      { name: `${name}_pointwise`, kind: 'conv', kernel: 1, stride: 1, inputs: channels, outputs: block.channels, activation: 'Relu' },
    );
    channels = block.channels;
  });
  list.push({ name: 'Conv2d_1c_1x1', kind: 'logits', kernel: 1, stride: 1, inputs: channels, outputs: CLASSES.length, activation: 'none' });
  return list;
}
