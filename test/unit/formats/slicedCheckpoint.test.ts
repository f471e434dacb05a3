import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { checkpointFiles, openCheckpoint, writeCheckpoint } from '../../../worker/formats/checkpoint.ts';
import { crc32c, maskCrc } from '../../../worker/formats/crc32c.ts';
import { dtypeNumber } from '../../../worker/formats/dtype.ts';
import { tensorflow } from '../../../worker/formats/proto/generated/messages.js';
import { unpackSnappy } from '../../../worker/formats/snappy.ts';
import { compareKeys, readTable, type TableEntry, writeTable } from '../../../worker/formats/tableFile.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { cutSlice, parseSlice, sliceKey, type TensorSlice } from '../../../worker/formats/tensorSlice.ts';
import { makeStringTensor, makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const full = { start: 0, length: -1 };
const blob = (name: string, ...bytes: Uint8Array[]) => ({ name, blob: new Blob(bytes as BlobPart[]) });

describe('parts of partitioned variables', () => {
  // Keys as TensorFlow 1.14 wrote them.
  it.each([
    ['net/w', [0, 0, 0, 3].map((start) => ({ start, length: start === 3 ? 2 : 3 })), '006e65742f77000101048083808380838382'],
    [
      'net2/v',
      [
        { start: 77, length: 1 },
        { start: 0, length: 6 },
      ],
      '006e6574322f7600010102c04d818086',
    ],
    ['n\0m', [{ start: 60, length: 40 }, full], '006e00ff6d00010102bca8807f'],
    [
      'big',
      [
        { start: 700, length: 300 },
        { start: 1, length: 3 },
      ],
      '0062696700010102c2bcc12c8183',
    ],
    ['big2', [{ start: 20000, length: 20000 }, full], '006269673200010102e04e20e04e20807f'],
  ] as readonly (readonly [string, TensorSlice, string])[])('%j has the key of TensorFlow', (name, slice, key) => {
    expect(hex(sliceKey(name, slice))).toBe(key);
  });

  it('keys ascend as starts do', () => {
    fc.assert(
      fc.property(fc.integer({ min: -(2 ** 40), max: 2 ** 40 }), fc.integer({ min: 1, max: 2 ** 40 }), (start, more) => {
        const key = (at: number) => sliceKey('v', [{ start: at, length: 1 }]);
        expect(compareKeys(key(start), key(start + more))).toBeLessThan(0);
      }),
    );
  });

  it('a saver writes them as text', () => {
    expect(parseSlice('10 4 0,5:-')).toEqual([{ start: 0, length: 5 }, full]);
    for (const text of ['', '10', '10 4 -', '10 4 0,5', '10 4 x,5:-']) expect(parseSlice(text)).toBeUndefined();
  });

  it('are cut out', () => {
    const whole = makeTensor('int16', [3, 4], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
    const part = cutSlice(whole, [
      { start: 1, length: 2 },
      { start: 1, length: 2 },
    ]);
    expect([part.shape, [...tensorNumbers(part)]]).toEqual([
      [2, 2],
      [5, 6, 9, 10],
    ]);
    expect(() => cutSlice(whole, [{ start: 2, length: 2 }, full])).toThrow(GraffitistError);
  });
});

interface Part {
  readonly slice: TensorSlice;
  readonly values: Tensor;
}

/** A checkpoint of one partitioned variable `v`, in the form of TensorFlow's writer. */
function partitioned(shape: readonly number[], parts: readonly Part[]) {
  const extent = (slice: TensorSlice) => ({ extent: slice.map(({ start, length }) => (length < 0 ? {} : { start, length })) });
  const entry = (tensor: Tensor, offset: number) => ({
    dtype: dtypeNumber(tensor.dtype),
    shape: { dim: tensor.shape.map((size) => ({ size })) },
    offset,
    size: tensor.bytes.length,
    crc32c: maskCrc(crc32c(tensor.bytes)),
  });
  const encode = (value: tensorflow.BundleEntryProto.$Properties) => new Uint8Array(tensorflow.BundleEntryProto.encode(value).finish());
  let offset = 0;
  const entries = parts.map(({ slice, values }): TableEntry => {
    const at = offset;
    offset += values.bytes.length;
    return { key: sliceKey('v', slice), value: encode(entry(values, at)) };
  });
  const whole = encode({ dtype: 1, shape: { dim: shape.map((size) => ({ size })) }, slices: parts.map(({ slice }) => extent(slice)) });
  const header = new Uint8Array(tensorflow.BundleHeaderProto.encode({ numShards: 1, version: { producer: 1 } }).finish());
  const sorted = [...entries, { key: new TextEncoder().encode('v'), value: whole }].sort((a, b) => compareKeys(a.key, b.key));
  const index = writeTable([{ key: new Uint8Array(0), value: header }, ...sorted]);
  return [blob('p.ckpt.index', index), blob('p.ckpt.data-00000-of-00001', ...parts.map(({ values }) => values.bytes))];
}

const rows = (start: number, count: number): Part => ({
  slice: [{ start, length: count }, full],
  values: makeTensor(
    'float32',
    [count, 3],
    Array.from({ length: count * 3 }, (_, i) => start * 3 + i),
  ),
});

describe('a partitioned variable', () => {
  it('is put together', async () => {
    const checkpoint = await openCheckpoint(partitioned([5, 3], [rows(3, 2), rows(0, 3)]));
    expect(checkpoint?.entries.get('v')).toEqual({ dtype: 'float32', shape: [5, 3] });
    expect([...tensorNumbers((await checkpoint?.read('v')) as Tensor)]).toEqual(Array.from({ length: 15 }, (_, i) => i));
  });

  it.each([
    ['a gap', [rows(0, 2)]],
    ['a part beyond its end', [rows(0, 3), rows(4, 2)]],
    ['parts that overlap', [rows(0, 3), rows(1, 2)]],
  ] as readonly (readonly [string, readonly Part[]])[])('with %s is refused', async (_, parts) => {
    const checkpoint = await openCheckpoint(partitioned([5, 3], parts));
    await expect(checkpoint?.read('v')).rejects.toMatchObject({ code: 'checkpoint-corrupt' });
  });

  it('500 mutations of its index end in a value or a typed error', async () => {
    const files = partitioned([5, 3], [rows(3, 2), rows(0, 3)]);
    const index = new Uint8Array((await files[0]?.blob.arrayBuffer()) ?? new ArrayBuffer(0));
    const table = readTable(index);
    await fc.assert(
      // Changed values in a table with good checksums: what a damaged disk never gives, a hostile file does.
      fc.asyncProperty(fc.nat(table.length - 1), fc.nat(), fc.nat(255), async (which, at, byte) => {
        const entries = table.map((entry, i) => {
          if (i !== which) return entry;
          const value = entry.value.slice();
          value[at % value.length] = byte;
          return { ...entry, value };
        });
        try {
          const checkpoint = await openCheckpoint([blob('p.ckpt.index', writeTable(entries)), ...files.slice(1)]);
          for (const name of checkpoint?.entries.keys() ?? []) await checkpoint?.read(name);
        } catch (error) {
          if (!(error instanceof GraffitistError)) throw error;
        }
      }),
      { numRuns: 500, seed: 6 },
    );
  });
});

describe('checkpoints of other kinds', () => {
  const header = (message: tensorflow.BundleHeaderProto.$Properties) =>
    writeTable([{ key: new Uint8Array(0), value: new Uint8Array(tensorflow.BundleHeaderProto.encode(message).finish()) }]);

  it('strings are written and read', async () => {
    const tensor = makeStringTensor(
      [2, 2],
      ['', 'a', 'longer\0text', '\u00e9'].map((text) => new TextEncoder().encode(text)),
    );
    const checkpoint = await openCheckpoint(checkpointFiles('s.ckpt', new Map([['s', tensor]])));
    expect((await checkpoint?.read('s'))?.strings).toEqual(tensor.strings);
  });

  it.each(['float16', 'bfloat16', 'float64', 'int8', 'uint64', 'complex64', 'bool'] as const)('%s is written and read', async (dtype) => {
    const width = dtype === 'complex64' ? 2 : 1;
    const tensor = makeTensor(dtype, [2], dtype === 'uint64' ? [1n, 2n] : Array.from({ length: 2 * width }, (_, i) => i % 2));
    const checkpoint = await openCheckpoint(checkpointFiles('s.ckpt', new Map([['s', tensor]])));
    expect(await checkpoint?.read('s')).toEqual(tensor);
  });

  it('V1 is refused with a clear word, under whatever name', async () => {
    const v1 = writeTable([{ key: new Uint8Array(0), value: Uint8Array.from([0x0a, 0x02, 0x12, 0x00]) }]);
    for (const name of ['model.ckpt.index', 'model.ckpt', 'model.ckpt-200']) {
      await expect(openCheckpoint([blob(name, v1)])).rejects.toMatchObject({
        code: 'file-unsupported',
        message: expect.stringContaining('V1'),
      });
    }
    await expect(openCheckpoint([blob('old.ckpt', v1)], { wanted: 'old.ckpt' })).rejects.toMatchObject({ code: 'file-unsupported' });
  });

  it('big-endian is refused', async () => {
    await expect(openCheckpoint([blob('b.index', header({ numShards: 1, endianness: 1 }))])).rejects.toMatchObject({
      code: 'checkpoint-corrupt',
    });
  });

  it('an element type from the future stops nobody else', async () => {
    const one = makeTensor('float32', [], [1]);
    const { index, data } = writeCheckpoint(
      new Map([
        ['a', one],
        ['b', one],
      ]),
    );
    const strange = readTable(index).map((entry) => {
      if (hex(entry.key) !== hex(new TextEncoder().encode('b'))) return entry;
      const message = tensorflow.BundleEntryProto.decode(entry.value);
      return { ...entry, value: new Uint8Array(tensorflow.BundleEntryProto.encode({ ...message, dtype: 77 }).finish()) };
    });
    const checkpoint = await openCheckpoint([blob('f.index', writeTable(strange)), blob('f.data-00000-of-00001', ...data)]);
    expect(await checkpoint?.read('a')).toEqual(one);
    await expect(checkpoint?.read('b')).rejects.toMatchObject({ code: 'checkpoint-corrupt' });
  });
});

describe('Snappy', () => {
  it('literals and copies, overlapping ones too', () => {
    // "abcd", then 8 bytes from 4 back, then "!" and one byte from 1 back as a copy with a 2-byte distance.
    const packed = Uint8Array.from([14, 0x0c, 97, 98, 99, 100, 0x11, 4, 0x00, 33, 0x02, 1, 0]);
    expect(Buffer.from(unpackSnappy(packed)).toString()).toBe('abcdabcdabcd!!');
  });

  it.each([
    ['longer than it says', [2, 0x08, 1, 2, 3]],
    ['shorter than it says', [9, 0x00, 1]],
    ['from nowhere', [4, 0x01, 1]],
    ['cut off', [9, 0x20, 1]],
    ['claims', [0xff, 0xff, 0xff, 0xff, 0x0f]],
  ])('%s: refused', (why, bytes) => {
    expect(() => unpackSnappy(Uint8Array.from(bytes))).toThrow(why);
  });

  it('a table with packed blocks is read', () => {
    const entries = [{ key: new TextEncoder().encode('k'), value: new TextEncoder().encode('v') }];
    const plain = writeTable(entries);
    // Both blocks as Snappy literals behind each other, the footer with their new places.
    const pack = (block: Uint8Array) => joinBytes([Uint8Array.of(block.length, (block.length - 1) << 2), block]);
    const sealed = (block: Uint8Array) => {
      const body = joinBytes([block, Uint8Array.of(1)]);
      const trailer = new DataView(new ArrayBuffer(4));
      trailer.setUint32(0, maskCrc(crc32c(body)), true);
      return joinBytes([body, new Uint8Array(trailer.buffer)]);
    };
    const footer = plain.subarray(plain.length - 48);
    const [, , indexAt = 0, indexSize = 0] = footer;
    const dataSize = readDataSize(plain);
    const first = pack(plain.subarray(0, dataSize));
    const index = plain.slice(indexAt, indexAt + indexSize);
    // The handle in the index block: its last two bytes before the restarts are offset and size.
    index[index.length - 9] = first.length;
    const second = pack(index);
    const at = first.length + 5;
    const newFooter = footer.slice();
    newFooter.set([0, 0, at, second.length]);
    expect(readTable(joinBytes([sealed(first), sealed(second), newFooter]))).toEqual(entries);
  });
});

/** Size of the only data block: what stands before the empty metaindex block's handle. */
function readDataSize(table: Uint8Array): number {
  return (table[table.length - 48] ?? 0) - 5;
}
