import * as tf from '@tensorflow/tfjs-core';
import { type BatchNormalized, batchNormalize } from './batchNorm.ts';
import { type Finish, logitsOf, type Variables, withMovingStatistics } from './forward.ts';
import { drawImages, IMAGE_SIZE, networkInput, type Split } from './images.ts';
import {
  EPSILON,
  isNormalized,
  LAYERS,
  type Layer,
  statisticName,
  variableShapes,
  WEIGHT_DECAY,
  type Weights,
  weightsName,
} from './network.ts';
import { derivedSeed, random } from './random.ts';
import { CLASSES } from './shapes.ts';

/** Everything that the weights depend on that a phase of training ends with, besides the code and the weights it starts from. */
export interface TrainingPhase {
  readonly seed: number;
  /** Index in the training split of the first picture that it sees. */
  readonly firstPicture: number;
  readonly steps: number;
  readonly batch: number;
  /** Highest learning rate of Adam; it rises over the first steps and falls to 0 as a cosine. */
  readonly rate: number;
  /** Batches whose mean statistics become the moving statistics at the end. */
  readonly statisticsBatches: number;
}

const WARM_UP_STEPS = 50;
/** Keeps initial weights apart from pictures drawn with the same seed. */
const WEIGHTS_STREAM = 0x77;

/** Trains the network on pictures drawn as it goes, each seen once, from `start` or from random weights. Calls `report` after each step. */
export async function train(
  phase: TrainingPhase,
  start: Weights | undefined,
  report: (step: number, loss: number) => void,
): Promise<Weights> {
  const variables = new Map<string, tf.Variable>();
  for (const [name, value] of start === undefined ? initialWeights(phase.seed) : tensorsOf(start)) variables.set(name, tf.variable(value));
  const trained = [...variables].filter(([name]) => !name.includes('/moving_')).map(([, variable]) => variable);
  const variable = lookup(variables);
  const optimizer = new tf.AdamOptimizer(phase.rate, 0.9, 0.999, 1e-7);

  for (let step = 0; step < phase.steps; step++) {
    const { images, labels } = batchOf(phase.seed, 'train', phase.firstPicture + step * phase.batch, phase.batch);
    setRate(optimizer, phase, step);
    const loss = optimizer.minimize(() => lossOf(images, labels, variable), true, trained);
    const value = (await loss?.data())?.[0] ?? Number.NaN;
    tf.dispose([images, labels, ...(loss === null ? [] : [loss])]);
    report(step, value);
  }

  await settleStatistics(phase, variables);
  const weights = new Map<string, Float32Array>();
  for (const [name, value] of variables) weights.set(name, Float32Array.from(await value.data()));
  optimizer.dispose();
  tf.dispose([...variables.values()]);
  return weights;
}

/** Softmax outputs [count × classes] for images [count × 32 × 32 × 3] in [−1, 1]. */
export async function softmaxOf(weights: Weights, images: Float32Array): Promise<Float32Array> {
  const size = IMAGE_SIZE * IMAGE_SIZE * 3;
  const count = images.length / size;
  const outputs = new Float32Array(count * CLASSES.length);
  const tensors = tensorsOf(weights);
  const variable = lookup(tensors);
  for (let first = 0; first < count; first += 100) {
    const chunk = images.subarray(first * size, Math.min(count, first + 100) * size);
    const softmax = tf.tidy(() => tf.softmax(logitsOf(imageTensor(chunk), variable, withMovingStatistics(variable))));
    outputs.set(await softmax.data(), first * CLASSES.length);
    softmax.dispose();
  }
  tf.dispose([...tensors.values()]);
  return outputs;
}

/** Mean and standard deviation of each channel that a layer puts out (after its activation), over the given images. */
export function channelSpread(weights: Weights, images: Float32Array): Map<string, Float32Array> {
  const spread = new Map<string, Float32Array>();
  const tensors = tensorsOf(weights);
  const variable = lookup(tensors);
  tf.tidy(() => {
    logitsOf(imageTensor(images), variable, withMovingStatistics(variable), (layer, output) => {
      spread.set(layer.name, tf.sqrt(tf.moments(output, [0, 1, 2]).variance).dataSync() as Float32Array);
    });
  });
  tf.dispose([...tensors.values()]);
  return spread;
}

