import type { AttrValue } from '../../../../worker/formats/attrValue.ts';
import type { DType, Tensor } from '../../../../worker/formats/tensor.ts';
import { codes, floats, given, ints } from './data.ts';
import { quantizerCases } from './quantizerCases.ts';

/** One node with what stands in its slots. Number slots (axes, shapes, scales) are taken from the tensor given there. */
export interface ConformanceCase {
  readonly name: string;
  readonly op: string;
  readonly attrs?: Readonly<Record<string, AttrValue>>;
  readonly inputs: readonly Tensor[];
  /**
   * Largest difference allowed, relative to the largest magnitude in the reference's output; 0: bit-equal after the reference's float64
   * is rounded to float32.
   */
  readonly tolerance: number;
}

/** A few units in the last place: what the order of a sum, or an approximated function, makes. */
const SUMS = 2e-6;

export const list = (ints: readonly number[]): AttrValue => ({
  kind: 'list',
  value: { strings: [], ints, floats: [], bools: [], types: [], shapes: [] },
});
export const text = (value: string): AttrValue => ({ kind: 'string', value });
const flag = (value: boolean): AttrValue => ({ kind: 'bool', value });
const whole = (value: number): AttrValue => ({ kind: 'int', value });
const real = (value: number): AttrValue => ({ kind: 'float', value });
const type = (value: DType): AttrValue => ({ kind: 'type', value });

interface Window {
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly padding?: 'SAME' | 'VALID' | readonly [number, number, number, number];
}

function windowAttrs({ strides = [1, 1], dilations = [1, 1], padding = 'SAME' }: Window): Record<string, AttrValue> {
  const explicit = typeof padding !== 'string';
  return {
    strides: list([1, ...strides, 1]),
    dilations: list([1, ...dilations, 1]),
    padding: text(explicit ? 'EXPLICIT' : padding),
    ...(explicit ? { explicit_paddings: list([0, 0, ...padding, 0, 0]) } : {}),
    data_format: text('NHWC'),
  };
}

const WINDOWS: readonly (readonly [name: string, window: Window, size: readonly [number, number]])[] = [
  ['3×3 same', {}, [3, 3]],
  ['3×3 same, stride 2', { strides: [2, 2] }, [3, 3]],
  ['3×3 valid', { padding: 'VALID' }, [3, 3]],
  ['3×3 valid, stride 2', { padding: 'VALID', strides: [2, 2] }, [3, 3]],
  ['2×2 same (padding behind)', {}, [2, 2]],
  ['4×3 same, strides 3×2', { strides: [3, 2] }, [4, 3]],
  ['5×5 same, stride 2', { strides: [2, 2] }, [5, 5]],
  ['3×3 explicit 0,1,0,1, stride 2', { padding: [0, 1, 0, 1], strides: [2, 2] }, [3, 3]],
  ['3×3 explicit 2,1,0,2', { padding: [2, 1, 0, 2] }, [3, 3]],
  ['3×3 same, dilation 2', { dilations: [2, 2] }, [3, 3]],
  ['3×3 valid, dilation 2×3', { dilations: [2, 3], padding: 'VALID' }, [3, 3]],
  ['3×3 same, stride 2 and dilation 2', { strides: [2, 2], dilations: [2, 2] }, [3, 3]],
  ['1×1', {}, [1, 1]],
  ['1×1 same, stride 2', { strides: [2, 2] }, [1, 1]],
  ['1×1 explicit 1,1,1,1', { padding: [1, 1, 1, 1] }, [1, 1]],
  ['whole image', { padding: 'VALID' }, [9, 11]],
];

const IMAGE = [2, 9, 11, 5] as const;

const convolutions: ConformanceCase[] = WINDOWS.flatMap(([name, window, size], i) => [
  {
    name: `${name}, floats`,
    op: 'Conv2D',
    attrs: windowAttrs(window),
    inputs: [floats(IMAGE, 10 + i), floats([...size, 5, 7], 40 + i)],
    tolerance: SUMS,
  },
  {
    name: `${name}, quantized values: bit-equal`,
    op: 'Conv2D',
    attrs: windowAttrs(window),
    inputs: [codes(IMAGE, 70 + i, 255, -5), codes([...size, 5, 7], 90 + i, 127, -9)],
    tolerance: 0,
  },
]);

