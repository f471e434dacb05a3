import { dtypeFromNumber, dtypeNumber, dtypeSize, elementCount } from './dtype.ts';
import type { tensorflow } from './proto/generated/messages.js';
import type { DType, Shape, Tensor } from './tensor.ts';
import { makeTensor, tensorValues } from './tensorValues.ts';
import { readVarint } from './wire.ts';

type TensorProto = tensorflow.TensorProto.$Properties;
type ShapeProto = tensorflow.TensorShapeProto.$Properties;

/** A few stored values may stand for many equal ones; up to this many bytes are written out for them. */
const LARGEST_FILL = 64 * 2 ** 20;

/** The typed list of an element type that is neither in `int_val` nor of 64 bits. */
const LISTS: Readonly<Partial<Record<DType, 'floatVal' | 'doubleVal' | 'scomplexVal' | 'dcomplexVal' | 'halfVal' | 'uint32Val'>>> = {
  float32: 'floatVal',
  float64: 'doubleVal',
  complex64: 'scomplexVal',
  complex128: 'dcomplexVal',
  float16: 'halfVal',
  bfloat16: 'halfVal',
  uint32: 'uint32Val',
};

/** Types that TensorFlow's Python writes as lists at any size. */
const ALWAYS_LISTED: ReadonlySet<DType> = new Set<DType>(['bool', 'uint16', 'complex64', 'complex128']);

/** Why a message makes no sense; the caller knows where it stands. */
export class ValueError extends Error {}

/** The message's values, `tensor_content` as a view. @throws ValueError */
export function decodeTensor(message: TensorProto): Tensor {
  const dtype = decodeDtype(message.dtype ?? 0);
  const shape = decodeShape(message.tensorShape ?? {});
  if (shape === null || shape.some((size) => size < 0)) throw new ValueError('a tensor has no complete shape');
  const count = elementCount(shape);
  const content = message.tensorContent ?? new Uint8Array(0);
  if (dtype === 'string') return decodeStrings(message, shape, count, content);
  if (dtype === 'resource' || dtype === 'variant') throw new ValueError(`a tensor holds a ${dtype}, which is not a value`);
  const size = dtypeSize(dtype);
  if (content.length > 0) {
    if (content.length !== count * size) {
      throw new ValueError(`a ${dtype} tensor of shape [${shape.join(', ')}] needs ${count * size} bytes and has ${content.length}`);
    }
    return { dtype, shape, bytes: content };
  }
  const width = dtype === 'complex64' || dtype === 'complex128' ? 2 : 1;
  return makeValues(dtype, shape, valuesOf(message, dtype), count * width, count * size);
}

function makeValues(dtype: DType, shape: readonly number[], given: readonly (number | bigint)[], count: number, bytes: number): Tensor {
  if (given.length > count) throw new ValueError(`a tensor of shape [${shape.join(', ')}] has ${given.length} values`);
  if (given.length < count && bytes > LARGEST_FILL) {
    throw new ValueError(
      `a ${dtype} tensor of shape [${shape.join(', ')}] would take ${bytes} bytes but the file holds ${given.length} values`,
    );
  }
  if (dtype === 'float16' || dtype === 'bfloat16') {
    const bits = makeTensor('uint16', shape, fill(given, count));
    return { dtype, shape, bytes: bits.bytes };
  }
  return makeTensor(dtype, shape, fill(given, count));
}

/** The last value repeated to the end; complex numbers repeat as pairs. */
function fill(given: readonly (number | bigint)[], count: number): ArrayLike<number> {
  // Numbers and bigints alike are converted by makeTensor; one static type for both keeps its signature simple.
  const values = given as readonly number[];
  if (values.length === count) return values;
  const array = new Array<number>(count);
  const last = values.length === 0 ? 0 : (values[values.length - 1] ?? 0);
  for (let i = 0; i < count; i++) array[i] = values[i] ?? last;
  return array;
}

function valuesOf(message: TensorProto, dtype: DType): readonly (number | bigint)[] {
  if (dtype === 'bool') return (message.boolVal ?? []).map(Number);
  if (dtype === 'int64') return (message.int64Val ?? []).map(toBigInt);
  if (dtype === 'uint64') return (message.uint64Val ?? []).map(toBigInt);
  return message[LISTS[dtype] ?? 'intVal'] ?? [];
}

