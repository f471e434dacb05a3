import * as tf from '@tensorflow/tfjs-core';
import { biasName, EPSILON, isNormalized, LAYERS, type Layer, POOLED_SIZE, statisticName, weightsName } from './network.ts';

/** How a layer's output is normalized, with stored statistics or with those of the batch, and activated. */
export type Finish = (output: tf.Tensor4D, layer: Layer) => tf.Tensor4D;

/** Variables by name, as tensors. */
export type Variables = (name: string) => tf.Tensor;

/** Batch normalization with the moving statistics, and the activation: what inference computes. */
export function withMovingStatistics(variable: Variables): Finish {
  return (output, layer) => {
    const normalized = tf.batchNorm(
      output,
      variable(statisticName(layer, 'moving_mean')) as tf.Tensor1D,
      variable(statisticName(layer, 'moving_variance')) as tf.Tensor1D,
      variable(statisticName(layer, 'beta')) as tf.Tensor1D,
      variable(statisticName(layer, 'gamma')) as tf.Tensor1D,
      EPSILON,
    );
    return layer.activation === 'Relu6' ? tf.relu6(normalized) : tf.relu(normalized);
  };
}

/**
 * Logits [N, classes] of images [N, 32, 32, 3]. `watch` sees what each layer puts out after its activation.
 */
export function logitsOf(
  images: tf.Tensor4D,
  variable: Variables,
  finish: Finish,
  watch: (layer: Layer, output: tf.Tensor4D) => void = () => {},
): tf.Tensor2D {
  let features = images;
  for (const layer of LAYERS) {
    if (layer.kind === 'logits') features = tf.avgPool(features, POOLED_SIZE, 2, 'valid');
    features = product(features, layer, variable);
    features = isNormalized(layer) ? finish(features, layer) : tf.add(features, variable(biasName(layer)));
    watch(layer, features);
  }
  return tf.squeeze(features, [1, 2]);
}

function product(features: tf.Tensor4D, layer: Layer, variable: Variables): tf.Tensor4D {
  const weights = variable(weightsName(layer)) as tf.Tensor4D;
  if (layer.kind === 'depthwise') return tf.depthwiseConv2d(features, weights, layer.stride, 'same');
  return tf.conv2d(features, weights, layer.stride, 'same');
}
