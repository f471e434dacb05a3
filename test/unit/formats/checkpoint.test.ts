import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointFiles, openCheckpoint } from '../../../worker/formats/checkpoint.ts';
import type { NamedBlob } from '../../../worker/formats/checkpointFiles.ts';
import type { Tensor } from '../../../worker/formats/tensor.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';
import { describeShared } from '../../shared.ts';
import { bytesOfFile, sharedFiles } from './sharedFiles.ts';

async function readAll(files: readonly NamedBlob[], wanted?: string): Promise<Map<string, Tensor>> {
  const checkpoint = await openCheckpoint(files, { wanted });
  const tensors = new Map<string, Tensor>();
  for (const name of checkpoint?.entries.keys() ?? []) tensors.set(name, await (checkpoint?.read(name) as Promise<Tensor>));
  return tensors;
}

async function bytes(file: NamedBlob | undefined): Promise<Buffer> {
  return Buffer.from((await file?.blob.arrayBuffer()) ?? new ArrayBuffer(0));
}

describeShared('checkpoints of the reference cases', () => {
  it('reading and writing one again gives the identical index and data', async () => {
    const indexes = sharedFiles('.index');
    expect(indexes.length).toBeGreaterThan(150);
    const different: string[] = [];
    for (const index of indexes) {
      const data = index.replace(/index$/, 'data-00000-of-00001');
      const files = [index, data].map((file) => ({ name: path.basename(file), blob: new Blob([bytesOfFile(file) as BlobPart]) }));
      const tensors = await readAll(files);
      const again = checkpointFiles(path.basename(index, '.index'), tensors);
      for (const i of [0, 1]) {
        if (!(await bytes(again[i])).equals(await bytes(files[i]))) different.push(`${index} ${again[i]?.name}`);
      }
    }
    expect(different).toEqual([]);
  });
});

describe('a checkpoint with many variables', () => {
  const tensors = new Map<string, Tensor>();
  for (let i = 0; i < 5000; i++) tensors.set(`net/block_${i % 97}/layer_${i}/weights`, makeTensor('float32', [2], [i, -i]));

  it('spans several blocks and reads back', async () => {
    const read = await readAll(checkpointFiles('many.ckpt', tensors));
    expect(read.size).toBe(5000);
    for (const [name, tensor] of tensors) expect(read.get(name)).toEqual(tensor);
  });
});
