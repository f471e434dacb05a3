import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { type SourceFile, separateData } from '../../../worker/protocol.ts';
import { fileOf, npy, npz, png, shard } from './files.ts';

const bytes = npy('uint8', [2, 2, 2, 3], new Uint8Array(24));
const floats = npy('float32', [2, 2, 2, 3], new Float32Array(24));
const labels = npy('int64', [2], [0, 1]);

async function parts(...files: readonly SourceFile[]): Promise<{ data: string[]; document: string[] }> {
  const { data, document } = await separateData(files);
  return { data: data.map(({ path, name }) => path ?? name), document: document.map(({ path, name }) => path ?? name) };
}

describe('DAT9: data or document', () => {
  it.each([
    ['a picture', fileOf('a.JPG')],
    ['a GIF, which is told as data', fileOf('a.gif')],
    ['a picture without ending', fileOf('a', png([1, 2, 3]))],
    ['a shard', fileOf('validation-00000-of-00128', shard([]))],
    ['records without their name', fileOf('records', shard([{ encoded: png([1, 2, 3]) }]))],
    ["CIFAR's batch", fileOf('test_batch.bin')],
    ['a pickle', fileOf('data_batch_1')],
    ['an archive of pictures', fileOf('a.zip', zipSync({ 'x/a.png': png([1, 2, 3]) }))],
    ['bytes', fileOf('x.npy', bytes)],
    ['bytes in a packed archive', fileOf('x.npz', npz({ a: bytes }, 6))],
    ['floats with labels', fileOf('x.npz', npz({ images: floats, labels }))],
  ])('data: %s', async (_, file) => expect(await parts(file)).toEqual({ data: [file.path], document: [] }));

  it.each([
    ['a graph', fileOf('a.pb')],
    ['a checkpoint', fileOf('a.ckpt.data-00000-of-00001')],
    ['floats alone', fileOf('calibration_set.npy', floats)],
    ['floats for several inputs', fileOf('x.npz', npz({ left: floats, right: floats }))],
    ['labels without images', fileOf('x.npz', npz({ labels, index: labels }))],
    ['an archive with a graph and pictures', fileOf('a.zip', zipSync({ 'a.png': png([1, 2, 3]), 'm.pb': new Uint8Array(3) }))],
    ['a damaged array', fileOf('x.npy', 'no')],
    ['a recipe', fileOf('recipe.json', '{}')],
    ['a list of quantize', fileOf('merge.txt', 'a,b')],
  ])('document: %s', async (_, file) => expect(await parts(file)).toEqual({ data: [], document: [file.path] }));

  it('a graph and images given together: both', async () => {
    const files = [
      fileOf('m/net.pb'),
      fileOf('m/calibration_set.npy', floats),
      fileOf('m/merge.txt'),
      fileOf('m/val/cat/1.png'),
      fileOf('m/labels.csv'),
      fileOf('m/recipe.json'),
    ];
    expect(await parts(...files)).toEqual({
      data: ['m/val/cat/1.png', 'm/labels.csv'],
      document: ['m/net.pb', 'm/calibration_set.npy', 'm/merge.txt', 'm/recipe.json'],
    });
  });

  it('without a graph everything else goes with the images, which name it', async () => {
    expect(await parts(fileOf('d/1.png'), fileOf('d/labels.json'), fileOf('d/notes.txt'), fileOf('d/x.xml'))).toEqual({
      data: ['d/1.png', 'd/labels.json', 'd/notes.txt', 'd/x.xml'],
      document: [],
    });
  });

  it('floats and their labels in two files', async () => {
    expect(await parts(fileOf('x_test.npy', floats), fileOf('y_test.npy', labels))).toEqual({
      data: ['x_test.npy', 'y_test.npy'],
      document: [],
    });
  });
});