function decodeStrings(message: TensorProto, shape: readonly number[], count: number, content: Uint8Array): Tensor {
  const given = content.length > 0 ? unpackStrings(content, count) : (message.stringVal ?? []);
  if (given.length > count) throw new ValueError(`a tensor of shape [${shape.join(', ')}] has ${given.length} strings`);
  if (given.length < count && count * 8 > LARGEST_FILL) {
    throw new ValueError(`a string tensor of shape [${shape.join(', ')}] is too large for the ${given.length} strings in the file`);
  }
  const last = given[given.length - 1] ?? new Uint8Array(0);
  return { dtype: 'string', shape, bytes: new Uint8Array(0), strings: Array.from({ length: count }, (_, i) => given[i] ?? last) };
}

/** Packed strings: all lengths as varints, then all characters. */
function unpackStrings(content: Uint8Array, count: number): Uint8Array[] {
  if (count > content.length) throw new ValueError(`${count} strings do not fit into ${content.length} bytes`);
  const lengths: number[] = [];
  let at = 0;
  for (let i = 0; i < count; i++) {
    const { value, next } = readVarint(content, at, content.length);
    lengths.push(value);
    at = next;
  }
  return lengths.map((length) => {
    if (at + length > content.length) throw new ValueError('a string is cut off');
    const text = content.subarray(at, at + length);
    at += length;
    return text;
  });
}

/** A tensor as TensorFlow writes it: one element in the typed list, more as `tensor_content` except for a few types. */
export function encodeTensor(tensor: Tensor): TensorProto {
  const { dtype, shape, bytes } = tensor;
  const head: TensorProto = { dtype: dtypeNumber(dtype), tensorShape: encodeShape(shape) };
  if (dtype === 'string') return { ...head, stringVal: [...(tensor.strings ?? [])] };
  if (bytes.length === 0) return head;
  if (elementCount(shape) > 1 && !ALWAYS_LISTED.has(dtype)) return { ...head, tensorContent: bytes };
  if (dtype === 'bool') return { ...head, boolVal: Array.from(bytes, (byte) => byte !== 0) };
  const values = listed(tensor);
  // A 64-bit number that JavaScript would round has its exact bytes instead.
  if (dtype === 'int64' || dtype === 'uint64') {
    if (!values.every(Number.isSafeInteger)) return { ...head, tensorContent: bytes };
    return dtype === 'int64' ? { ...head, int64Val: values } : { ...head, uint64Val: values };
  }
  return { ...head, [LISTS[dtype] ?? 'intVal']: values };
}

/** The elements as the typed list holds them: 16-bit floats as their bits. */
function listed({ dtype, shape, bytes }: Tensor): number[] {
  const stored = dtype === 'float16' || dtype === 'bfloat16' ? 'uint16' : dtype;
  return Array.from<number | bigint, number>(tensorValues({ dtype: stored, shape, bytes }), Number);
}

/** @throws ValueError */
export function decodeDtype(number: number): DType {
  const dtype = dtypeFromNumber(number);
  if (dtype === undefined) throw new ValueError(`the element type ${number} is not known`);
  return dtype;
}

/** Sizes by dimension, -1 where unknown; null for an unknown rank. @throws ValueError */
export function decodeShape(message: ShapeProto): Shape {
  if (message.unknownRank === true) return null;
  return (message.dim ?? []).map((dim) => {
    const size = Number(toBigInt(dim.size ?? 0));
    if (size < -1 || !Number.isSafeInteger(size)) throw new ValueError(`a dimension has the size ${size}`);
    return size;
  });
}

export function encodeShape(shape: Shape): ShapeProto {
  return shape === null ? { unknownRank: true } : { dim: shape.map((size) => (size === 0 ? {} : { size })) };
}

/** A 64-bit number, which the protobuf reader hands out in two halves although it is declared as a plain number. */
export function toBigInt(value: number | { readonly low: number; readonly high: number }): bigint {
  return typeof value === 'number' ? BigInt(value) : (BigInt(value.high) << 32n) | BigInt(value.low >>> 0);
}
