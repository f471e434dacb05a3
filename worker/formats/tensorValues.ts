import { GraffitistError } from '../errors.ts';
import { dtypeSize, elementCount } from './dtype.ts';
import { bfloat16ToFloat, floatToBfloat16, floatToHalf, halfToFloat } from './half.ts';
import type { DType, Tensor } from './tensor.ts';

/** Elements as the platform's numbers; the 64-bit integer types as bigints. */
export type NumberArray = Float32Array | Float64Array | Int32Array | Uint32Array | Int16Array | Uint16Array | Int8Array | Uint8Array;
export type ValueArray = NumberArray | BigInt64Array | BigUint64Array;

interface ArrayType<A extends ValueArray> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): A;
  new (length: number): A;
}

/** How the bytes of an element type are seen. Complex numbers are pairs; 16-bit floats are bits that need converting. */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  int16: Int16Array,
  int8: Int8Array,
  complex64: Float32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  qint8: Int8Array,
  quint8: Uint8Array,
  qint32: Int32Array,
  bfloat16: Uint16Array,
  qint16: Int16Array,
  quint16: Uint16Array,
  uint16: Uint16Array,
  complex128: Float64Array,
  float16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  string: undefined,
  resource: undefined,
  variant: undefined,
} satisfies Record<DType, unknown>;

/**
 * The elements of a tensor, row major: a view on its bytes where they are aligned, else a copy. float16 and bfloat16 come as
 * float32, bool as 0 and 1, complex numbers as pairs.
 *
 * @throws GraffitistError `node-malformed` for strings, resources and variants, and where the bytes do not fit the shape
 */
export function tensorValues(tensor: Tensor & { readonly dtype: 'float32' }): Float32Array;
export function tensorValues(tensor: Tensor & { readonly dtype: 'float64' }): Float64Array;
export function tensorValues(tensor: Tensor & { readonly dtype: 'int32' }): Int32Array;
export function tensorValues(tensor: Tensor): ValueArray;
export function tensorValues(tensor: Tensor): ValueArray {
  const elements = arrayOf(tensor);
  if (tensor.dtype === 'float16') return Float32Array.from(elements as Uint16Array, halfToFloat);
  if (tensor.dtype === 'bfloat16') return Float32Array.from(elements as Uint16Array, bfloat16ToFloat);
  return elements;
}

/** Like `tensorValues`, with 64-bit integers as float64 (rounded beyond 2⁵³): for shapes, axes and whatever is computed with. */
export function tensorNumbers(tensor: Tensor): NumberArray {
  const values = tensorValues(tensor);
  return values instanceof BigInt64Array || values instanceof BigUint64Array ? Float64Array.from(values, Number) : values;
}

/**
 * A tensor of `values`, row major. Values of the very array type that the element type is stored in are taken as they are,
 * without a copy; others are converted as that array type converts (integers wrap, floats round to nearest even).
 *
 * @throws GraffitistError `shape-mismatch` where the count of values is not that of the shape
 */
export function makeTensor(dtype: DType, shape: readonly number[], values: ArrayLike<number> | ArrayLike<bigint>): Tensor {
  const width = dtype === 'complex64' || dtype === 'complex128' ? 2 : 1;
  if (values.length !== elementCount(shape) * width) {
    throw new GraffitistError('shape-mismatch', `${values.length} values do not fill the shape [${shape.join(', ')}].`);
  }
  const type = arrayType(dtype);
  const half = dtype === 'float16' ? floatToHalf : dtype === 'bfloat16' ? floatToBfloat16 : undefined;
  if (half === undefined && values instanceof (type as unknown as new () => ValueArray)) return { dtype, shape, bytes: bytesOf(values) };
  const array = new type(values.length);
  const wide = array instanceof BigInt64Array || array instanceof BigUint64Array;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (wide) array[i] = BigInt(value);
    else array[i] = half === undefined ? Number(value) : half(Number(value));
  }
  return { dtype, shape, bytes: bytesOf(array) };
}

/** A tensor of strings, given as bytes. */
export function makeStringTensor(shape: readonly number[], strings: readonly Uint8Array[]): Tensor {
  if (strings.length !== elementCount(shape)) {
    throw new GraffitistError('shape-mismatch', `${strings.length} strings do not fill the shape [${shape.join(', ')}].`);
  }
  return { dtype: 'string', shape, bytes: new Uint8Array(0), strings };
}

/** The memory of a typed array, as a view. */
export function bytesOf(array: ValueArray): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

function arrayOf(tensor: Tensor): ValueArray {
  const type = arrayType(tensor.dtype);
  const { bytes } = tensor;
  if (bytes.length !== elementCount(tensor.shape) * dtypeSize(tensor.dtype)) {
    throw new GraffitistError(
      'node-malformed',
      `A ${tensor.dtype} tensor of shape [${tensor.shape.join(', ')}] holds ${bytes.length} bytes.`,
    );
  }
  const count = bytes.length / type.BYTES_PER_ELEMENT;
  if (bytes.byteOffset % type.BYTES_PER_ELEMENT === 0) return new type(bytes.buffer, bytes.byteOffset, count);
  const copy = new Uint8Array(bytes);
  return new type(copy.buffer, 0, count);
}

function arrayType(dtype: DType): ArrayType<ValueArray> {
  const type = ARRAYS[dtype];
  if (type === undefined) throw new GraffitistError('node-malformed', `A ${dtype} tensor holds no numbers.`);
  return type as unknown as ArrayType<ValueArray>;
}
