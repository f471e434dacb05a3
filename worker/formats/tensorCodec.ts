import { dtypeFromNumber, dtypeNumber, dtypeSize, elementCount } from './dtype.ts';
import type { tensorflow } from './proto/generated/messages.js';
import type { DType, Shape, Tensor } from './tensor.ts';
import { makeTensor, tensorValues } from './tensorValues.ts';
import { readVarint } from './wire.ts';

type TensorProto = tensorflow.TensorProto.$Properties;
type ShapeProto = tensorflow.TensorShapeProto.$Properties;

/** A few stored values may stand for many equal ones; up to this many bytes are written out for them. */
const LARGEST_FILL = 64 * 2 ** 20;

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
  switch (dtype) {
    case 'float32':
      return message.floatVal ?? [];
    case 'float64':
      return message.doubleVal ?? [];
    case 'complex64':
      return message.scomplexVal ?? [];
    case 'complex128':
      return message.dcomplexVal ?? [];
    case 'float16':
    case 'bfloat16':
      return message.halfVal ?? [];
    case 'int64':
      return (message.int64Val ?? []).map(toBigInt);
    case 'uint64':
      return (message.uint64Val ?? []).map(toBigInt);
    case 'uint32':
      return message.uint32Val ?? [];
    case 'bool':
      return (message.boolVal ?? []).map(Number);
    default:
      return message.intVal ?? [];
  }
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

/** A tensor as TensorFlow writes it: one element in the typed list, more as `tensor_content`, strings always as a list. */
export function encodeTensor(tensor: Tensor): TensorProto {
  const { dtype, shape, bytes } = tensor;
  const head: TensorProto = { dtype: dtypeNumber(dtype), tensorShape: encodeShape(shape) };
  if (dtype === 'string') return { ...head, stringVal: [...(tensor.strings ?? [])] };
  if (elementCount(shape) !== 1) return bytes.length === 0 ? head : { ...head, tensorContent: bytes };
  if (dtype === 'float16' || dtype === 'bfloat16') return { ...head, halfVal: [...numbers('uint16', bytes)] };
  switch (dtype) {
    case 'float32':
      return { ...head, floatVal: [...numbers(dtype, bytes)] };
    case 'float64':
      return { ...head, doubleVal: [...numbers(dtype, bytes)] };
    case 'bool':
      return { ...head, boolVal: [bytes[0] !== 0] };
    case 'uint32':
      return { ...head, uint32Val: [...numbers(dtype, bytes)] };
    case 'int32':
    case 'int16':
    case 'int8':
    case 'uint16':
    case 'uint8':
    case 'qint32':
    case 'qint16':
    case 'qint8':
    case 'quint16':
    case 'quint8':
      return { ...head, intVal: [...numbers(dtype, bytes)] };
    case 'int64': {
      const [value] = numbers(dtype, bytes);
      return value !== undefined && Number.isSafeInteger(value) ? { ...head, int64Val: [value] } : { ...head, tensorContent: bytes };
    }
    default:
      return { ...head, tensorContent: bytes };
  }
}

function numbers(dtype: DType, bytes: Uint8Array): number[] {
  return Array.from<number | bigint, number>(tensorValues({ dtype, shape: [1], bytes }), Number);
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
