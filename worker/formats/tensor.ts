/** Element types by the field's names. Numbers of the DataType enumeration are in dtype.ts. */
export type DType =
  | 'float32'
  | 'float64'
  | 'int32'
  | 'uint8'
  | 'int16'
  | 'int8'
  | 'string'
  | 'complex64'
  | 'int64'
  | 'bool'
  | 'qint8'
  | 'quint8'
  | 'qint32'
  | 'bfloat16'
  | 'qint16'
  | 'quint16'
  | 'uint16'
  | 'complex128'
  | 'float16'
  | 'resource'
  | 'variant'
  | 'uint32'
  | 'uint64';

/** A static shape: `null` is unknown rank, -1 an unknown dimension. */
export type Shape = readonly number[] | null;

/**
 * A constant or variable value. Little-endian bytes, row major; usually a view on the file's buffer and never a copy of weights,
 * so its `byteOffset` may be unaligned: read elements through `tensorValues`.
 */
export interface Tensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
  /** Only for dtype `string`: one entry per element; `bytes` is then empty. */
  readonly strings?: readonly Uint8Array[];
}