/** He initialization for weights, ones for gamma and variance, zeros for the rest. */
function initialWeights(seed: number): Map<string, tf.Tensor> {
  const source = random(derivedSeed(seed, WEIGHTS_STREAM));
  const values = new Map<string, tf.Tensor>();
  for (const [name, shape] of variableShapes()) {
    if (!name.endsWith('weights')) {
      values.set(name, name.endsWith('gamma') || name.endsWith('variance') ? tf.ones([...shape]) : tf.zeros([...shape]));
      continue;
    }
    const [height = 1, width = 1, inputs = 1] = shape;
    const fanIn = height * width * (name.endsWith('depthwise_weights') ? 1 : inputs);
    const count = shape.reduce((product, size) => product * size, 1);
    values.set(
      name,
      tf.tensor(
        Float32Array.from({ length: count }, () => source.normal() * Math.sqrt(2 / fanIn)),
        [...shape],
      ),
    );
  }
  return values;
}

function lossOf(images: tf.Tensor4D, labels: tf.Tensor2D, variable: Variables): tf.Scalar {
  const logits = logitsOf(images, variable, withBatchStatistics(variable));
  const entropy = tf.neg(tf.mean(tf.sum(tf.mul(labels, tf.logSoftmax(logits)), 1)));
  const penalties = LAYERS.filter(({ kind }) => kind !== 'depthwise').map((layer) => tf.sum(tf.square(variable(weightsName(layer)))));
  return tf.add(entropy, tf.mul(tf.addN(penalties), WEIGHT_DECAY / 2));
}

/** Batch normalization with the batch's own mean and variance, through which gradients flow, and the activation. */
function withBatchStatistics(variable: Variables, watch: (layer: Layer, batch: BatchNormalized) => void = () => {}): Finish {
  return (output, layer) => {
    const ceiling = layer.activation === 'Relu6' ? 6 : Number.POSITIVE_INFINITY;
    const batch = batchNormalize(output, variable(statisticName(layer, 'gamma')), variable(statisticName(layer, 'beta')), EPSILON, ceiling);
    watch(layer, batch);
    return batch.output;
  };
}

/** Replaces the moving statistics by the mean of those of some fresh batches: exact for the final weights. */
async function settleStatistics(phase: TrainingPhase, variables: ReadonlyMap<string, tf.Variable>): Promise<void> {
  const variable = lookup(variables);
  const sums = new Map<string, Float64Array>();
  const gather = (name: string, statistic: Float32Array, factor: number): void => {
    const sum = sums.get(name) ?? new Float64Array(statistic.length);
    statistic.forEach((value, channel) => {
      sum[channel] = (sum[channel] ?? 0) + value * factor;
    });
    sums.set(name, sum);
  };
  for (let index = 0; index < phase.statisticsBatches; index++) {
    const { images, labels } = batchOf(phase.seed, 'train', phase.firstPicture + (phase.steps + index) * phase.batch, phase.batch);
    tf.tidy(() => {
      const finish = withBatchStatistics(variable, (layer, { mean, variance }) => {
        gather(statisticName(layer, 'moving_mean'), mean, 1 / phase.statisticsBatches);
        gather(statisticName(layer, 'moving_variance'), variance, 1 / phase.statisticsBatches);
      });
      logitsOf(images, variable, finish);
    });
    tf.dispose([images, labels]);
  }
  for (const layer of LAYERS.filter(isNormalized)) {
    for (const statistic of ['moving_mean', 'moving_variance'] as const) {
      const name = statisticName(layer, statistic);
      variables.get(name)?.assign(tf.tensor1d(Float32Array.from(sums.get(name) ?? [])));
    }
  }
}

function setRate(optimizer: tf.AdamOptimizer, phase: TrainingPhase, step: number): void {
  const warm = Math.min(1, (step + 1) / WARM_UP_STEPS);
  const cosine = 0.5 * (1 + Math.cos((Math.PI * step) / phase.steps));
  (optimizer as unknown as { learningRate: number }).learningRate = phase.rate * warm * cosine;
}

function batchOf(seed: number, split: Split, first: number, count: number): { images: tf.Tensor4D; labels: tf.Tensor2D } {
  const { pixels, labels } = drawImages(seed, split, first, count);
  return {
    images: imageTensor(networkInput(pixels)),
    labels: tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES.length), 'float32') as tf.Tensor2D,
  };
}

function imageTensor(values: Float32Array): tf.Tensor4D {
  return tf.tensor4d(values, [values.length / (IMAGE_SIZE * IMAGE_SIZE * 3), IMAGE_SIZE, IMAGE_SIZE, 3]);
}

function tensorsOf(weights: Weights): Map<string, tf.Tensor> {
  const shapes = variableShapes();
  return new Map([...weights].map(([name, value]) => [name, tf.tensor(value, [...(shapes.get(name) ?? [])])]));
}

function lookup(tensors: ReadonlyMap<string, tf.Tensor>): Variables {
  return (name) => {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new Error(`No variable ${name}.`);
    return tensor;
  };
}
