import type { AttrList, AttrValue } from '../formats/attrValue.ts';
import type { DType } from '../formats/tensor.ts';

/**
 * What an op's attribute is where a node does not say (TensorFlow's op registry), for the ops that this program meets. A file may leave
 * such an attribute out or write it; both mean the same.
 */
export function attrDefault(op: string, name: string): AttrValue | undefined {
  return DEFAULTS.get(op)?.get(name);
}

const string = (value: string): AttrValue => ({ kind: 'string', value });
const int = (value: number): AttrValue => ({ kind: 'int', value });
const float = (value: number): AttrValue => ({ kind: 'float', value: Math.fround(value) });
const bool = (value: boolean): AttrValue => ({ kind: 'bool', value });
const type = (value: DType): AttrValue => ({ kind: 'type', value });
const list = (parts: Partial<AttrList> = {}): AttrValue => ({
  kind: 'list',
  value: { strings: [], ints: [], floats: [], bools: [], types: [], shapes: [], ...parts },
});

type Row = Readonly<Record<string, AttrValue>>;
const layout: Row = { data_format: string('NHWC') };
const convolution: Row = { ...layout, explicit_paddings: list(), dilations: list({ ints: [1, 1, 1, 1] }) };
const batchNorm: Row = { ...layout, epsilon: float(1e-4), exponential_avg_factor: float(1), is_training: bool(true) };
const reduction: Row = { keep_dims: bool(false), Tidx: type('int32') };
const variable: Row = { container: string(''), shared_name: string('') };
const random: Row = { seed: int(0), seed2: int(0) };
const batchMatMul: Row = { adj_x: bool(false), adj_y: bool(false), grad_x: bool(false), grad_y: bool(false) };
const resize: Row = { align_corners: bool(false), half_pixel_centers: bool(false) };

const TABLE: Readonly<Record<string, Row>> = {
  Assign: { validate_shape: bool(true), use_locking: bool(true) },
  AssignAdd: { use_locking: bool(false) },
  AssignSub: { use_locking: bool(false) },
  AssignVariableOp: { validate_shape: bool(false) },
  AvgPool: layout,
  BatchMatMul: batchMatMul,
  BatchMatMulV2: batchMatMul,
  BiasAdd: layout,
  Cast: { Truncate: bool(false) },
  ConcatV2: { Tidx: type('int32') },
  Conv2D: { ...convolution, use_cudnn_on_gpu: bool(true) },
  DepthwiseConv2dNative: convolution,
  ExpandDims: { Tdim: type('int32') },
  Fill: { index_type: type('int32') },
  FusedBatchNorm: batchNorm,
  FusedBatchNormV2: batchNorm,
  FusedBatchNormV3: batchNorm,
  LeakyRelu: { alpha: float(0.2), T: type('float32') },
  MatMul: { transpose_a: bool(false), transpose_b: bool(false), grad_a: bool(false), grad_b: bool(false) },
  Max: reduction,
  MaxPool: { ...layout, explicit_paddings: list(), T: type('float32') },
  Mean: reduction,
  MergeV2Checkpoints: { delete_old_dirs: bool(true), allow_missing_files: bool(false) },
  Pack: { axis: int(0) },
  Pad: { Tpaddings: type('int32') },
  Placeholder: { shape: { kind: 'shape', value: null } },
  Prod: reduction,
  RandomStandardNormal: random,
  RandomUniform: random,
  Range: { Tidx: type('int32') },
  Reshape: { Tshape: type('int32') },
  ResizeBilinear: resize,
  ResizeNearestNeighbor: resize,
  Shape: { out_type: type('int32') },
  Size: { out_type: type('int32') },
  Squeeze: { squeeze_dims: list() },
  StridedSlice: { begin_mask: int(0), end_mask: int(0), ellipsis_mask: int(0), new_axis_mask: int(0), shrink_axis_mask: int(0) },
  StringJoin: { separator: string('') },
  Sum: reduction,
  Transpose: { Tperm: type('int32') },
  TruncatedNormal: random,
  VarHandleOp: { ...variable, allowed_devices: list(), debug_name: string('') },
  Variable: variable,
  VariableV2: variable,
};

const DEFAULTS: ReadonlyMap<string, ReadonlyMap<string, AttrValue>> = new Map(
  Object.entries(TABLE).map(([op, row]) => [op, new Map(Object.entries(row))]),
);
