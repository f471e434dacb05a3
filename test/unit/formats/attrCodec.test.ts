import { describe, expect, it } from 'vitest';
import { decodeAttr, encodeAttr } from '../../../worker/formats/attrCodec.ts';
import type { AttrValue } from '../../../worker/formats/attrValue.ts';
import { dtypeFromNumber, dtypeNumber } from '../../../worker/formats/dtype.ts';
import { bfloat16ToFloat, floatToBfloat16, floatToHalf, halfToFloat } from '../../../worker/formats/half.ts';
import { tensorflow } from '../../../worker/formats/proto/generated/messages.js';
import type { DType, Tensor } from '../../../worker/formats/tensor.ts';
import { makeStringTensor, makeTensor, tensorNumbers, tensorValues } from '../../../worker/formats/tensorValues.ts';

const encode = (message: tensorflow.AttrValue.$Properties): Uint8Array => new Uint8Array(tensorflow.AttrValue.encode(message).finish());
const decode = (bytes: Uint8Array): AttrValue => decodeAttr(bytes, 'net/node', 'value');

function decodeTensor(message: tensorflow.TensorProto.$Properties): Tensor {
  const value = decode(encode({ tensor: message }));
  if (value.kind !== 'tensor') throw new Error(value.kind);
  return value.value;
}

const shapeOf = (...sizes: number[]) => ({ tensorShape: { dim: sizes.map((size) => ({ size })) } });

describe('attributes', () => {
  const values: AttrValue[] = [
    { kind: 'string', value: 'SAME é' },
    { kind: 'int', value: -(2 ** 40) },
    { kind: 'float', value: Math.fround(0.1) },
    { kind: 'bool', value: false },
    { kind: 'type', value: 'uint64' },
    { kind: 'shape', value: [-1, 0, 224] },
    { kind: 'shape', value: null },
    { kind: 'tensor', value: makeTensor('float32', [2, 2], [1, 2, 3, 4]) },
    { kind: 'tensor', value: makeStringTensor([2], [Uint8Array.of(97), new Uint8Array(0)]) },
    {
      kind: 'list',
      value: {
        strings: ['a'],
        ints: [1, -2, 2 ** 33],
        floats: [0.5],
        bools: [true, false],
        types: ['float32', 'int64'],
        shapes: [[1, -1], null, []],
      },
    },
    { kind: 'function', value: 'body' },
    { kind: 'placeholder', value: 'T' },
    { kind: 'none' },
  ];
  it.each(values)('$kind comes back as it was written', (value) => {
    expect(decode(encodeAttr(value))).toEqual(value);
  });

  it('one that is copied keeps its bytes, with what we do not know of it', () => {
    const bytes = Uint8Array.from([...encode({ func: { name: 'body' } }), 0xfa, 0x3e, 0x01, 0x07]);
    expect(encodeAttr(decode(bytes))).toBe(bytes);
  });

  it('names node and attribute where it makes no sense', () => {
    const fault = { code: 'node-malformed', about: 'net/node', message: expect.stringContaining("Attribute 'value' of node 'net/node'") };
    expect(() => decode(Uint8Array.of(0x12, 0x7f))).toThrow(expect.objectContaining(fault));
    expect(() => decode(encode({ type: 99 }))).toThrow(expect.objectContaining(fault));
    expect(() => decode(encode({ shape: { dim: [{ size: -2 }] } }))).toThrow(expect.objectContaining(fault));
  });
});