/** Depthwise windows step alike in both directions, as TensorFlow wants them; the backends take any. */
const depthwise: ConformanceCase[] = WINDOWS.flatMap(([name, window, size], i) =>
  [1, 3].flatMap((multiplier) => [
    {
      name: `${name}, multiplier ${multiplier}, floats`,
      op: 'DepthwiseConv2dNative',
      attrs: windowAttrs(window),
      inputs: [floats(IMAGE, 110 + i), floats([...size, 5, multiplier], 140 + i)],
      tolerance: SUMS,
    },
    {
      name: `${name}, multiplier ${multiplier}, quantized values: bit-equal`,
      op: 'DepthwiseConv2dNative',
      attrs: windowAttrs(window),
      inputs: [codes(IMAGE, 170 + i, 255, -5), codes([...size, 5, multiplier], 190 + i, 127, -9)],
      tolerance: 0,
    },
  ]),
);

const wideConvolutions: ConformanceCase[] = [
  {
    name: 'MobileNet stem, quantized values: bit-equal',
    op: 'Conv2D',
    attrs: windowAttrs({ strides: [2, 2] }),
    inputs: [codes([1, 32, 32, 3], 201, 127, -7), codes([3, 3, 3, 32], 202, 127, -6)],
    tolerance: 0,
  },
  {
    name: '1×1 over 256 channels, quantized values: bit-equal',
    op: 'Conv2D',
    attrs: windowAttrs({}),
    inputs: [codes([2, 7, 7, 256], 203, 255, -5), codes([1, 1, 256, 64], 204, 127, -9)],
    tolerance: 0,
  },
  {
    name: '3×3 over 64 channels at 1×1 pixels, quantized values: bit-equal',
    op: 'Conv2D',
    attrs: windowAttrs({}),
    inputs: [codes([3, 1, 1, 64], 205, 255, -5), codes([3, 3, 64, 20], 206, 63, -9)],
    tolerance: 0,
  },
  {
    name: '3×3 depthwise over 64 channels, quantized values: bit-equal',
    op: 'DepthwiseConv2dNative',
    attrs: windowAttrs({}),
    inputs: [codes([2, 14, 14, 64], 207, 255, -5), codes([3, 3, 64, 1], 208, 127, -9)],
    tolerance: 0,
  },
  {
    name: '7×7 depthwise valid (a global average), quantized values: bit-equal',
    op: 'DepthwiseConv2dNative',
    attrs: windowAttrs({ padding: 'VALID' }),
    inputs: [codes([2, 7, 7, 32], 209, 255, -5), codes([7, 7, 32, 1], 210, 127, -9)],
    tolerance: 0,
  },
];

/** Windows that see real elements everywhere and all of them side by side. */
const POOLS = WINDOWS.filter(([name, window]) => window.dilations === undefined && name !== '1×1 explicit 1,1,1,1');

const poolings: ConformanceCase[] = POOLS.flatMap(([name, window, size], i) =>
  (['MaxPool', 'AvgPool'] as const).map((op) => {
    const { dilations: _none, ...attrs } = windowAttrs(window);
    return {
      name,
      op,
      attrs: { ...attrs, ksize: list([1, ...size, 1]) },
      // All negative: padding that counted as 0 would win.
      inputs: [floats(IMAGE, 220 + i, -3, -1)],
      tolerance: op === 'MaxPool' ? 0 : SUMS,
    };
  }),
);

/** Equal largest elements in a window, most of them: the derivative goes to the first. */
const ties: ConformanceCase[] = (['SAME', 'VALID'] as const).map((padding) => ({
  name: `ties, ${padding}`,
  op: 'MaxPool',
  attrs: { strides: list([1, 2, 2, 1]), padding: text(padding), ksize: list([1, 3, 3, 1]) },
  inputs: [codes(IMAGE, 228, 2, 0)],
  // Of 0 and −0 any may win.
  tolerance: SUMS,
}));

/** Size, steps, rates and padding of cut-out windows. */
const CUTS: readonly (readonly [name: string, size: number[], strides: number[], rates: number[], padding: string])[] = [
  ['folded onto itself', [2, 2], [2, 2], [1, 1], 'VALID'],
  ['overlapping, beyond the border', [3, 3], [2, 1], [1, 1], 'SAME'],
  ['spread out', [2, 3], [1, 2], [2, 1], 'SAME'],
];

const patches: ConformanceCase[] = CUTS.map(([name, size, strides, rates, padding], i) => ({
  name,
  op: 'ExtractImagePatches',
  attrs: { ksizes: list([1, ...size, 1]), strides: list([1, ...strides, 1]), rates: list([1, ...rates, 1]), padding: text(padding) },
  inputs: [floats(IMAGE, 230 + i)],
  tolerance: 0,
}));

