import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { NO_NETWORK } from '../../../worker/data/labels/network.ts';
import { suggestedRule } from '../../../worker/data/openData.ts';
import { commonFolder } from '../../../worker/data/sources/pictureSource.ts';
import { fileOf, npy, npz, png, record, shard } from './files.ts';
import { allBatches, look, refusal, sessionFor } from './session.ts';

const RED = [200, 0, 0] as const;
const bytes = { rule: { name: 'bytes' }, size: 100 } as const;

/** First values of each image, as the network would get them. */
async function values(files: Parameters<typeof look>[0], shape: readonly number[], take = 3): Promise<Record<string, number[]>> {
  const session = sessionFor();
  await session.open({ files, labels: { kind: 'none' } });
  const [batch] = await allBatches(session, { ...bytes, shape });
  session.dispose();
  const row = shape.reduce((product, side) => product * side, 1);
  return Object.fromEntries((batch?.names ?? []).map((name, i) => [name, [...(batch?.values.slice(i * row, i * row + take) ?? [])]]));
}

describe('DAT1, DAT2: what is taken', () => {
  it('pictures by their names, others by their first bytes; what is none is counted and named', async () => {
    const files = [
      fileOf('d/b.png', png(RED)),
      fileOf('d/a', png(RED)),
      fileOf('d/readme.md', 'text'),
      fileOf('d/anim.gif', 'GIF89a'),
      fileOf('d/odd', 'nothing known'),
      fileOf('d/.DS_Store', 'x'),
      fileOf('d/__MACOSX/._b.png', 'x'),
      fileOf('d/notes.txt', 'x'),
    ];
    const { summary, labels } = await look(files);
    expect(Object.keys(labels)).toEqual(['a', 'b.png']);
    expect(summary.leftOut.count).toBe(3);
    expect(summary.leftOut.first.map(({ name, error }) => [name, error.code])).toEqual([
      ['d/readme.md', 'file-unsupported'],
      ['d/anim.gif', 'file-unsupported'],
      ['d/odd', 'file-unsupported'],
    ]);
    expect(summary.title).toBe('d: 2 JPEG and PNG files in one folder');
  });

  it('arrays and records beside pictures are left out and named', async () => {
    const files = [
      fileOf('d/a.png', png(RED)),
      fileOf('d/x.npy', npy('uint8', [1, 2, 2, 3], new Uint8Array(12))),
      fileOf('d/s.tfrecord', shard([{ encoded: png(RED) }])),
    ];
    const { summary } = await look(files);
    expect(summary).toMatchObject({ kind: 'files', count: 1, leftOut: { count: 2 } });
    expect(summary.leftOut.first.map(({ name }) => name)).toEqual(['d/s.tfrecord', 'd/x.npy']);
  });

  it.each([
    ['nothing', [], 'data-missing'],
    ['no images', [fileOf('a.txt', 'x')], 'data-missing'],
    ['a pickle', [fileOf('cifar-10-batches-py/data_batch_1', 'x')], 'data-missing'],
    ['an empty array file', [fileOf('x.npy', '')], 'npy-malformed'],
    ['a damaged archive', [fileOf('x.zip', 'PK\x03\x04 no end')], 'file-truncated'],
    ['an array of single numbers', [fileOf('x.npy', npy('float32', [4], [1, 2, 3, 4]))], 'data-missing'],
    ['a damaged shard', [fileOf('x.tfrecord', 'not records at all')], 'tfrecord-malformed'],
    ['an empty shard', [fileOf('x.tfrecord', '')], 'data-missing'],
    ['a CIFAR batch cut off', [fileOf('test_batch.bin', new Uint8Array(3000))], 'file-truncated'],
  ])('refused: %s', async (_, files, code) => expect(await refusal(files)).toMatchObject({ code, remedy: expect.any(String) }));

  it('a damaged archive among others is left out and named', async () => {
    const { summary } = await look([fileOf('d/x.zip', 'PK\x03\x04 no end'), fileOf('d/a.png', png(RED))]);
    expect(summary).toMatchObject({ count: 1, leftOut: { count: 1, first: [{ name: 'd/x.zip', error: { code: 'file-truncated' } }] } });
  });

  it('a pickle says what to do', async () => {
    expect((await refusal([fileOf('data_batch_1', 'x')])).remedy).toContain('binary version');
  });

  it('an error leaves what is open as it was', async () => {
    const session = sessionFor();
    await session.open({ files: [fileOf('a.png', png(RED))] });
    await expect(session.open({ files: [fileOf('x.zip', 'damaged')] })).rejects.toMatchObject({ code: 'file-truncated' });
    expect((await session.opened()).nameOf(0)).toBe('a.png');
    session.close();
    await expect(session.opened()).rejects.toMatchObject({ code: 'data-missing' });
  });
});

