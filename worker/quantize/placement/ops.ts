import type { Edge, GraphNode } from '../../graph/graph.ts';

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

/** Ops whose output holds nothing but values of their first input, perhaps of the other sign, so that it lies on the grid of that. */
export const KEEPS_SCALE: ReadonlySet<string> = new Set([
  ...['Identity', 'StopGradient', 'Cast', 'Reshape', 'Squeeze', 'ExpandDims', 'Transpose', 'Tile', 'Pad', 'MirrorPad'],
  ...[
    'MaxPool',
    'MaxPoolV2',
    'Max',
    'StridedSlice',
    'Slice',
    'SplitV',
    'Unpack',
    'Gather',
    'GatherV2',
    'ReverseV2',
    'ResizeNearestNeighbor',
  ],
  ...['SpaceToDepth', 'DepthToSpace', 'SpaceToBatchND', 'BatchToSpaceND', 'BroadcastTo', 'ExtractImagePatches'],
  ...['ConcatV2', 'Pack', 'Split', 'Neg', 'Abs'],
]);

/** The inputs whose values the output holds; none where the op makes new ones. */
export function gridInputs({ op, edges }: GraphNode): readonly Edge[] {
  if (!KEEPS_SCALE.has(op)) return [];
  if (op === 'ConcatV2') return edges.slice(0, -1);
  if (op === 'Pack') return edges;
  return op === 'Split' ? edges.slice(1, 2) : edges.slice(0, 1);
}

/** Ops whose results are never below 0. */
export const NEVER_NEGATIVE: ReadonlySet<string> = new Set([
  ...RELU_OPS,
  ...['Sigmoid', 'Softplus', 'Softmax', 'Exp', 'Square', 'Sqrt', 'Rsqrt', 'Abs'],
]);
