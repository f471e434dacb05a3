import { eachWindow, positions } from '../../../worker/execute/backends/referenceLayers.ts';
import type { ConvGeometry } from '../../../worker/ops/kernels.ts';

/** A float32 tensor as plain numbers. */
export interface Floats {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Output pixels, and for each the input pixels and taps under its window. */
function windows(x: Floats, filter: Floats, { strides, dilations, padding }: ConvGeometry) {
  const axis = (i: 0 | 1) => positions(x.shape[i + 1] ?? 0, filter.shape[i] ?? 1, strides[i], dilations[i], padding[i]);
  const [rows, columns] = [axis(0), axis(1)];
  const images = x.shape[0] ?? 0;
  const output = (channels: number): Floats => ({
    shape: [images, rows.length, columns.length, channels],
    values: new Float32Array(images * rows.length * columns.length * channels),
  });
  return { rows, columns, output };
}

/** Conv2D as TensorFlow 1.14 computes it: products added one after the other (window row by row, channels last), each sum rounded once. */
export function originalConvolution(x: Floats, filter: Floats, geometry: ConvGeometry): Floats {
  const { rows, columns, output } = windows(x, filter, geometry);
  const [channels, outputs] = [filter.shape[2] ?? 1, filter.shape[3] ?? 1];
  const out = output(outputs);
  const [from, weights] = [x.values, filter.values];
  eachWindow(x.shape, rows, columns, (pixel, taps) => {
    const sums = out.values.subarray(pixel * outputs, (pixel + 1) * outputs);
    for (const { input, tap } of taps) {
      for (let c = 0; c < channels; c++) {
        const value = from[input + c] as number;
        const row = (tap * channels + c) * outputs;
        // A product of two float32 is exact in float64: rounded is the sum alone, as a fused multiply-add does.
        for (let o = 0; o < outputs; o++) sums[o] = (sums[o] as number) + value * (weights[row + o] as number);
      }
    }
  });
  return out;
}

/** DepthwiseConv2dNative as TensorFlow 1.14 computes it: products and sums are rounded both. */
export function originalDepthwise(x: Floats, filter: Floats, geometry: ConvGeometry): Floats {
  const { rows, columns, output } = windows(x, filter, geometry);
  const [channels, multiplier] = [filter.shape[2] ?? 1, filter.shape[3] ?? 1];
  const outputs = channels * multiplier;
  const out = output(outputs);
  eachWindow(x.shape, rows, columns, (pixel, taps) => {
    const sums = out.values.subarray(pixel * outputs, (pixel + 1) * outputs);
    for (const { input, tap } of taps) {
      for (let o = 0; o < outputs; o++) {
        const product = Math.fround(
          (x.values[input + Math.floor(o / multiplier)] as number) * (filter.values[tap * outputs + o] as number),
        );
        sums[o] = (sums[o] as number) + product;
      }
    }
  });
  return out;
}
