import { gzipSync, zlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { GraffitistError } from '../../../worker/errors.ts';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { readExample } from '../../../worker/formats/example.ts';
import { writeExample } from '../../../worker/formats/exampleWriter.ts';
import { imageExample } from '../../../worker/formats/imageExample.ts';
import { openTfRecords } from '../../../worker/formats/packedRecords.ts';
import { type RecordFrame, readTfRecord, tfRecord, tfRecords } from '../../../worker/formats/tfrecord.ts';
import { examples } from '../../images/examples.ts';

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
const encode = (value: string): Uint8Array => new TextEncoder().encode(value);
const blobOf = (...parts: Uint8Array[]): Blob => new Blob(parts as BlobPart[]);

/** A file that says which parts of it were read, and never hands itself out whole. */
class WatchedBlob {
  readonly slices: [from: number, to: number][] = [];
  readonly #blob: Blob;

  constructor(blob: Blob) {
    this.#blob = blob;
  }

  get size(): number {
    return this.#blob.size;
  }

  slice(from: number, to: number): Blob {
    this.slices.push([from, Math.min(to, this.size)]);
    return this.#blob.slice(from, to);
  }
}

/** All frames of a file, and what ended the reading before its end. */
async function frames(blob: Blob): Promise<{ readonly found: RecordFrame[]; readonly fault?: GraffitistError }> {
  const found: RecordFrame[] = [];
  try {
    for await (const frame of tfRecords(blob, 'train-00000')) found.push(frame);
    return { found };
  } catch (fault) {
    if (!(fault instanceof GraffitistError)) throw fault;
    expect([fault.code, fault.about]).toEqual(['tfrecord-malformed', 'train-00000']);
    return { found, fault };
  }
}

async function payloads(blob: Blob): Promise<string[]> {
  const { found } = await frames(blob);
  return Promise.all(found.map(async (frame) => text(await readTfRecord(blob, frame, 'train-00000'))));
}

describe('TFRecord files', () => {
  /** Written by TensorFlow 2.15: the records `a`, an empty one, and `Größe`. */
  const TENSORFLOW = 'AQAAAAAAAAABdd5BYXhu5CgAAAAAAAAAACkDmAfY6oKiBwAAAAAAAAC7158RR3LDtsOfZZEzVyQ=';

  it('REC1: records that TensorFlow wrote are read, and written the same', async () => {
    const file = Uint8Array.from(Buffer.from(TENSORFLOW, 'base64'));
    expect(await payloads(blobOf(file))).toEqual(['a', '', 'Größe']);
    expect(joinBytes(['a', '', 'Größe'].map((value) => tfRecord(encode(value))))).toEqual(file);
  });

  it('REC1: an empty file has no records', async () => {
    expect(await frames(new Blob([]))).toEqual({ found: [] });
  });

  it('REC2: a file of 30 MB is read once, in pieces of 4 MiB', async () => {
    const lengths = Array.from({ length: 300 }, (_, i) => 60_000 + 311 * (i % 300));
    const records = lengths.map((length, i) => tfRecord(new Uint8Array(length).fill(i)));
    const blob = blobOf(...records);
    const watched = new WatchedBlob(blob);
    const { found } = await frames(watched as unknown as Blob);
    expect(found.map(({ length }) => length)).toEqual(lengths);
    expect(Math.max(...watched.slices.map(([from, to]) => to - from))).toBe(4 * 2 ** 20);
    const read = watched.slices.reduce((sum, [from, to]) => sum + to - from, 0);
    expect(read).toBeLessThanOrEqual(blob.size);
    const last = found.at(-1) ?? { offset: 0, length: 0 };
    expect((await readTfRecord(blob, last, 'x')).every((byte) => byte === (299 & 0xff))).toBe(true);
  });

  it('REC2: of records that are larger than a piece only the pieces at their beginning are read', async () => {
    const blob = blobOf(...[9, 10, 0.001].map((size) => tfRecord(new Uint8Array(Math.round(size * 2 ** 20)))));
    const watched = new WatchedBlob(blob);
    expect((await frames(watched as unknown as Blob)).found.length).toBe(3);
    expect(watched.slices.map(([from, to]) => to - from)).toEqual([4 * 2 ** 20, 4 * 2 ** 20, 16 + Math.round(0.001 * 2 ** 20)]);
  });

  it('REC3: a payload that is damaged is named, and the others stay readable', async () => {
    const file = joinBytes(['first', 'second', 'third'].map((value) => tfRecord(encode(value))));
    file[21 + 12 + 2] = 0;
    const blob = blobOf(file);
    const { found, fault } = await frames(blob);
    expect([found.length, fault]).toEqual([3, undefined]);
    const [first, second, third] = found as [RecordFrame, RecordFrame, RecordFrame];
    expect(text(await readTfRecord(blob, first, 'x'))).toBe('first');
    await expect(readTfRecord(blob, second, 'x')).rejects.toMatchObject({
      code: 'tfrecord-malformed',
      about: 'x',
      message: 'The record at byte 21 is damaged: its checksum is wrong.',
    });
    expect(text(await readTfRecord(blob, third, 'x'))).toBe('third');
  });

  it('REC3: a length that is damaged ends the file there', async () => {
    const file = joinBytes(['first', 'second'].map((value) => tfRecord(encode(value))));
    file[21] = 7;
    const { found, fault } = await frames(blobOf(file));
    expect([found.length, fault?.message]).toEqual([1, 'No record begins at byte 21: the checksum of its length is wrong.']);
    expect((await frames(blobOf(encode('no records, but text')))).fault?.message).toContain('This is not a TFRecord file');
  });

  it('REC4: a file that is cut off says where, and the records before are usable', async () => {
    const file = joinBytes(['first', 'second'].map((value) => tfRecord(encode(value))));
    for (let length = 22; length < file.length; length++) {
      const blob = blobOf(file.subarray(0, length));
      const { found, fault } = await frames(blob);
      expect(fault?.message).toBe(`The file ends at byte ${length}, inside the record that begins at byte 21.`);
      expect(await Promise.all(found.map(async (frame) => text(await readTfRecord(blob, frame, 'x'))))).toEqual(['first']);
    }
  });

  it.each([
    ['gzip', gzipSync],
    ['zlib', zlibSync],
  ] as const)('REC5: %s is unpacked', async (_, pack) => {
    const file = joinBytes(Array.from({ length: 2000 }, (_, i) => tfRecord(encode(`record ${i} `.repeat(i % 40)))));
    const packed = pack(file);
    const plain = await openTfRecords(blobOf(packed), 'a.tfrecord.gz');
    expect(Buffer.compare(new Uint8Array(await plain.arrayBuffer()), file)).toBe(0);
    expect((await payloads(plain))[3]).toBe('record 3 record 3 record 3 ');
    await expect(openTfRecords(blobOf(packed.subarray(0, packed.length / 2)), 'a.gz')).rejects.toMatchObject({
      code: 'tfrecord-malformed',
    });
    const damaged = packed.slice().fill(0xff, 40, 60);
    await expect(openTfRecords(blobOf(damaged), 'a.gz')).rejects.toMatchObject({ code: 'tfrecord-malformed', about: 'a.gz' });
  });

  it.each([0x00088b1f, 0x9c78])(
    'REC5: a plain file whose first length (%d) looks like the start of a packed one is plain',
    async (length) => {
      const blob = blobOf(tfRecord(new Uint8Array(length)));
      expect(await openTfRecords(blob, 'a')).toBe(blob);
    },
  );
});

describe('tf.train.Example', () => {
  it('REC6: what is written is read', () => {
    for (const example of examples()) expect(readExample(writeExample(example), 'x')).toEqual(example);
  });

  it('REC6: lists that are not packed, unknown fields and a key that stands twice', () => {
    const field = (number: number, ...body: number[]): number[] => [number * 8 + 2, body.length, ...body];
    const entry = (key: string, feature: number[]): number[] => field(1, ...field(1, ...encode(key)), ...field(2, ...feature));
    const integers = entry('n', field(3, 8, 5, 8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 10, 1, 7));
    const floats = entry('f', field(2, 13, 0, 0, 0x80, 0x3f, 13, 0, 0, 0, 0xc0));
    const nothing = entry('nothing', []);
    const unknown = [0x78, 1];
    const bytes = Uint8Array.from(field(1, ...entry('f', field(1, ...field(1, 9))), ...integers, ...floats, ...nothing, ...unknown));
    expect([...readExample(bytes, 'x')]).toEqual([
      ['f', { kind: 'float', values: [1, -2] }],
      ['n', { kind: 'int64', values: [5, -1, 7] }],
    ]);
  });

  it('REC6: what is no example is refused', () => {
    const refused = { code: 'tfrecord-malformed', about: 'train-00000, record 3' };
    for (const bytes of [encode('no example'), Uint8Array.of(0x0a, 5, 1), Uint8Array.of(0x0a, 7, 0x0a, 5, 0x0a, 1, 0xff, 0x12, 0)]) {
      expect(() => readExample(bytes, refused.about)).toThrow(expect.objectContaining(refused));
    }
  });

  it('REC7: an image by the keys of ImageNet', () => {
    const [image = new Map(), other = new Map()] = examples();
    expect(imageExample(image, 'x')).toEqual({
      encoded: Uint8Array.of(1, 2, 3),
      format: 'JPEG',
      label: 449,
      filename: 'ILSVRC2012_val_00000293.JPEG',
      synset: 'n01440764',
    });
    expect(() => imageExample(other, 'record 2')).toThrow(
      expect.objectContaining({
        code: 'tfrecord-malformed',
        about: 'record 2',
        message: "The record holds no image under 'image/encoded' (but empty, several, whole numbers, no numbers).",
      }),
    );
  });
});