const matrices: ConformanceCase[] = [
  ...[false, true].flatMap((transposeA) =>
    [false, true].flatMap((transposeB) => [
      {
        name: `${transposeA ? 'aᵀ' : 'a'} · ${transposeB ? 'bᵀ' : 'b'}, floats`,
        op: 'MatMul',
        attrs: { transpose_a: flag(transposeA), transpose_b: flag(transposeB) },
        inputs: [floats(transposeA ? [37, 6] : [6, 37], 250), floats(transposeB ? [11, 37] : [37, 11], 251)],
        tolerance: SUMS,
      },
      {
        name: `${transposeA ? 'aᵀ' : 'a'} · ${transposeB ? 'bᵀ' : 'b'}, quantized values: bit-equal`,
        op: 'MatMul',
        attrs: { transpose_a: flag(transposeA), transpose_b: flag(transposeB) },
        inputs: [codes(transposeA ? [37, 6] : [6, 37], 252, 255, -4), codes(transposeB ? [11, 37] : [37, 11], 253, 127, -8)],
        tolerance: 0,
      },
    ]),
  ),
  {
    name: 'one row by 2100, quantized values: bit-equal',
    op: 'MatMul',
    inputs: [codes([1, 2100], 254, 31, -4), codes([2100, 40], 255, 127, -8)],
    tolerance: 0,
  },
  ...(['BatchMatMul', 'BatchMatMulV2'] as const).map((op) => ({
    name: 'matrices side by side',
    op,
    attrs: { adj_x: flag(false), adj_y: flag(true) },
    inputs: [floats([2, 3, 4, 5], 256), floats([2, 3, 6, 5], 257)],
    tolerance: SUMS,
  })),
  { name: 'leading axes broadcast', op: 'BatchMatMulV2', inputs: [floats([2, 1, 4, 5], 258), floats([5, 6], 259)], tolerance: SUMS },
  { name: 'a single matrix against several', op: 'BatchMatMulV2', inputs: [floats([4, 5], 260), floats([3, 5, 2], 261)], tolerance: SUMS },
];

const SHAPES: readonly (readonly [name: string, x: readonly number[], y: readonly number[]])[] = [
  ['same shape', [2, 3, 4, 5], [2, 3, 4, 5]],
  ['scalar on the right', [2, 3, 4, 5], []],
  ['scalar on the left', [], [3, 4]],
  ['last axis', [2, 3, 4, 5], [5]],
  ['last two axes', [2, 3, 4, 5], [4, 5]],
  ['ones in the middle', [2, 3, 4, 5], [2, 1, 1, 5]],
  ['both spread', [3, 1], [1, 4]],
];

const binaries: ConformanceCase[] = SHAPES.flatMap(([name, x, y]) =>
  ['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Maximum'].map((op) => ({
    name,
    op,
    inputs: [floats(x, 270, -4, 4), op === 'RealDiv' ? floats(y, 271, 0.5, 2) : floats(y, 271, -4, 4)],
    // WGSL leaves division 2.5 units in the last place.
    tolerance: op === 'RealDiv' ? 3e-7 : 0,
  })),
);

