import type { BatchStatistics } from './types.ts';

/** Mean and Σ (x − mean)² of every channel of every image, over the positions of that image. */
export interface ImageMoments {
  readonly channels: number;
  /** Elements of a channel in one image. */
  readonly positions: number;
  /** Image after image: all means, then all sums. */
  readonly values: Float64Array;
}

/**
 * Moments of some images' elements, in float64.
 * @param values image after image, channels last unless `channelsFirst`
 */
export function imageMoments(values: Float32Array, images: number, channels: number, channelsFirst: boolean): ImageMoments {
  const size = values.length / images;
  const positions = size / channels;
  const [perChannel, perPosition] = channelsFirst ? [positions, 1] : [1, channels];
  const found = new Float64Array(images * channels * 2);
  for (let image = 0; image < images; image++) {
    for (let channel = 0; channel < channels; channel++) {
      const start = image * size + channel * perChannel;
      let sum = 0;
      for (let k = 0; k < positions; k++) sum += values[start + k * perPosition] as number;
      const mean = sum / positions;
      let squares = 0;
      for (let k = 0; k < positions; k++) squares += ((values[start + k * perPosition] as number) - mean) ** 2;
      found[image * channels * 2 + channel] = mean;
      found[image * channels * 2 + channels + channel] = squares;
    }
  }
  return { channels, positions, values: found };
}

/**
 * TRN32: mean and variance of every channel over all images, in float64 in the order of the images: with nᵢ positions in each of N images the
 * variance is (Σ sumᵢ / nᵢ + Σ (meanᵢ − mean)²) / N, that of the population, rounded to float32 at the end.
 */
export function allMoments({ channels, positions, values }: ImageMoments): BatchStatistics {
  const images = values.length / (2 * channels);
  const mean = new Float32Array(channels);
  const variance = new Float32Array(channels);
  for (let channel = 0; channel < channels; channel++) {
    const at = (image: number, second: number): number => values[(2 * image + second) * channels + channel] as number;
    let sum = 0;
    for (let image = 0; image < images; image++) sum += at(image, 0);
    const all = sum / images;
    let squares = 0;
    for (let image = 0; image < images; image++) squares += at(image, 1) / positions + (at(image, 0) - all) ** 2;
    mean[channel] = all;
    variance[channel] = squares / images;
  }
  return { mean, variance };
}
