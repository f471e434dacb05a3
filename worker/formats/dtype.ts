import type { DType } from './tensor.ts';

/** Element types in the order of their numbers in TensorFlow's DataType enumeration, which start at 1. */
const ORDER: readonly DType[] = [
  'float32',
  'float64',
  'int32',
  'uint8',
  'int16',
  'int8',
  'string',
  'complex64',
  'int64',
  'bool',
  'qint8',
  'quint8',
  'qint32',
  'bfloat16',
  'qint16',
  'quint16',
  'uint16',
  'complex128',
  'float16',
  'resource',
  'variant',
  'uint32',
  'uint64',
];

/** A reference to a variable has the number of its element type plus this. */
const REFERENCE = 100;

const SIZES: Readonly<Record<DType, number>> = {
  float32: 4,
  float64: 8,
  int32: 4,
  uint8: 1,
  int16: 2,
  int8: 1,
  string: 0,
  complex64: 8,
  int64: 8,
  bool: 1,
  qint8: 1,
  quint8: 1,
  qint32: 4,
  bfloat16: 2,
  qint16: 2,
  quint16: 2,
  uint16: 2,
  complex128: 16,
  float16: 2,
  resource: 0,
  variant: 0,
  uint32: 4,
  uint64: 8,
};

const NUMBERS: ReadonlyMap<DType, number> = new Map(ORDER.map((name, index) => [name, index + 1]));

/** The element type behind a DataType number, a reference type as its element type; undefined for a number that is not known. */
export function dtypeFromNumber(number: number): DType | undefined {
  return ORDER[(number > REFERENCE ? number - REFERENCE : number) - 1];
}

/** The number of an element type in TensorFlow's DataType enumeration. */
export function dtypeNumber(dtype: DType): number {
  return NUMBERS.get(dtype) ?? 0;
}

/** Bytes per element; 0 for strings, resources and variants, which have no fixed size. */
export function dtypeSize(dtype: DType): number {
  return SIZES[dtype];
}

/** Number of elements of a fully known shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((count, size) => count * size, 1);
}