describe('tensors', () => {
  it('tensor_content is a view on the bytes, aligned or not', () => {
    const message = encode({ tensor: { dtype: 1, ...shapeOf(3), tensorContent: new Uint8Array(Float32Array.of(1, 2, 3).buffer) } });
    for (let pad = 0; pad < 8; pad++) {
      const buffer = new Uint8Array(pad + message.length);
      buffer.set(message, pad);
      const value = decode(buffer.subarray(pad));
      if (value.kind !== 'tensor') throw new Error(value.kind);
      expect(value.value.bytes.buffer).toBe(buffer.buffer);
      expect([...tensorNumbers(value.value)]).toEqual([1, 2, 3]);
    }
  });

  it.each<[DType, tensorflow.TensorProto.$Properties]>([
    ['float32', { floatVal: [7, 5] }],
    ['float64', { doubleVal: [7, 5] }],
    ['int32', { intVal: [7, 5] }],
    ['uint8', { intVal: [7, 5] }],
    ['int16', { intVal: [7, 5] }],
    ['quint16', { intVal: [7, 5] }],
    ['int64', { int64Val: [7, 5] }],
    ['uint64', { uint64Val: [7, 5] }],
    ['uint32', { uint32Val: [7, 5] }],
    ['float16', { halfVal: [floatToHalf(7), floatToHalf(5)] }],
    ['bfloat16', { halfVal: [floatToBfloat16(7), floatToBfloat16(5)] }],
  ])('%s: the last value of a short list is repeated, no value is zeros', (dtype, list) => {
    const head = { dtype: dtypeNumber(dtype), ...shapeOf(2, 2) };
    expect([...tensorNumbers(decodeTensor({ ...head, ...list }))]).toEqual([7, 5, 5, 5]);
    expect([...tensorNumbers(decodeTensor(head))]).toEqual([0, 0, 0, 0]);
  });

  it('booleans and strings too', () => {
    expect([...tensorValues(decodeTensor({ dtype: 10, ...shapeOf(3), boolVal: [false, true] }))]).toEqual([0, 1, 1]);
    expect(decodeTensor({ dtype: 7, ...shapeOf(2), stringVal: [Uint8Array.of(1)] }).strings).toEqual([Uint8Array.of(1), Uint8Array.of(1)]);
  });

  it('64-bit integers are exact', () => {
    const values = BigInt64Array.of(-(2n ** 63n), 2n ** 53n + 1n);
    const one = makeTensor('int64', [1], values.slice(0, 1));
    expect(decode(encodeAttr({ kind: 'tensor', value: one }))).toEqual({ kind: 'tensor', value: one });
    expect(tensorValues(makeTensor('int64', [2], values))).toEqual(values);
  });

  it.each<[string, tensorflow.TensorProto.$Properties, RegExp]>([
    ['content of another size', { dtype: 1, ...shapeOf(3), tensorContent: new Uint8Array(8) }, /needs 12 bytes and has 8/],
    ['more values than elements', { dtype: 1, ...shapeOf(1), floatVal: [1, 2] }, /has 2 values/],
    ['an absurd size', { dtype: 1, ...shapeOf(100_000, 100_000), floatVal: [1] }, /40000000000 bytes/],
    ['an absurd number of strings', { dtype: 7, ...shapeOf(2 ** 31), stringVal: [] }, /too large/],
    ['a size beyond all numbers', { dtype: 1, ...shapeOf(2 ** 40, 2 ** 40), floatVal: [1] }, /bytes/],
    ['an unknown dimension', { dtype: 1, ...shapeOf(-1), floatVal: [1] }, /complete shape/],
    ['a resource', { dtype: 20, ...shapeOf() }, /resource/],
  ])('%s is refused', (_, message, text) => {
    expect(() => decodeTensor(message)).toThrow(expect.objectContaining({ code: 'node-malformed', message: expect.stringMatching(text) }));
  });

  it('values that do not fill the shape are refused', () => {
    expect(() => makeTensor('float32', [3], [1, 2])).toThrow(expect.objectContaining({ code: 'shape-mismatch' }));
    expect(() => tensorValues({ dtype: 'float32', shape: [3], bytes: new Uint8Array(8) })).toThrow(
      expect.objectContaining({ code: 'node-malformed' }),
    );
  });
});

describe('element types', () => {
  it('have TensorFlow numbers, references included', () => {
    expect(['float32', 'int32', 'string', 'bool', 'float16', 'uint64'].map((name) => dtypeNumber(name as DType))).toEqual([
      1, 3, 7, 10, 19, 23,
    ]);
    for (let number = 1; number <= 23; number++) expect(dtypeNumber(dtypeFromNumber(number) as DType)).toBe(number);
    expect(dtypeFromNumber(101)).toBe('float32');
    expect([0, 24, 100, 124].map(dtypeFromNumber)).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('16-bit floats of all bits come back', () => {
    for (let bits = 0; bits < 65536; bits++) {
      const half = halfToFloat(bits);
      if (!Number.isNaN(half)) expect(floatToHalf(half)).toBe(bits);
      const brain = bfloat16ToFloat(bits);
      if (!Number.isNaN(brain)) expect(floatToBfloat16(brain)).toBe(bits);
    }
  });

  it.each([
    [65519.99, 0x7bff],
    [65520, 0x7c00],
    [2 ** -25, 0],
    [3 * 2 ** -26, 1],
    [1 + 2 ** -11, 0x3c00],
    [1 + 3 * 2 ** -11, 0x3c02],
    [2 - 2 ** -12, 0x4000],
    [Number.NaN, 0x7e00],
  ])('%f as half has the bits %d', (value, bits) => {
    expect(floatToHalf(value)).toBe(bits);
  });
});
