import type { ConvGeometry, PoolGeometry, ResponseNorm } from '../../ops/kernels.ts';
import type { PlainValue } from './reference.ts';

type Make = (shape: readonly number[]) => PlainValue;

/** Windows along one axis: for output position o, tap t, the input position, or -1 in the padding. */
export function positions(input: number, window: number, stride: number, dilation: number, padding: readonly [number, number]): number[][] {
  const reach = (window - 1) * dilation + 1;
  const count = Math.floor((input + padding[0] + padding[1] - reach) / stride) + 1;
  return Array.from({ length: count }, (_, o) =>
    Array.from({ length: window }, (_tap, t) => {
      const at = o * stride + t * dilation - padding[0];
      return at >= 0 && at < input ? at : -1;
    }),
  );
}

/** Calls `visit` for every output pixel with the input pixels (offset of their first channel) and filter taps under the window. */
export function eachWindow(
  [batch = 0, height = 0, width = 0, channels = 0]: readonly number[],
  rows: readonly number[][],
  columns: readonly number[][],
  visit: (pixel: number, taps: readonly { readonly input: number; readonly tap: number }[]) => void,
): void {
  let pixel = 0;
  for (let n = 0; n < batch; n++) {
    for (const row of rows) {
      for (const column of columns) {
        const taps: { input: number; tap: number }[] = [];
        row.forEach((y, i) => {
          column.forEach((x, j) => {
            if (y >= 0 && x >= 0) taps.push({ input: ((n * height + y) * width + x) * channels, tap: i * column.length + j });
          });
        });
        visit(pixel++, taps);
      }
    }
  }
}

export function convolve(x: PlainValue, filter: PlainValue, { strides, dilations, padding }: ConvGeometry, make: Make): PlainValue {
  const [filterRows = 1, filterColumns = 1, channels = 1, outputs = 1] = filter.shape;
  const rows = positions(x.shape[1] ?? 0, filterRows, strides[0], dilations[0], padding[0]);
  const columns = positions(x.shape[2] ?? 0, filterColumns, strides[1], dilations[1], padding[1]);
  const out = make([x.shape[0] ?? 0, rows.length, columns.length, outputs]);
  const sums = new Float64Array(outputs);
  eachWindow(x.shape, rows, columns, (pixel, taps) => {
    sums.fill(0);
    for (const { input, tap } of taps) {
      for (let c = 0; c < channels; c++) {
        const value = x.data[input + c] as number;
        const weights = (tap * channels + c) * outputs;
        for (let o = 0; o < outputs; o++) sums[o] = (sums[o] as number) + value * (filter.data[weights + o] as number);
      }
    }
    out.data.set(sums, pixel * outputs);
  });
  return out;
}

export function depthwiseConvolve(
  x: PlainValue,
  filter: PlainValue,
  { strides, dilations, padding }: ConvGeometry,
  make: Make,
): PlainValue {
  const [filterRows = 1, filterColumns = 1, channels = 1, multiplier = 1] = filter.shape;
  const rows = positions(x.shape[1] ?? 0, filterRows, strides[0], dilations[0], padding[0]);
  const columns = positions(x.shape[2] ?? 0, filterColumns, strides[1], dilations[1], padding[1]);
  const outputs = channels * multiplier;
  const out = make([x.shape[0] ?? 0, rows.length, columns.length, outputs]);
  const sums = new Float64Array(outputs);
  eachWindow(x.shape, rows, columns, (pixel, taps) => {
    sums.fill(0);
    for (const { input, tap } of taps) {
      for (let o = 0; o < outputs; o++) {
        const value = x.data[input + Math.floor(o / multiplier)] as number;
        sums[o] = (sums[o] as number) + value * (filter.data[tap * outputs + o] as number);
      }
    }
    out.data.set(sums, pixel * outputs);
  });
  return out;
}

/** Pools the real elements under each window with `combine`. */
export function pool(
  x: PlainValue,
  { size, strides, padding }: PoolGeometry,
  make: Make,
  combine: (window: readonly number[]) => number,
): PlainValue {
  const channels = x.shape[3] ?? 1;
  const rows = positions(x.shape[1] ?? 0, size[0], strides[0], 1, padding[0]);
  const columns = positions(x.shape[2] ?? 0, size[1], strides[1], 1, padding[1]);
  const out = make([x.shape[0] ?? 0, rows.length, columns.length, channels]);
  eachWindow(x.shape, rows, columns, (pixel, taps) => {
    for (let c = 0; c < channels; c++) out.data[pixel * channels + c] = combine(taps.map(({ input }) => x.data[input + c] as number));
  });
  return out;
}

/** Divides every element by what its neighbours along the last axis say. */
export function normalizeResponse(x: PlainValue, { radius, bias, alpha, beta }: ResponseNorm, make: Make): PlainValue {
  const channels = x.shape.at(-1) ?? 1;
  const out = make(x.shape);
  for (let i = 0; i < x.data.length; i++) {
    const c = i % channels;
    let squares = 0;
    for (let k = Math.max(0, c - radius); k <= Math.min(channels - 1, c + radius); k++) squares += (x.data[i - c + k] as number) ** 2;
    out.data[i] = (x.data[i] as number) / (bias + alpha * squares) ** beta;
  }
  return out;
}

/** Matrices in the last two axes; leading axes broadcast. */
export function multiplyMatrices(
  a: PlainValue,
  b: PlainValue,
  { transposeA, transposeB }: { readonly transposeA: boolean; readonly transposeB: boolean },
  make: Make,
): PlainValue {
  const [aRows = 0, aColumns = 0] = a.shape.slice(-2);
  const [bRows = 0, bColumns = 0] = b.shape.slice(-2);
  const [rows, inner] = transposeA ? [aColumns, aRows] : [aRows, aColumns];
  const columns = transposeB ? bRows : bColumns;
  const [aStep, aInner] = transposeA ? [1, aColumns] : [aColumns, 1];
  const [bStep, bInner] = transposeB ? [bColumns, 1] : [1, bColumns];
  const [aLead, bLead] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const rank = Math.max(aLead.length, bLead.length);
  const at = (lead: readonly number[], i: number): number => lead[i - (rank - lead.length)] ?? 1;
  const lead = Array.from({ length: rank }, (_, i) => Math.max(at(aLead, i), at(bLead, i)));
  const out = make([...lead, rows, columns]);
  const matrices = lead.reduce((product, length) => product * length, 1);
  for (let m = 0; m < matrices; m++) {
    const aStart = matrixOffset(m, lead, aLead) * rows * inner;
    const bStart = matrixOffset(m, lead, bLead) * inner * columns;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let i = 0; i < inner; i++) {
          sum += (a.data[aStart + r * aStep + i * aInner] as number) * (b.data[bStart + c * bStep + i * bInner] as number);
        }
        out.data[(m * rows + r) * columns + c] = sum;
      }
    }
  }
  return out;
}

/** Which of an operand's matrices stands at index `m` of the broadcast leading axes. */
function matrixOffset(m: number, lead: readonly number[], operand: readonly number[]): number {
  let [index, offset, step] = [m, 0, 1];
  for (let i = lead.length - 1; i >= 0; i--) {
    const length = operand[i - (lead.length - operand.length)] ?? 1;
    const position = index % (lead[i] ?? 1);
    index = Math.floor(index / (lead[i] ?? 1));
    if (length !== 1) offset += position * step;
    step *= length;
  }
  return offset;
}