const elementwise: ConformanceCase[] = [
  { name: 'powers of two', op: 'Pow', inputs: [given([], [2]), given([7], [-30, -7, -1, 0, 1, 8, 30])], tolerance: SUMS },
  { name: 'positive bases', op: 'Pow', inputs: [floats([64], 280, 0.1, 3), floats([64], 281, -2, 2)], tolerance: SUMS },
  { name: 'floats', op: 'Neg', inputs: [floats([5, 7], 282)], tolerance: 0 },
  { name: 'floats', op: 'Sqrt', inputs: [floats([257], 283, 0, 9)], tolerance: 3e-7 },
  { name: 'floats', op: 'Rsqrt', inputs: [floats([257], 284, 0.01, 9)], tolerance: 3e-7 },
  { name: 'floats and whole numbers', op: 'Ceil', inputs: [given([8], [-1.5, -1, -0.2, 0, 0.2, 1, 1.5, 7])], tolerance: 0 },
  { name: 'floats', op: 'Relu', inputs: [floats([3, 7, 5], 285)], tolerance: 0 },
  { name: 'floats', op: 'Relu6', inputs: [floats([3, 7, 5], 286, -9, 9)], tolerance: 0 },
  { name: 'alpha 0.1', op: 'LeakyRelu', attrs: { alpha: real(Math.fround(0.1)) }, inputs: [floats([3, 7, 5], 287)], tolerance: 3e-7 },
  { name: 'rows of 10', op: 'Softmax', inputs: [floats([4, 10], 288, -8, 8)], tolerance: SUMS },
  { name: 'rank 4', op: 'Softmax', inputs: [floats([2, 3, 2, 7], 289, -80, 80)], tolerance: SUMS },
  { name: 'of a matrix', op: 'L2Loss', inputs: [floats([6, 5], 2901)], tolerance: SUMS },
  { name: 'onto NHWC', op: 'BiasAdd', inputs: [floats(IMAGE, 290), floats([5], 291)], tolerance: 0 },
  { name: 'onto a matrix', op: 'BiasAdd', inputs: [floats([6, 5], 292), floats([5], 293)], tolerance: 0 },
  ...['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'].map((op) => ({
    name: 'moving statistics',
    op,
    attrs: { is_training: flag(false), epsilon: real(Math.fround(0.001)) },
    inputs: [floats(IMAGE, 294), floats([5], 295, 0.5, 2), floats([5], 296), floats([5], 297), floats([5], 298, 0.01, 2)],
    tolerance: SUMS,
  })),
  ...['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3'].map((op) => ({
    name: 'statistics of the batch',
    op,
    attrs: { is_training: flag(true), epsilon: real(Math.fround(0.001)) },
    inputs: [floats(IMAGE, 2941), floats([5], 2951, 0.5, 2), floats([5], 2961), floats([0], 2971), floats([0], 2981)],
    tolerance: 2 * SUMS,
  })),
  { name: 'axes 1, 2', op: 'Mean', attrs: { keep_dims: flag(false) }, inputs: [floats(IMAGE, 299), ints([2], [1, 2])], tolerance: SUMS },
  {
    name: 'axes 1, 2 kept',
    op: 'Mean',
    attrs: { keep_dims: flag(true) },
    inputs: [floats(IMAGE, 300), ints([2], [1, 2])],
    tolerance: SUMS,
  },
  { name: 'last axis', op: 'Mean', attrs: { keep_dims: flag(false) }, inputs: [floats(IMAGE, 301), ints([], [-1])], tolerance: SUMS },
  {
    name: 'first and last',
    op: 'Mean',
    attrs: { keep_dims: flag(false) },
    inputs: [floats(IMAGE, 302), ints([2], [0, 3])],
    tolerance: SUMS,
  },
];

const rearranging: ConformanceCase[] = [
  { name: 'one left open', op: 'Reshape', inputs: [floats([4, 3, 2], 310), ints([2], [-1, 6])], tolerance: 0 },
  { name: 'to a scalar', op: 'Reshape', inputs: [floats([1, 1], 311), ints([0], [])], tolerance: 0 },
  { name: 'all ones', op: 'Squeeze', attrs: { squeeze_dims: list([]) }, inputs: [floats([1, 3, 1, 2], 312)], tolerance: 0 },
  { name: 'spatial', op: 'Squeeze', attrs: { squeeze_dims: list([1, 2]) }, inputs: [floats([1, 1, 1, 7], 313)], tolerance: 0 },
  { name: 'NHWC to NCHW', op: 'Transpose', inputs: [floats(IMAGE, 314), ints([4], [0, 3, 1, 2])], tolerance: 0 },
  { name: 'matrix', op: 'Transpose', inputs: [floats([3, 5], 315), ints([2], [1, 0])], tolerance: 0 },
  { name: 'spatial', op: 'Pad', inputs: [floats(IMAGE, 316), ints([4, 2], [0, 0, 1, 2, 3, 0, 0, 0])], tolerance: 0 },
  { name: 'all axes', op: 'Pad', inputs: [floats([2, 3], 317), ints([2, 2], [1, 2, 0, 1])], tolerance: 0 },
  { name: 'copies', op: 'Identity', inputs: [floats([3, 3], 318)], tolerance: 0 },
  { name: 'copies', op: 'StopGradient', inputs: [floats([3, 3], 319)], tolerance: 0 },
  { name: 'default', op: 'PlaceholderWithDefault', inputs: [floats([3, 3], 320)], tolerance: 0 },
  {
    name: 'channels',
    op: 'ConcatV2',
    inputs: [floats([2, 3, 4], 321), floats([2, 3, 1], 322), floats([2, 3, 7], 323), ints([], [-1])],
    tolerance: 0,
  },
  { name: 'batches', op: 'ConcatV2', inputs: [floats([2, 3], 324), floats([1, 3], 325), ints([], [0])], tolerance: 0 },
  { name: 'one alone', op: 'ConcatV2', inputs: [floats([2, 3], 326), ints([], [1])], tolerance: 0 },
  { name: 'new first axis', op: 'Pack', attrs: { axis: whole(0) }, inputs: [floats([2, 3], 327), floats([2, 3], 328)], tolerance: 0 },
  { name: 'new last axis', op: 'Pack', attrs: { axis: whole(-1) }, inputs: [floats([2, 3], 329), floats([2, 3], 330)], tolerance: 0 },
  { name: 'scalars', op: 'Pack', attrs: { axis: whole(0) }, inputs: [given([], [3]), given([], [5])], tolerance: 0 },
  {
    name: 'float to int',
    op: 'Cast',
    attrs: { DstT: type('int32') },
    inputs: [given([6], [-2.7, -1, -0.5, 0.5, 1.9, 100.2])],
    tolerance: 0,
  },
  { name: 'int to float', op: 'Cast', attrs: { DstT: type('float32') }, inputs: [ints([4], [-3, 0, 7, 65536])], tolerance: 0 },
  { name: 'to double and back in effect', op: 'Cast', attrs: { DstT: type('float64') }, inputs: [floats([9], 331)], tolerance: 0 },
  {
    name: 'bool to float',
    op: 'Cast',
    attrs: { DstT: type('float32') },
    inputs: [{ dtype: 'bool', shape: [2], bytes: Uint8Array.of(1, 0) }],
    tolerance: 0,
  },
  { name: 'a matrix', op: 'Fill', inputs: [ints([2], [3, 4]), given([], [0.7])], tolerance: 0 },
  { name: 'a scalar', op: 'Fill', inputs: [ints([0], []), given([], [2.5])], tolerance: 0 },
  { name: 'of an image', op: 'Shape', inputs: [floats(IMAGE, 332)], tolerance: 0 },
  { name: 'of an image', op: 'Size', inputs: [floats(IMAGE, 333)], tolerance: 0 },
];

