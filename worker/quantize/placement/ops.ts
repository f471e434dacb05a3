/** Ops that multiply an input by weights. */
export const COMPUTE_OPS: ReadonlySet<string> = new Set(['Conv2D', 'MatMul', 'BatchMatMul', 'BatchMatMulV2', 'DepthwiseConv2dNative']);

/** Element-wise addition, by its old and its new name. */
export const ADD_OPS: ReadonlySet<string> = new Set(['Add', 'AddV2']);

export const RELU_OPS: ReadonlySet<string> = new Set(['Relu', 'Relu6']);

export const VARIABLE_OPS: ReadonlySet<string> = new Set(['Variable', 'VariableV2']);

/** A compute node that stands for an average pool: `preprocess_layers` names it so. */
export function isFromAvgPool(name: string): boolean {
  return name.includes('_from_avgpool');
}

/** Ops whose output lies on the grid of their first input. */
// biome-ignore format: a list
export const KEEPS_SCALE: ReadonlySet<string> = new Set([
  'Identity', 'MaxPool', 'MaxPoolV2', 'Pad', 'MirrorPad', 'Reshape', 'Squeeze', 'ExpandDims', 'Transpose', 'ReverseV2', 'ConcatV2',
  'StridedSlice', 'Slice', 'SplitV', 'Unpack', 'Tile', 'BroadcastTo', 'Gather', 'GatherV2', 'SpaceToDepth', 'DepthToSpace',
  'SpaceToBatchND', 'BatchToSpaceND', 'ResizeNearestNeighbor', 'ExtractImagePatches',
]);
