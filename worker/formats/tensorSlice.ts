import { GraffitistError } from '../errors.ts';
import { joinBytes } from './bytes.ts';
import { dtypeSize, elementCount } from './dtype.ts';
import type { Tensor } from './tensor.ts';

/** Part of a tensor, by dimension. The length -1 stands for all of it. */
export type TensorSlice = readonly { readonly start: number; readonly length: number }[];

/** Where a variable's value is stored: under `key`, whole or in part. */
export interface Binding {
  readonly key: string;
  readonly slice: TensorSlice | undefined;
}

const ALL = -1;

/**
 * Reads a saver's `shape_and_slice`: the whole shape and per dimension `-` or `start,length`, as in `10 4 0,5:-`; undefined where the
 * text is empty or none of these.
 */
export function parseSlice(text: string): TensorSlice | undefined {
  const words = text.split(' ').filter((word) => word !== '');
  const parts = (words.pop() ?? '').split(':');
  const slice = parts.map((part) => {
    const [, start, length] = /^(\d+),(\d+)$/.exec(part) ?? [];
    return part === '-' ? { start: 0, length: ALL } : { start: Number(start), length: Number(length) };
  });
  return words.length === parts.length && slice.every(({ start, length }) => start >= 0 && !Number.isNaN(length)) ? slice : undefined;
}

/** The size of a part of a shape. */
export function sliceShape(slice: TensorSlice, shape: readonly number[]): readonly number[] {
  return shape.map((size, i) => {
    const length = slice[i]?.length ?? ALL;
    return length === ALL ? size : length;
  });
}

/** Whether a part lies inside a shape. */
export function fitsShape(slice: TensorSlice, shape: readonly number[]): boolean {
  const lengths = sliceShape(slice, shape);
  return slice.length === shape.length && slice.every(({ start }, i) => start >= 0 && start + (lengths[i] ?? 0) <= (shape[i] ?? 0));
}

/** A copy of a part of a tensor of numbers. @throws GraffitistError `shape-mismatch` */
export function cutSlice({ dtype, shape, bytes }: Tensor, slice: TensorSlice): Tensor {
  const size = dtypeSize(dtype);
  if (size === 0 || !fitsShape(slice, shape))
    throw new GraffitistError('shape-mismatch', `A part does not lie inside the shape [${shape.join(', ')}].`);
  const part = sliceShape(slice, shape);
  const cut = new Uint8Array(elementCount(part) * size);
  eachRun(slice, shape, size, (at, from, length) => cut.set(bytes.subarray(at, at + length), from));
  return { dtype, shape: part, bytes: cut };
}

/** Puts a part, given as its bytes, into the bytes of the whole tensor. */
export function putSlice(whole: Uint8Array, part: Uint8Array, slice: TensorSlice, shape: readonly number[], elementSize: number): void {
  eachRun(slice, shape, elementSize, (at, from, length) => whole.set(part.subarray(from, from + length), at));
}

/** Runs of bytes that lie side by side in the whole and in the part. */
function eachRun(
  slice: TensorSlice,
  shape: readonly number[],
  elementSize: number,
  run: (inWhole: number, inPart: number, length: number) => void,
): void {
  const part = sliceShape(slice, shape);
  const count = elementCount(part);
  const row = part.at(-1) ?? 1;
  const index = part.map(() => 0);
  for (let done = 0; done < count; done += row) {
    const at = shape.reduce((offset, size, i) => offset * size + (slice[i]?.start ?? 0) + (index[i] ?? 0), 0);
    run(at * elementSize, done * elementSize, row * elementSize);
    for (let i = part.length - 2; i >= 0; i--) {
      index[i] = (index[i] ?? 0) + 1;
      if ((index[i] ?? 0) < (part[i] ?? 0)) break;
      index[i] = 0;
    }
  }
}

/**
 * The key under which a checkpoint's index lists a part of a variable: TensorFlow's ordered code of 0, the name, the number of
 * dimensions, and each one's start and length.
 */
export function sliceKey(name: string, slice: TensorSlice): Uint8Array {
  return joinBytes([
    orderedNumber(0),
    orderedText(name),
    orderedNumber(slice.length),
    ...slice.flatMap(({ start, length }) => [orderedSigned(start), orderedSigned(length)]),
  ]);
}

/** The count of its bytes, then these, the highest first; 0 has none. */
function orderedNumber(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = value; rest > 0; rest = Math.floor(rest / 256)) bytes.unshift(rest % 256);
  return Uint8Array.from([bytes.length, ...bytes]);
}

/** 0x00 and 0xff are followed by 0xff and 0x00, and 0x00 0x01 ends the text. */
function orderedText(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const byte of new TextEncoder().encode(text)) bytes.push(...(byte === 0 ? [0, 0xff] : byte === 0xff ? [0xff, 0] : [byte]));
  return Uint8Array.from([...bytes, 0, 1]);
}

/** Two's complement in as few bytes as leave room for the length: the first bits, inverted for negative numbers, count the bytes. */
function orderedSigned(value: number): Uint8Array {
  const magnitude = value < 0 ? -(value + 1) : value;
  const bits = magnitude === 0 ? 0 : Math.floor(Math.log2(magnitude)) + 1;
  const length = Math.floor(bits / 7) + 1;
  const whole = BigInt.asUintN(length * 8, BigInt(value));
  const bytes = Array.from({ length }, (_, i) => Number((whole >> BigInt(8 * (length - 1 - i))) & 0xffn));
  // The header: `length` ones from the highest bit on, which may reach into the second byte.
  const ones = ((1n << BigInt(length)) - 1n) << BigInt(16 - length);
  bytes[0] = (bytes[0] ?? 0) ^ Number(ones >> 8n);
  if (bytes.length > 1) bytes[1] = (bytes[1] ?? 0) ^ Number(ones & 0xffn);
  return Uint8Array.from(bytes);
}
