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

/**
 * Conv2D as TensorFlow 1.14 computes it where the processor has AVX2 and no AVX-512: products added one after the other (window row by row,
 * channels last), each sum rounded once. Outputs are taken 16 at a time; where 8 or fewer are left over, every second product goes to
 * another sum, and the two are added before the last product of an odd number.
 */
export function originalConvolution(x: Floats, filter: Floats, geometry: ConvGeometry): Floats {
  const { rows, columns, output } = windows(x, filter, geometry);
  const [channels, outputs] = [filter.shape[2] ?? 1, filter.shape[3] ?? 1];
  const inOrder = outputs % 16 > 8 ? outputs : outputs - (outputs % 16);
  const products = (filter.shape[0] ?? 1) * (filter.shape[1] ?? 1) * channels;
  const last = products % 2 === 1 ? products - 1 : products;
  const out = output(outputs);
  const [from, weights] = [x.values, filter.values];
  const odd = new Float32Array(outputs);
  eachWindow(x.shape, rows, columns, (pixel, taps) => {
    const sums = out.values.subarray(pixel * outputs, (pixel + 1) * outputs);
    odd.fill(0);
    for (const { input, tap } of taps) {
      for (let c = 0; c < channels; c++) {
        const value = from[input + c] as number;
        const product = tap * channels + c;
        const row = product * outputs;
        // A product of two float32 is exact in float64: rounded is the sum alone, as a fused multiply-add does.
        for (let o = 0; o < inOrder; o++) sums[o] = (sums[o] as number) + value * (weights[row + o] as number);
        const into = product % 2 === 1 ? odd : sums;
        if (product === last) addTo(sums, odd, inOrder);
        for (let o = inOrder; o < outputs; o++) into[o] = (into[o] as number) + value * (weights[row + o] as number);
      }
    }
    addTo(sums, odd, inOrder);
  });
  return out;
}

/** Products that a matrix product sums at a time, for matrices as they are here; sums of these are added up in order. */
const SLICE = 192;

/** MatMul of [rows, inner] by [inner, columns] as TensorFlow 1.14 computes it: a 1 × 1 convolution of slices. */
export function originalMatMul({ shape: [rows = 0, inner = 0], values }: Floats, b: Floats): Floats {
  const columns = b.shape[1] ?? 0;
  const geometry: ConvGeometry = {
    strides: [1, 1],
    dilations: [1, 1],
    padding: [
      [0, 0],
      [0, 0],
    ],
  };
  const sum = new Float32Array(rows * columns);
  for (let from = 0; from < inner; from += SLICE) {
    const length = Math.min(SLICE, inner - from);
    const part = Float32Array.from(
      { length: rows * length },
      (_, i) => values[Math.floor(i / length) * inner + from + (i % length)] as number,
    );
    const x = { shape: [rows, 1, 1, length], values: part };
    const filter = { shape: [1, 1, length, columns], values: b.values.subarray(from * columns, (from + length) * columns) };
    originalConvolution(x, filter, geometry).values.forEach((value, i) => {
      sum[i] = (sum[i] as number) + value;
    });
  }
  return { shape: [rows, columns], values: sum };
}

/** Adds `odd` to `sums` from an index on, and leaves 0 there. */
function addTo(sums: Float32Array, odd: Float32Array, from: number): void {
  for (let o = from; o < sums.length; o++) sums[o] = (sums[o] as number) + (odd[o] as number);
  odd.fill(0, from);
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