describe('DAT3: pictures', () => {
  it('of train, val and test side by side the one for judging is taken', async () => {
    const files = ['train/a/1.png', 'train/b/2.png', 'Val/a/3.png', 'Val/b/4.png', 'test/a/5.png'].map((path) =>
      fileOf(`set/${path}`, png(RED)),
    );
    const { summary, labels } = await look(files);
    expect(labels).toEqual({ 'a/3.png': 0, 'b/4.png': 1 });
    expect(summary.title).toBe('Val: 2 JPEG and PNG files in 2 folders'.replace('JPEG and ', ''));
    expect(summary.warnings).toMatchObject([
      { rule: 'DAT3', text: "Only the 2 pictures in 'val' are taken, not the 3 pictures in 'test', 'train'." },
    ]);
  });

  it('folders that are called otherwise are all taken', async () => {
    const { summary } = await look(['train/1.png', 'extra/2.png'].map((path) => fileOf(path, png(RED))));
    expect(summary).toMatchObject({ count: 2, warnings: [] });
  });

  it('a folder that all are in does not count', () => {
    expect(commonFolder(['a/b/c/1', 'a/b/d/2', 'a/b/3'])).toBe('a/b/');
    expect(commonFolder(['ab/1', 'a/2'])).toBe('');
    expect(commonFolder(['a/1'])).toBe('a/');
    expect(commonFolder([])).toBe('');
  });

  it.each([0, 6] as const)('in an archive, packed at level %i', async (level) => {
    const zip = zipSync(
      {
        'set/cat/1.png': png([1, 2, 3]),
        'set/dog/2.png': png([4, 5, 6]),
        'set/x.pdf': new Uint8Array(9),
        '__MACOSX/set/._1.png': new Uint8Array(3),
      },
      { level },
    );
    const { summary, labels } = await look([fileOf('pets.zip', zip)]);
    expect(summary).toMatchObject({
      title: 'set: 2 PNG files in 2 folders',
      classNames: ['cat', 'dog'],
      leftOut: { count: 1, first: [{ name: 'pets.zip/set/x.pdf' }] },
    });
    expect(labels).toEqual({ 'cat/1.png': 0, 'dog/2.png': 1 });
    expect(await values([fileOf('pets.zip', zip)], [2, 2, 3])).toEqual({ 'cat/1.png': [1, 2, 3], 'dog/2.png': [4, 5, 6] });
  });
});

