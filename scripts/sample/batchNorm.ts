import * as tf from '@tensorflow/tfjs-core';

/** What batch normalization with the batch's own statistics gives; the statistics are for watching, no gradient flows through them. */
export interface BatchNormalized {
  readonly output: tf.Tensor4D;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
}

/**
 * min(max(gamma·(x − mean)/√(variance + epsilon) + beta, 0), ceiling) over the pixels of x [N, H, W, channels], statistics those of x, with the exact
 * gradients for x, gamma and beta. One op instead of a dozen, for speed.
 */
export function batchNormalize(x: tf.Tensor4D, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number, ceiling: number): BatchNormalized {
  const data = x.dataSync() as Float32Array;
  const { mean, variance } = moments(data, gamma.size);
  const inverse = variance.map((value) => 1 / Math.sqrt(value + epsilon));
  const normalized = standardized(data, mean, inverse);
  const normalize = tf.customGrad((_x, scale, offset) => {
    const scales = (scale as tf.Tensor).dataSync() as Float32Array;
    const output = clippedAffine(normalized, scales, (offset as tf.Tensor).dataSync() as Float32Array, ceiling);
    const gradFunc = (dy: tf.Tensor): tf.Tensor[] => {
      const slopes = unclipped(dy.dataSync() as Float32Array, output, ceiling);
      const { dx, dGamma, dBeta } = gradients(slopes, normalized, scales, inverse);
      return [tf.tensor(dx, x.shape), tf.tensor1d(dGamma), tf.tensor1d(dBeta)];
    };
    return { value: tf.tensor(output, x.shape), gradFunc };
  });
  return { output: normalize(x, gamma, beta) as tf.Tensor4D, mean, variance };
}

/** Mean and (biased) variance of each channel; channels are innermost in `data`. */
function moments(data: Float32Array, channels: number): { mean: Float32Array; variance: Float32Array } {
  const rows = data.length / channels;
  const [sum, squares] = [new Float64Array(channels), new Float64Array(channels)];
  for (let cell = 0; cell < data.length; ) {
    for (let channel = 0; channel < channels; channel++, cell++) {
      const value = data[cell] as number;
      sum[channel] = (sum[channel] as number) + value;
      squares[channel] = (squares[channel] as number) + value * value;
    }
  }
  const mean = Float64Array.from(sum, (value) => value / rows);
  const variance = Float32Array.from(squares, (value, channel) => Math.max(0, value / rows - (mean[channel] as number) ** 2));
  return { mean: Float32Array.from(mean), variance };
}

/** (data − mean)·inverse. */
function standardized(data: Float32Array, mean: Float32Array, inverse: Float32Array): Float32Array {
  const output = new Float32Array(data.length);
  for (let cell = 0; cell < data.length; ) {
    for (let channel = 0; channel < mean.length; channel++, cell++) {
      output[cell] = ((data[cell] as number) - (mean[channel] as number)) * (inverse[channel] as number);
    }
  }
  return output;
}

/** min(max(data·scales + offsets, 0), ceiling). */
function clippedAffine(data: Float32Array, scales: Float32Array, offsets: Float32Array, ceiling: number): Float32Array {
  const output = new Float32Array(data.length);
  for (let cell = 0; cell < data.length; ) {
    for (let channel = 0; channel < scales.length; channel++, cell++) {
      const value = (data[cell] as number) * (scales[channel] as number) + (offsets[channel] as number);
      output[cell] = value < 0 ? 0 : Math.min(value, ceiling);
    }
  }
  return output;
}

/** dGamma = Σ dy·normalized; dBeta = Σ dy; dx = gamma·inverse·(dy − mean(dy) − normalized·mean(dy·normalized)). */
function gradients(dy: Float32Array, normalized: Float32Array, scales: Float32Array, inverse: Float32Array) {
  const channels = scales.length;
  const rows = dy.length / channels;
  const [dGamma, dBeta, dx] = [new Float32Array(channels), new Float32Array(channels), new Float32Array(dy.length)];
  for (let cell = 0; cell < dy.length; ) {
    for (let channel = 0; channel < channels; channel++, cell++) {
      dBeta[channel] = (dBeta[channel] as number) + (dy[cell] as number);
      dGamma[channel] = (dGamma[channel] as number) + (dy[cell] as number) * (normalized[cell] as number);
    }
  }
  for (let cell = 0; cell < dy.length; ) {
    for (let channel = 0; channel < channels; channel++, cell++) {
      const share = ((dBeta[channel] as number) + (normalized[cell] as number) * (dGamma[channel] as number)) / rows;
      dx[cell] = (scales[channel] as number) * (inverse[channel] as number) * ((dy[cell] as number) - share);
    }
  }
  return { dx, dGamma, dBeta };
}

/** dy where the output lies strictly between the clipping limits, else 0. */
function unclipped(dy: Float32Array, output: Float32Array, ceiling: number): Float32Array {
  const slopes = new Float32Array(dy.length);
  for (let cell = 0; cell < dy.length; cell++) {
    const value = output[cell] as number;
    slopes[cell] = value > 0 && value < ceiling ? (dy[cell] as number) : 0;
  }
  return slopes;
}
