import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { batchNormalize } from '../../../scripts/sample/batchNorm.ts';
import { registerFastKernels } from '../../../scripts/sample/fastKernels.ts';
import { random } from '../../../scripts/sample/random.ts';

const source = random(3);

function noise(...shape: [number, number, number, number]): tf.Tensor4D {
  const count = shape.reduce((product, size) => product * size, 1);
  return tf.tensor4d(
    Float32Array.from({ length: count }, () => source.normal()),
    shape,
  );
}

interface Case {
  readonly kernel: string;
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
  readonly attrs: Readonly<Record<string, unknown>>;
}

/** Kernel calls as the ops and their gradients make them: image 7×6, so that SAME pads unevenly. */
function cases(): Case[] {
  const list: Case[] = [];
  for (const [size, strides, outputs] of [
    [3, 2, 5],
    [3, 1, 4],
    [1, 1, 6],
  ] as const) {
    const [x, dy] = [noise(2, 7, 6, 3), noise(2, Math.ceil(7 / strides), Math.ceil(6 / strides), outputs)];
    const filter = noise(size, size, 3, outputs);
    const attrs = { strides: [strides, strides], pad: 'same', dataFormat: 'NHWC', dilations: [1, 1], dimRoundingMode: undefined };
    list.push({ kernel: 'Conv2D', inputs: { x, filter }, attrs });
    list.push({ kernel: 'Conv2DBackpropFilter', inputs: { x, dy }, attrs: { ...attrs, filterShape: filter.shape } });
    if (size === 1) list.push({ kernel: 'Conv2DBackpropInput', inputs: { dy, filter }, attrs: { ...attrs, inputShape: x.shape } });
  }
  for (const strides of [1, 2]) {
    const [x, dy, filter] = [noise(2, 7, 6, 5), noise(2, Math.ceil(7 / strides), Math.ceil(6 / strides), 5), noise(3, 3, 5, 1)];
    const attrs = { strides: [strides, strides], pad: 'same', dilations: [1, 1], dimRoundingMode: undefined };
    list.push({ kernel: 'DepthwiseConv2dNative', inputs: { x, filter }, attrs });
    list.push({ kernel: 'DepthwiseConv2dNativeBackpropFilter', inputs: { x, dy }, attrs: { ...attrs, filterShape: filter.shape } });
    list.push({ kernel: 'DepthwiseConv2dNativeBackpropInput', inputs: { dy, filter }, attrs: { ...attrs, inputShape: x.shape } });
  }
  return list;
}

function run({ kernel, inputs, attrs }: Case): { shape: number[]; values: Float32Array } {
  const result = tf.engine().runKernel(kernel, inputs as never, attrs as never) as tf.Tensor;
  return { shape: result.shape, values: result.dataSync() as Float32Array };
}

describe('training kernels', () => {
  beforeAll(() => tf.setBackend('cpu'));

  it('agree with those of tfjs to float32 rounding', () => {
    const calls = cases();
    const expected = calls.map(run);
    registerFastKernels();
    calls.forEach((call, index) => {
      const { shape, values } = run(call);
      expect(shape, call.kernel).toEqual(expected[index]?.shape);
      const largest = Math.max(...(expected[index]?.values ?? []).map(Math.abs));
      const worst = values.reduce((most, value, at) => Math.max(most, Math.abs(value - (expected[index]?.values[at] ?? Number.NaN))), 0);
      expect(worst / largest, call.kernel).toBeLessThan(1e-6);
    });
  });
});

describe('batch normalization with batch statistics', () => {
  const epsilon = 1e-3;
  const [x, gamma, beta] = [noise(3, 2, 2, 4), tf.tensor1d([0.5, 1.5, -1, 2]), tf.tensor1d([0.3, 1, 0.5, 3])];

  beforeAll(() => tf.setBackend('cpu'));

  it('gives each channel the mean and variance of its own values', () => {
    const { mean, variance } = batchNormalize(x, gamma, beta, epsilon, 6);
    const { mean: expectedMean, variance: expectedVariance } = tf.moments(x, [0, 1, 2]);
    expectedMean.dataSync().forEach((value, channel) => {
      expect(mean[channel]).toBeCloseTo(value, 6);
    });
    expectedVariance.dataSync().forEach((value, channel) => {
      expect(variance[channel]).toBeCloseTo(value, 6);
    });
  });

  it.each([[Number.POSITIVE_INFINITY], [4]])('has the gradients of its formula, ceiling %d', (ceiling) => {
    const upstream = noise(3, 2, 2, 4);
    const gradients = tf.grads((input, scale, offset) => batchNormalize(input as tf.Tensor4D, scale, offset, epsilon, ceiling).output)(
      [x, gamma, beta],
      upstream,
    );
    [x, gamma, beta].forEach((input, which) => {
      const values = Float64Array.from(input.dataSync());
      const slopes = gradients[which]?.dataSync() ?? [];
      values.forEach((value, at) => {
        const step = 1e-5;
        const moved = (delta: number) =>
          scalarLoss(
            [x, gamma, beta].map((tensor, index) =>
              Float64Array.from(tensor.dataSync(), (v, i) => (index === which && i === at ? value + delta : v)),
            ),
            upstream.dataSync() as Float32Array,
            ceiling,
            epsilon,
          );
        expect(slopes[at]).toBeCloseTo((moved(step) - moved(-step)) / (2 * step), 3);
      });
    });
  });
});

/** Σ upstream·output in float64, written out after the definition. */
function scalarLoss(
  [x = new Float64Array(), gamma = new Float64Array(), beta = new Float64Array()]: Float64Array[],
  upstream: Float32Array,
  ceiling: number,
  epsilon: number,
): number {
  const channels = gamma.length;
  let loss = 0;
  for (let channel = 0; channel < channels; channel++) {
    const column = x.filter((_, at) => at % channels === channel);
    const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
    const variance = column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length;
    column.forEach((value, row) => {
      const output = ((value - mean) / Math.sqrt(variance + epsilon)) * (gamma[channel] ?? 0) + (beta[channel] ?? 0);
      loss += (upstream[row * channels + channel] ?? 0) * Math.min(Math.max(output, 0), ceiling);
    });
  }
  return loss;
}
