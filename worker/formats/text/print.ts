import { FIXED32, FIXED64, LENGTH, readVarint, VARINT, WireError, WireReader } from '../wire.ts';
import { ByteBuffer } from './byteBuffer.ts';
import { ESCAPED } from './escapes.ts';
import { floatText, numberText } from './numbers.ts';
import { type Field, type Message, messageNamed } from './schema.ts';

const DEEPEST = 100;

/**
 * A message's text as TensorFlow prints it: two spaces per level, fields by number, map entries by key, bytes outside ASCII in octal.
 * Fields that are not in the schema are left out, as TensorFlow leaves them out.
 *
 * @throws WireError where the bytes are no such message
 */
export function printText(bytes: Uint8Array, messageName: string): Uint8Array {
  const printer = new Printer();
  printer.message(bytes, messageNamed(messageName), 0);
  return printer.out.view();
}

/** One value of a message's field, without having the whole message at hand. */
export function printField(bytes: Uint8Array, messageName: string, fieldName: string): Uint8Array {
  const field = messageNamed(messageName).byName.get(fieldName);
  if (field?.type.kind !== 'message') throw new Error(`${messageName} has no message ${fieldName}.`);
  const printer = new Printer();
  printer.nested(field, bytes, field.type.message(), 0);
  return printer.out.view();
}

interface Stored {
  readonly field: Field;
  readonly wireType: number;
  readonly value: Uint8Array;
}

const encoder = new TextEncoder();

class Printer {
  readonly out = new ByteBuffer();

  message(bytes: Uint8Array, message: Message, depth: number): void {
    if (depth > DEEPEST) throw new WireError('messages are nested too deeply', 0);
    for (const { field, wireType, value } of storedFields(bytes, message)) {
      if (field.type.kind === 'message') this.nested(field, value, field.type.message(), depth);
      else if (wireType === LENGTH && isNumber(field)) for (const text of packedTexts(field, value)) this.#line(field, text, depth);
      else if (wireType === LENGTH) this.#string(field, value, depth);
      else this.#line(field, valueText(field, value), depth);
    }
  }

  nested(field: Field, value: Uint8Array, message: Message, depth: number): void {
    this.#text(`${'  '.repeat(depth)}${field.name} {\n`);
    this.message(value, message, depth + 1);
    this.#text(`${'  '.repeat(depth)}}\n`);
  }

  #line(field: Field, value: string, depth: number): void {
    this.#text(`${'  '.repeat(depth)}${field.name}: ${value}\n`);
  }

  #string(field: Field, value: Uint8Array, depth: number): void {
    this.#text(`${'  '.repeat(depth)}${field.name}: "`);
    for (const byte of value) for (const char of ESCAPED[byte] ?? []) this.out.byte(char);
    this.#text('"\n');
  }

  #text(text: string): void {
    this.out.bytes(encoder.encode(text));
  }
}

/** Known fields in the order of their numbers, entries of a map by their keys. */
function storedFields(bytes: Uint8Array, message: Message): readonly Stored[] {
  const fields: Stored[] = [];
  const reader = new WireReader(bytes);
  let ordered = true;
  while (reader.next()) {
    const field = message.byNumber.get(reader.field);
    if (field === undefined) continue;
    if (!fits(field, reader.wireType)) throw new WireError(`'${field.name}' has the wrong type`, reader.start);
    ordered &&= !field.map && (fields.at(-1)?.field.number ?? 0) <= field.number;
    fields.push({ field, wireType: reader.wireType, value: reader.view() });
  }
  return ordered ? fields : fields.sort((a, b) => a.field.number - b.field.number || (a.field.map ? compareText(mapKey(a), mapKey(b)) : 0));
}

function fits({ type, repeated }: Field, wireType: number): boolean {
  if (type.kind === 'message') return wireType === LENGTH;
  if (type.kind === 'enum') return wireType === VARINT || (repeated && wireType === LENGTH);
  if (type.scalar === 'string' || type.scalar === 'bytes') return wireType === LENGTH;
  return wireType === numberWire(type.scalar) || (repeated && wireType === LENGTH);
}

function numberWire(scalar: string): number {
  return scalar === 'float' ? FIXED32 : scalar === 'double' ? FIXED64 : VARINT;
}

function isNumber({ type }: Field): boolean {
  return type.kind === 'enum' || (type.kind === 'scalar' && type.scalar !== 'string' && type.scalar !== 'bytes');
}

function* packedTexts(field: Field, value: Uint8Array): Generator<string> {
  const wire = field.type.kind === 'scalar' ? numberWire(field.type.scalar) : VARINT;
  for (let at = 0; at < value.length; ) {
    const next = wire === VARINT ? readVarint(value, at, value.length).next : at + (wire === FIXED32 ? 4 : 8);
    if (next > value.length) throw new WireError('a list is cut off', at);
    yield valueText(field, value.subarray(at, next));
    at = next;
  }
}

function valueText({ type }: Field, value: Uint8Array): string {
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (type.kind === 'scalar' && type.scalar === 'float') return floatText(view.getFloat32(0, true));
  if (type.kind === 'scalar' && type.scalar === 'double') return numberText(view.getFloat64(0, true));
  const number = varint64(value);
  if (type.kind === 'enum') {
    const signed = Number(BigInt.asIntN(32, number));
    return type.values.names.get(signed) ?? String(signed);
  }
  if (type.kind === 'message') throw new WireError('a message is not a number', 0);
  if (type.scalar === 'bool') return number === 0n ? 'false' : 'true';
  if (type.scalar === 'int32') return String(BigInt.asIntN(32, number));
  if (type.scalar === 'int64') return String(BigInt.asIntN(64, number));
  return String(type.scalar === 'uint32' ? BigInt.asUintN(32, number) : number);
}

function varint64(bytes: Uint8Array): bigint {
  let value = 0n;
  bytes.forEach((byte, i) => {
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
  });
  return BigInt.asUintN(64, value);
}

/** The key of a map's entry, so that keys compare as their bytes do. */
function mapKey({ value }: Stored): string {
  const reader = new WireReader(value);
  while (reader.next())
    if (reader.field === 1) return reader.wireType === LENGTH ? latin1(reader.view()) : String.fromCharCode(reader.varint());
  return '';
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