describe('DAT4: records', () => {
  const one = (label: number, synset?: string) => ({ encoded: png([label, 0, 0]), label, ...(synset === undefined ? {} : { synset }) });
  const shards = [fileOf('tf/validation-00001-of-00002', shard([one(3)])), fileOf('tf/validation-00000-of-00002', shard([one(1), one(2)]))];

  it('shard by shard in the order of names, each record a picture', async () => {
    const { summary } = await look(shards);
    expect(summary).toMatchObject({
      title: 'tf: 3 records in 2 shards',
      kind: 'records',
      count: 3,
      labels: { rule: { kind: 'carried' }, classes: null },
    });
    expect(await values(shards, [2, 2, 3])).toEqual({
      'validation-00000-of-00002[0]': [1, 0, 0],
      'validation-00000-of-00002[1]': [2, 0, 0],
      'validation-00001-of-00002[0]': [3, 0, 0],
    });
  });

  const labels = async (files: typeof shards, network: object, request = {}) => {
    const session = sessionFor(network);
    const summary = await session.open({ files, ...request });
    const data = await session.opened();
    const [batch] = await allBatches(session, { ...bytes, shape: [2, 2, 3] });
    session.dispose();
    return {
      whenRead: data.labelsWhenRead,
      known: data.labelOf(0),
      offset: summary.labels?.offset,
      labels: [...(batch?.labels ?? [])],
      leftOut: batch?.leftOut,
    };
  };

  it("LBL9: ImageNet's count from 1", async () => {
    expect(await labels(shards, { outputs: 1000 })).toMatchObject({ whenRead: true, known: null, offset: -1, labels: [0, 1, 2] });
    expect(await labels(shards, { outputs: 1001 })).toMatchObject({ offset: 0, labels: [1, 2, 3] });
    const counted = [fileOf('a.tfrecord', shard([one(0, 'n01440764'), one(6, 'n01498041')]))];
    expect(await labels(counted, { outputs: 1000 })).toMatchObject({ offset: 0, labels: [0, 6] });
    expect(await labels(counted, { outputs: 1001 })).toMatchObject({ offset: 1, labels: [1, 7] });
    const known = [fileOf('a.tfrecord', shard([one(1, 'n01440764'), one(6, 'n01498041')]))];
    expect(await labels(known, { outputs: 1000 })).toMatchObject({ offset: 0 });
    expect(await labels([fileOf('a.tfrecord', shard([one(1, 'n01440764'), one(2, 'n01443537')]))], { outputs: 1000 })).toMatchObject({
      offset: -1,
      labels: [0, 1],
    });
  });

  it('others from 1 where the largest says so', async () => {
    expect(await labels([fileOf('a.tfrecord', shard([one(1), one(10)]))], { outputs: 10 })).toMatchObject({ offset: -1, labels: [0, 9] });
    expect(await labels([fileOf('a.tfrecord', shard([one(1), one(9)]))], { outputs: 10 })).toMatchObject({ offset: 0, labels: [1, 9] });
    expect(await labels([fileOf('a.tfrecord', shard([one(1), one(1000)]))], { outputs: 1001 })).toMatchObject({ offset: 0 });
  });

  it("WNIDs in darknet's order", async () => {
    const files = [fileOf('a.tfrecord', shard([one(1, 'n01440764'), one(279, 'n02119789')]))];
    expect(await labels(files, { outputs: 1000, name: 'darknet19' }, { labels: { kind: 'wnid', order: 'darknet' } })).toMatchObject({
      offset: 0,
      labels: [448, 0],
    });
    // Its network needs no telling.
    expect(await labels(files, { outputs: 1000, name: 'darknet19' })).toMatchObject({ offset: 0, labels: [448, 0] });
  });

  it('a label that the network has no class for leaves the record out', async () => {
    const many = Array.from({ length: 30 }, (_, i) => one(i === 4 ? 77 : 5));
    const result = await labels([fileOf('a.tfrecord', shard(many))], { outputs: 10 });
    expect(result.labels).toHaveLength(29);
    expect(result.leftOut).toMatchObject([{ name: 'a.tfrecord[4]', error: { code: 'label-invalid' } }]);
  });

  it('records without labels', async () => {
    const files = [fileOf('a.tfrecord', shard([{ encoded: png(RED) }]))];
    expect((await look(files)).summary.labels).toBeNull();
    expect(await refusal(files, { labels: { kind: 'carried' } })).toMatchObject({ code: 'label-missing' });
  });

  it('of a shard that is cut off the records before are used, and that is said', async () => {
    const whole = shard([one(1), one(2)]);
    const { summary } = await look([fileOf('a.tfrecord', whole.subarray(0, whole.length - 5))]);
    expect(summary).toMatchObject({ count: 1, leftOut: { count: 1 }, warnings: [{ rule: 'DAT4' }] });
    expect(summary.warnings[0]?.text).toContain('What comes before that is used: 1 record.');
  });

  it('a damaged record is left out', async () => {
    const damaged = record(one(2));
    damaged[40] = (damaged[40] ?? 0) ^ 255;
    const session = sessionFor();
    await session.open({ files: [fileOf('a.tfrecord', new Uint8Array([...record(one(1)), ...damaged, ...record(one(3))]))] });
    const [batch] = await allBatches(session, { ...bytes, shape: [2, 2, 3] });
    session.dispose();
    expect(batch).toMatchObject({ images: [0, 2], leftOut: [{ name: 'a.tfrecord[1]', error: { code: 'tfrecord-malformed' } }] });
  });
});

