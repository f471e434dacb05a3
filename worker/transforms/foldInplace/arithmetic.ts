import type { Tensor } from '../../formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../formats/tensorValues.ts';
import type { ConstantBatchNorm } from './constantBatchNorm.ts';

/**
 * Weights and offset of the folded layer, rounded as the original rounds: variance + ε in float32, all else in float64, results once to
 * float32. scale = γ / √(variance + ε), offset = β − mean · scale.
 */
export function scaledLayer({ kernel, mean, variance, beta, gamma, epsilon }: Omit<ConstantBatchNorm, 'bn' | 'conv' | 'weights'>): {
  readonly weights: Tensor;
  readonly offset: Tensor;
} {
  const [mu, sigma, shift] = [mean, variance, beta].map(tensorNumbers) as [Numbers, Numbers, Numbers];
  const factor = gamma === null ? null : tensorNumbers(gamma);
  const scale = Float64Array.from(sigma, (value, channel) => {
    const inverse = 1 / Math.sqrt(Math.fround(value + epsilon));
    return factor === null ? inverse : inverse * at(factor, channel);
  });
  const channels = scale.length;
  const weights = Float32Array.from(tensorNumbers(kernel), (value, index) => value * at(scale, index % channels));
  const offset = Float32Array.from(scale, (value, channel) => -at(mu, channel) * value + at(shift, channel));
  return { weights: makeTensor('float32', kernel.shape, weights), offset: makeTensor('float32', [channels], offset) };
}

type Numbers = ReturnType<typeof tensorNumbers>;

function at(values: Numbers, index: number): number {
  return values[index] as number;
}
