import type { ConvGeometry, Kernels, PoolGeometry, Value, ValueType } from '../../ops/kernels.ts';
import { size } from './plainIndex.ts';
import type { PlainValue } from './reference.ts';
import { eachWindow, positions } from './referenceLayers.ts';

type Make = (dtype: ValueType, shape: readonly number[]) => PlainValue;

type Taps = readonly { readonly input: number; readonly tap: number }[];

/** Calls `visit` for every output pixel of a convolution over an image of `shape`. */
function eachPixel(
  shape: readonly number[],
  window: readonly number[],
  { strides, padding, dilations = [1, 1] }: Pick<ConvGeometry, 'strides' | 'padding'> & Partial<Pick<ConvGeometry, 'dilations'>>,
  visit: (pixel: number, taps: Taps) => void,
): void {
  const rows = positions(shape[1] ?? 0, window[0] ?? 1, strides[0], dilations[0], padding[0]);
  const columns = positions(shape[2] ?? 0, window[1] ?? 1, strides[1], dilations[1], padding[1]);
  eachWindow(shape, rows, columns, visit);
}

type ConvolutionGradients = Pick<
  Kernels,
  'conv2dInputGrad' | 'conv2dFilterGrad' | 'depthwiseConv2dInputGrad' | 'depthwiseConv2dFilterGrad'
>;

/** Each product x · w that a convolution adds up hands dy · w to x and dy · x to w; sums in float64. */
export function convolutionGradients(make: Make): ConvolutionGradients {
  const finish = (dtype: ValueType, shape: readonly number[], sums: Float64Array): PlainValue => {
    const out = make(dtype, shape);
    out.data.set(sums);
    return out;
  };
  /** `visit` is called for every product: places in the image, the filter and the output. */
  const eachProduct = (
    shape: readonly number[],
    filter: readonly number[],
    geometry: ConvGeometry,
    visit: (input: number, weight: number, output: number) => void,
  ): void => {
    const [, , channels = 1, outputs = 1] = filter;
    eachPixel(shape, filter, geometry, (pixel, taps) => {
      for (const { input, tap } of taps) {
        for (let c = 0; c < channels; c++) {
          for (let o = 0; o < outputs; o++) visit(input + c, (tap * channels + c) * outputs + o, pixel * outputs + o);
        }
      }
    });
  };
  const eachDepthwiseProduct: typeof eachProduct = (shape, filter, geometry, visit) => {
    const [, , channels = 1, multiplier = 1] = filter;
    const outputs = channels * multiplier;
    eachPixel(shape, filter, geometry, (pixel, taps) => {
      for (const { input, tap } of taps) {
        for (let o = 0; o < outputs; o++) visit(input + Math.floor(o / multiplier), tap * outputs + o, pixel * outputs + o);
      }
    });
  };
  const byInput =
    (each: typeof eachProduct): Kernels['conv2dInputGrad'] =>
    (dy, filter, shape, geometry) => {
      const sums = new Float64Array(size(shape));
      const [d, w] = [(dy as PlainValue).data, (filter as PlainValue).data];
      each(shape, filter.shape, geometry, (input, weight, output) => {
        sums[input] = (sums[input] as number) + (d[output] as number) * (w[weight] as number);
      });
      return finish(dy.dtype, shape, sums);
    };
  const byFilter =
    (each: typeof eachProduct): Kernels['conv2dFilterGrad'] =>
    (x, dy, shape, geometry) => {
      const sums = new Float64Array(size(shape));
      const [d, image] = [(dy as PlainValue).data, (x as PlainValue).data];
      each(x.shape, shape, geometry, (input, weight, output) => {
        sums[weight] = (sums[weight] as number) + (d[output] as number) * (image[input] as number);
      });
      return finish(dy.dtype, shape, sums);
    };
  return {
    conv2dInputGrad: byInput(eachProduct),
    conv2dFilterGrad: byFilter(eachProduct),
    depthwiseConv2dInputGrad: byInput(eachDepthwiseProduct),
    depthwiseConv2dFilterGrad: byFilter(eachDepthwiseProduct),
  };
}

/** The largest element of a window takes its dy, the first of equal ones; of an average each takes its share. */
export function poolGradients(make: Make): Pick<Kernels, 'maxPoolGrad' | 'avgPoolGrad'> {
  const pooled = (
    dy: Value,
    shape: readonly number[],
    { size: window, strides, padding }: PoolGeometry,
    share: (places: readonly number[], channel: number, give: (place: number, part: number) => void) => void,
  ): PlainValue => {
    const out = make(dy.dtype, shape);
    const channels = shape[3] ?? 1;
    const d = (dy as PlainValue).data;
    eachPixel(shape, window, { strides, padding }, (pixel, taps) => {
      const places = taps.map(({ input }) => input);
      for (let c = 0; c < channels; c++) {
        const upstream = d[pixel * channels + c] as number;
        share(places, c, (place, part) => {
          out.data[place + c] = (out.data[place + c] as number) + upstream * part;
        });
      }
    });
    return out;
  };
  return {
    maxPoolGrad: (x, dy, geometry) => {
      const { data } = x as PlainValue;
      return pooled(dy, x.shape, geometry, (places, c, give) => {
        const first = places.reduce((best, place) => ((data[place + c] as number) > (data[best + c] as number) ? place : best));
        give(first, 1);
      });
    },
    avgPoolGrad: (dy, shape, geometry) =>
      pooled(dy, shape, geometry, (places, _channel, give) => {
        for (const place of places) give(place, 1 / places.length);
      }),
  };
}

/** Adds every picked row to where it came from; `out` starts at 0. */
export function gatheredBack(dy: PlainValue, indices: PlainValue, axis: number, batch: number, out: PlainValue): PlainValue {
  const { shape } = out;
  const [inner, length] = [size(shape.slice(axis + 1)), shape[axis] ?? 1];
  const outer = size(shape.slice(batch, axis));
  const each = size(indices.shape.slice(batch));
  for (let row = 0, from = 0; row < size(shape.slice(0, axis)); row++) {
    const first = Math.floor(row / outer) * each;
    for (let k = 0; k < each; k++, from += inner) {
      const to = (row * length + (indices.data[first + k] as number)) * inner;
      for (let i = 0; i < inner; i++) out.data[to + i] = (out.data[to + i] as number) + (dy.data[from + i] as number);
    }
  }
  return out;
}