describe('DAT5: arrays', () => {
  const pixels = Uint8Array.from({ length: 2 * 2 * 2 * 3 }, (_, i) => i);

  it.each([0, 6] as const)('images and labels of a .npz, packed at level %i', async (level) => {
    const files = [
      fileOf(
        'set.npz',
        npz({ images: npy('uint8', [2, 2, 2, 3], pixels), labels: npy('int64', [2, 1], [7, 3]), index: npy('int64', [2], [0, 1]) }, level),
      ),
    ];
    const { summary, labels } = await look(files);
    expect(summary).toMatchObject({
      title: 'set.npz: 2 images 2×2×3',
      kind: 'arrays',
      shape: [2, 2, 3],
      labels: { rule: { kind: 'carried' }, classes: 2 },
    });
    expect(labels).toEqual({ 'set.npz[0]': 7, 'set.npz[1]': 3 });
    expect(await values(files, [2, 2, 3])).toEqual({ 'set.npz[0]': [0, 1, 2], 'set.npz[1]': [12, 13, 14] });
  });

  it("Keras' names: the part for judging, with its own labels", async () => {
    const arrays = {
      x_train: npy('uint8', [3, 2, 2, 3], new Uint8Array(36)),
      y_train: npy('uint8', [3], [0, 0, 0]),
      x_test: npy('uint8', [2, 2, 2, 3], pixels),
      y_test: npy('uint8', [2], [4, 5]),
    };
    expect((await look([fileOf('mnist.npz', npz(arrays))])).labels).toEqual({ 'mnist.npz[0]': 4, 'mnist.npz[1]': 5 });
    const files = Object.entries(arrays).map(([name, bytes]) => fileOf(`d/${name}.npy`, bytes));
    const { summary, labels } = await look(files);
    expect(labels).toEqual({ 'x_test.npy[0]': 4, 'x_test.npy[1]': 5 });
    expect(summary.leftOut.first.map(({ name }) => name)).toEqual(['d/x_train.npy', 'd/y_train.npy']);
  });

  it('channels that stand first, one channel without an axis, big-endian and Fortran order', async () => {
    const planes = fileOf(
      'x.npy',
      npy(
        'uint8',
        [1, 3, 2, 2],
        Uint8Array.from({ length: 12 }, (_, i) => i),
      ),
    );
    expect(await values([planes], [2, 2, 3], 12)).toEqual({ 'x.npy[0]': [0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11] });
    const grey = fileOf('x.npy', npy('uint8', [2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]));
    expect(await values([grey], [2, 2, 1], 4)).toEqual({ 'x.npy[0]': [1, 2, 3, 4], 'x.npy[1]': [5, 6, 7, 8] });
    const header = (descr: string, fortran: string, shape: string) =>
      `\x93NUMPY\x01\0v\0${`{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': ${shape}, }`.padEnd(117)}\n`;
    const file = (text: string, body: readonly number[]) =>
      fileOf('x.npy', Uint8Array.from([...[...text].map((sign) => sign.charCodeAt(0)), ...body]));
    expect(await values([file(header('>i2', 'False', '(1, 1, 2, 1)'), [1, 0, 0, 7])], [1, 2, 1], 2)).toEqual({ 'x.npy[0]': [256, 7] });
    expect(await values([file(header('|u1', 'True', '(2, 1, 2, 1)'), [1, 2, 3, 4])], [1, 2, 1], 2)).toEqual({
      'x.npy[0]': [1, 3],
      'x.npy[1]': [2, 4],
    });
  });

  it('floats are fed as they are, of any shape', async () => {
    const files = [fileOf('x.npy', npy('float32', [2, 3], [0.5, -1, 2, 3, 4, 5]))];
    const session = sessionFor();
    expect((await session.open({ files })).images).toEqual({ name: 'none' });
    const [batch] = await allBatches(session, { rule: { name: 'none' }, shape: [3], size: 10 });
    expect([...(batch?.values ?? [])]).toEqual([0.5, -1, 2, 3, 4, 5]);
    const [wrong] = await allBatches(session, { rule: { name: 'none' }, shape: [4], size: 10 });
    expect(wrong).toMatchObject({ images: [], leftOut: [{ error: { code: 'data-shape' } }, {}] });
    session.dispose();
  });
});

describe("DAT6: CIFAR's binary batches", () => {
  const image = (labels: readonly number[], first: number) => [
    ...labels,
    ...Array.from({ length: 3072 }, (_, i) => (i % 1024 === 0 ? first + i / 1024 : 0)),
  ];

  it('CIFAR-10: label and planes; the test images where both parts are there; names of classes', async () => {
    const files = [
      fileOf('c/data_batch_1.bin', Uint8Array.from(image([1], 50))),
      fileOf('c/test_batch.bin', Uint8Array.from([...image([9], 10), ...image([2], 20)])),
      fileOf('c/batches.meta.txt', 'airplane\nautomobile\nbird\n\n'),
    ];
    const { summary, labels } = await look(files);
    expect(labels).toEqual({ 'test_batch.bin[0]': 9, 'test_batch.bin[1]': 2 });
    expect(summary).toMatchObject({
      classNames: ['airplane', 'automobile', 'bird'],
      shape: [32, 32, 3],
      leftOut: { count: 1, first: [{ name: 'c/data_batch_1.bin' }] },
    });
    expect(await values(files, [32, 32, 3])).toEqual({ 'test_batch.bin[0]': [10, 11, 12], 'test_batch.bin[1]': [20, 21, 22] });
  });

  it('several batches follow each other', async () => {
    const files = [
      fileOf('c/data_batch_2.bin', Uint8Array.from(image([4], 40))),
      fileOf('c/data_batch_1.bin', Uint8Array.from([...image([1], 50), ...image([3], 60)])),
    ];
    expect((await look(files)).labels).toEqual({ 'CIFAR-10[0]': 1, 'CIFAR-10[1]': 3, 'CIFAR-10[2]': 4 });
    expect(await values(files, [32, 32, 3], 1)).toEqual({ 'CIFAR-10[0]': [50], 'CIFAR-10[1]': [60], 'CIFAR-10[2]': [40] });
  });

  it('CIFAR-100: the fine label', async () => {
    const files = [fileOf('test.bin', Uint8Array.from([...image([11, 77], 9), ...image([12, 99], 8)]))];
    expect((await look(files, {}, { outputs: 100 })).labels).toEqual({ 'test.bin[0]': 77, 'test.bin[1]': 99 });
    expect(await values(files, [32, 32, 3])).toEqual({ 'test.bin[0]': [9, 10, 11], 'test.bin[1]': [8, 9, 10] });
  });
});

describe('PRP7: the rule that is suggested', () => {
  const network = { ...NO_NETWORK, preprocessing: 'inception', shape: [128, 128, 3] } as const;
  it.each([
    ['pictures, by the preset', { shape: null, dtype: null }, network, { name: 'inception' }],
    ['pictures for a network that is not known', { shape: null, dtype: null }, NO_NETWORK, { name: 'signed' }],
    ['bytes of the size of the input', { shape: [128, 128, 3], dtype: 'uint8' }, network, { name: 'signed' }],
    ['larger bytes', { shape: [160, 160, 3], dtype: 'uint8' }, network, { name: 'inception' }],
    ['floats', { shape: [128, 128, 3], dtype: 'float32' }, network, { name: 'none' }],
    ['bytes for darknet', { shape: [128, 128, 3], dtype: 'uint8' }, { ...network, preprocessing: 'darknet' }, { name: 'unit' }],
    [
      'bytes for a network of Caffe',
      { shape: [128, 128, 3], dtype: 'uint8' },
      { ...network, preprocessing: 'mobilenet-caffe' },
      { name: 'custom', crop: { kind: 'none' }, channels: 'bgr', divisor: 1, mean: [103.94, 116.78, 123.68], scale: [0.017] },
    ],
  ] as const)('%s', (_, source, facts, expected) => expect(suggestedRule(source, facts)).toEqual(expected));
});
