import { ADD_OPS, COMPUTE_OPS } from '../../quantize/placement/ops.ts';

/** Ops that the Layers reading draws as a layer where they have weights. */
export const LAYER_OPS: ReadonlySet<string> = new Set([
  ...COMPUTE_OPS,
  'Conv3D',
  'Conv2DBackpropInput',
  'Conv3DBackpropInputV2',
  'DepthwiseConv2dNativeBackpropInput',
  'Einsum',
]);

/** What comes out of their second and later outputs are statistics, not activations. */
export const STATISTICS_OPS: ReadonlySet<string> = new Set(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3']);

export const BATCH_NORM_OPS: ReadonlySet<string> = new Set([...STATISTICS_OPS, 'BatchNormWithGlobalNormalization']);

/** Ops that ask about a tensor without reading its values. */
export const SHAPE_QUESTIONS: ReadonlySet<string> = new Set(['Shape', 'ShapeN', 'Size', 'Rank']);

/** Ops that hand on their first input: they never are a box. */
export const WIRE_OPS: ReadonlySet<string> = new Set([
  'LinearQuant',
  'Identity',
  'IdentityN',
  'Snapshot',
  'StopGradient',
  'PreventGradient',
  'CheckNumerics',
  'EnsureShape',
  'Cast',
  'PlaceholderWithDefault',
  'FakeQuantWithMinMaxVars',
  'FakeQuantWithMinMaxArgs',
  'FakeQuantWithMinMaxVarsPerChannel',
  'QuantizeAndDequantizeV2',
  'QuantizeAndDequantizeV3',
]);

/** Element-wise functions of one input, by the name that engineers use. */
export const ACTIVATIONS: ReadonlyMap<string, string> = new Map([
  ['Relu', 'ReLU'],
  ['Relu6', 'ReLU6'],
  ['LeakyRelu', 'Leaky ReLU'],
  ['Elu', 'ELU'],
  ['Selu', 'SELU'],
  ['Sigmoid', 'Sigmoid'],
  ['Tanh', 'Tanh'],
  ['Softplus', 'Softplus'],
  ['Softsign', 'Softsign'],
  ['Erf', 'Erf'],
]);

/** Sums and differences with a parameter: a bias. */
export const BIAS_OPS: ReadonlySet<string> = new Set([...ADD_OPS, 'BiasAdd', 'BiasAddV1', 'Sub']);

/** Products with a parameter: a scale. */
export const SCALE_OPS: ReadonlySet<string> = new Set(['Mul', 'Div', 'RealDiv']);

/** Ops whose output lies on the grid of their inputs: they take over the inputs' bits. */
export const KEEPS_BITS: ReadonlySet<string> = new Set([
  'ConcatV2',
  'Concat',
  'MaxPool',
  'MaxPoolV2',
  'Pad',
  'PadV2',
  'Reshape',
  'Squeeze',
  'ExpandDims',
  'Transpose',
  'Slice',
  'StridedSlice',
  'Split',
  'SplitV',
  'SpaceToBatchND',
  'BatchToSpaceND',
  'SpaceToDepth',
  'DepthToSpace',
  'ResizeNearestNeighbor',
  'ExtractImagePatches',
  'MirrorPad',
  'Tile',
  'BroadcastTo',
  'Gather',
  'GatherV2',
  'ReverseV2',
  'Unpack',
  'Pack',
]);

/** Short names for small boxes; other ops keep their own. */
export const SHORT_NAMES: ReadonlyMap<string, string> = new Map([
  ...[...ADD_OPS].map((op) => [op, 'Add'] as const),
  ['ConcatV2', 'Concat'],
  ['AvgPool', 'AvgPool'],
  ['MaxPoolV2', 'MaxPool'],
  ['RealDiv', 'Div'],
  ['PadV2', 'Pad'],
  ['DepthwiseConv2dNative', 'Depthwise'],
  ['Conv2DBackpropInput', 'Conv2D transposed'],
  ['FusedBatchNorm', 'BN'],
  ['FusedBatchNormV2', 'BN'],
  ['FusedBatchNormV3', 'BN'],
  ['BatchNormWithGlobalNormalization', 'BN'],
  ['BatchMatMulV2', 'BatchMatMul'],
  ['BatchMatMulV3', 'BatchMatMul'],
  ['SplitV', 'Split'],
  ['ExtractImagePatches', 'Patches'],
  ['GatherV2', 'Gather'],
  ['SelectV2', 'Select'],
  ['AddN', 'Add'],
  ['ReverseV2', 'Reverse'],
  ['MirrorPad', 'Pad'],
  ['ResizeNearestNeighbor', 'Resize nearest'],
  ['ResizeBilinear', 'Resize bilinear'],
  ['SpaceToBatchND', 'Space to batch'],
  ['BatchToSpaceND', 'Batch to space'],
  ['SpaceToDepth', 'Space to depth'],
  ['DepthToSpace', 'Depth to space'],
]);

/** Ops that are there for what they do, not for what they give: training, saving, summaries, printing. */
export function isSideEffect(op: string): boolean {
  return /^(Assign|.*Apply[A-Z]|Scatter|Save|Restore|.*Summary|NoOp|Assert|Print|.*Enqueue|WriteFile|MergeV2)/.test(op);
}