/** begin, end, strides and masks of a slice. */
const SLICES: readonly (readonly [name: string, begin: number[], end: number[], strides: number[], masks: Record<string, number>])[] = [
  ['a part', [0, 1, 2], [2, 3, 4], [1, 1, 1], {}],
  ['open ends', [0, 1, 0], [0, 0, 3], [1, 1, 1], { begin_mask: 1, end_mask: 3 }],
  ['every second', [0, 0, 0], [3, 4, 6], [2, 1, 2], {}],
  ['backwards', [2, 3, 5], [-9, 0, -9], [-1, -1, -2], { end_mask: 5 }],
  ['from behind', [-2, -3, -4], [-1, 4, -1], [1, 1, 1], {}],
  ['one row taken out', [1, 0, 0], [2, 0, 0], [1, 1, 1], { shrink_axis_mask: 1, end_mask: 6 }],
  ['last element taken out', [-1, -1], [0, 0], [1, 1], { shrink_axis_mask: 3 }],
  ['new axis', [0, 0, 0], [2, 0, 3], [1, 1, 1], { new_axis_mask: 2 }],
  ['ellipsis', [0, 1], [0, 3], [1, 1], { ellipsis_mask: 1 }],
  ['ellipsis in the middle', [1, 0, 0], [2, 0, 5], [1, 1, 2], { ellipsis_mask: 2, shrink_axis_mask: 1 }],
  ['nothing', [2, 0, 0], [2, 4, 6], [1, 1, 1], {}],
];

const slices: ConformanceCase[] = SLICES.map(([name, begin, end, strides, masks]) => ({
  name,
  op: 'StridedSlice',
  attrs: Object.fromEntries(Object.entries(masks).map(([mask, bits]) => [mask, whole(bits)])),
  inputs: [floats([3, 4, 6], 340), ...[begin, end, strides].map((values) => ints([values.length], values))],
  tolerance: 0,
}));

const splits: ConformanceCase[] = [
  {
    name: 'channels',
    op: 'SplitV',
    attrs: { num_split: whole(3) },
    inputs: [floats(IMAGE, 341), ints([3], [2, 2, 1]), ints([], [3])],
    tolerance: 0,
  },
  {
    name: 'rest',
    op: 'SplitV',
    attrs: { num_split: whole(2) },
    inputs: [floats(IMAGE, 342), ints([2], [4, -1]), ints([], [-1])],
    tolerance: 0,
  },
];

/** Every executable op, on small and awkward shapes. */
export const CONFORMANCE_CASES: readonly ConformanceCase[] = [
  ...convolutions,
  ...depthwise,
  ...wideConvolutions,
  ...poolings,
  ...ties,
  ...patches,
  ...matrices,
  ...binaries,
  ...elementwise,
  ...rearranging,
  ...slices,
  ...splits,
  ...quantizerCases,
];
