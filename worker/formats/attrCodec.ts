import { GraffitistError } from '../errors.ts';
import type { AttrList, AttrValue } from './attrValue.ts';
import { plainBytes } from './bytes.ts';
import { dtypeNumber } from './dtype.ts';
import { tensorflow } from './proto/generated/messages.js';
import { decodeDtype, decodeShape, decodeTensor, encodeShape, encodeTensor, toBigInt } from './tensorCodec.ts';

type Message = tensorflow.AttrValue.$Properties;

/** The bytes that a value was decoded from: a copied attribute is written back as it was, whatever of it we do not understand. */
const origins = new WeakMap<AttrValue, Uint8Array>();

/**
 * Decodes an AttrValue message. Tensor contents are views on `bytes`.
 *
 * @throws GraffitistError `node-malformed`, naming the node and the attribute
 */
export function decodeAttr(bytes: Uint8Array, nodeName: string, attrName: string): AttrValue {
  try {
    const value = attrValueOf(tensorflow.AttrValue.decode(bytes));
    origins.set(value, bytes);
    return value;
  } catch (error) {
    const cause = error instanceof Error ? error.message : String(error);
    throw new GraffitistError('node-malformed', `Attribute '${attrName}' of node '${nodeName}' cannot be read: ${cause}.`, {
      about: nodeName,
    });
  }
}

/** Encodes a value as an AttrValue message; one that came out of `decodeAttr` gives the bytes that it was decoded from. */
export function encodeAttr(value: AttrValue): Uint8Array {
  const origin = origins.get(value);
  if (origin !== undefined) return origin;
  const key = shortKey(value);
  const known = key === undefined ? undefined : encoded.get(key);
  if (known !== undefined) return known;
  const bytes = plainBytes(tensorflow.AttrValue.encode(messageOf(value)).finish());
  if (key !== undefined && encoded.size < MOST_ENCODED) encoded.set(key, bytes);
  return bytes;
}

/** Messages of short values by what they say: a quantized graph holds the same few thousands of times. */
const encoded = new Map<string, Uint8Array>();
const MOST_ENCODED = 4096;
const LONGEST_KEY = 32;

/** What tells a short value from all others; undefined for longer ones. */
function shortKey(value: AttrValue): string | undefined {
  if (value.kind === 'type' || value.kind === 'bool') return `${value.kind} ${value.value}`;
  if (value.kind === 'string' && value.value.length <= LONGEST_KEY) return `string ${value.value}`;
  if (value.kind !== 'tensor') return undefined;
  const { dtype, shape, bytes } = value.value;
  return dtype === 'string' || shape.length > 0 || bytes.length > LONGEST_KEY ? undefined : `${dtype} ${bytes.join(' ')}`;
}

function attrValueOf(message: Message): AttrValue {
  if (message.s != null) return { kind: 'string', value: text(message.s) };
  if (message.i != null) return { kind: 'int', value: int(message.i) };
  if (message.f != null) return { kind: 'float', value: message.f };
  if (message.b != null) return { kind: 'bool', value: message.b };
  if (message.type != null) return { kind: 'type', value: decodeDtype(message.type) };
  if (message.shape != null) return { kind: 'shape', value: decodeShape(message.shape) };
  if (message.tensor != null) return { kind: 'tensor', value: decodeTensor(message.tensor) };
  if (message.list != null) return { kind: 'list', value: listOf(message.list) };
  if (message.func != null) return { kind: 'function', value: message.func.name ?? '' };
  if (message.placeholder != null) return { kind: 'placeholder', value: message.placeholder };
  return { kind: 'none' };
}

function listOf(list: tensorflow.AttrValue.ListValue.$Properties): AttrList {
  return {
    strings: (list.s ?? []).map(text),
    ints: (list.i ?? []).map(int),
    floats: list.f ?? [],
    bools: list.b ?? [],
    types: (list.type ?? []).map(decodeDtype),
    shapes: (list.shape ?? []).map(decodeShape),
  };
}

function messageOf(value: AttrValue): Message {
  switch (value.kind) {
    case 'string':
      return { s: encoder.encode(value.value) };
    case 'int':
      return { i: value.value };
    case 'float':
      return { f: value.value };
    case 'bool':
      return { b: value.value };
    case 'type':
      return { type: dtypeNumber(value.value) };
    case 'shape':
      return { shape: encodeShape(value.value) };
    case 'tensor':
      return { tensor: encodeTensor(value.value) };
    case 'list':
      return { list: listMessage(value.value) };
    case 'function':
      return { func: { name: value.value } };
    case 'placeholder':
      return { placeholder: value.value };
    case 'none':
      return {};
  }
}

function listMessage(list: AttrList): tensorflow.AttrValue.ListValue.$Properties {
  return {
    s: list.strings.map((value) => encoder.encode(value)),
    i: [...list.ints],
    f: [...list.floats],
    b: [...list.bools],
    type: list.types.map(dtypeNumber),
    shape: list.shapes.map(encodeShape),
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

function text(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

function int(value: number): number {
  return Number(toBigInt(value));
}
