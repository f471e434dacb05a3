import { describe, expect, it } from 'vitest';
import { joinBytes } from '../../../worker/formats/bytes.ts';
import { openNpy, readNpy, writeNpy } from '../../../worker/formats/npy.ts';
import type { DType } from '../../../worker/formats/tensor.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { describeShared, shared } from '../../shared.ts';
import { bytesOfFile } from './sharedFiles.ts';

/** A file with this header dictionary, as NumPy writes it. */
function npy(version: 1 | 2 | 3, dictionary: string, elements: Uint8Array): Uint8Array {
  const header = new TextEncoder().encode(`${dictionary}\n`);
  const length = version === 1 ? [header.length & 0xff, header.length >> 8] : [header.length & 0xff, header.length >> 8, 0, 0];
  return joinBytes([Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0, ...length), header, elements]);
}

const floats = (...values: number[]): Uint8Array => new Uint8Array(Float32Array.from(values).buffer);

describe('npy arrays', () => {
  it.each<[DType, number[]]>([
    ['float32', [1.5, -2, 2 ** -25]],
    ['float64', [1.1, 2.2, -3.3]],
    ['uint8', [0, 7, 255]],
    ['int64', [-1, 2, 2 ** 40]],
    ['int32', [-1, 2, 3]],
    ['float16', [1, 0.5, -65504]],
    ['bool', [1, 0, 1]],
  ])('%s is read as it was written, elements at a multiple of 64', (dtype, values) => {
    const tensor = makeTensor(dtype, [3, 1], values);
    const file = writeNpy(tensor);
    expect((file.length - tensor.bytes.length) % 64).toBe(0);
    expect(readNpy(file, 'a.npy')).toEqual(tensor);
    expect([...tensorNumbers(readNpy(file, 'a.npy'))]).toEqual(values);
  });

  it.each([1, 2, 3] as const)('version %d is read', (version) => {
    const file = npy(version, "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", floats(1, 2, 3, 4));
    expect([...tensorNumbers(readNpy(file, 'a.npy'))]).toEqual([1, 2, 3, 4]);
  });

  it('scalars and vectors have their shapes', () => {
    expect(readNpy(writeNpy(makeTensor('float32', [], [5])), 'a').shape).toEqual([]);
    expect(readNpy(writeNpy(makeTensor('float32', [1], [5])), 'a').shape).toEqual([1]);
  });

  it('Fortran order and big-endian elements come out in our order', async () => {
    const big = floats(1, 4, 2, 5, 3, 6);
    for (let i = 0; i < big.length; i += 4) big.subarray(i, i + 4).reverse();
    const file = npy(1, "{'descr': '>f4', 'fortran_order': True, 'shape': (2, 3), }", big);
    expect([...tensorNumbers(readNpy(file, 'a.npy'))]).toEqual([1, 2, 3, 4, 5, 6]);
    const opened = await openNpy({ name: 'a.npy', blob: new Blob([file as BlobPart]) });
    expect([...tensorNumbers(await opened.rows(1, 1))]).toEqual([4, 5, 6]);
  });

  it.each([
    ['records', "{'descr': [('x', '<f4')], 'fortran_order': False, 'shape': (1,), }", /records/],
    ['objects', "{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", /type '\|O'/],
    ['text', "{'descr': '<U3', 'fortran_order': False, 'shape': (1,), }", /type '<U3'/],
    ['too large a shape', "{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 1000000, 1000000), }", /needs .* bytes/],
    ['no shape', "{'descr': '<f4', 'fortran_order': False, }", /no shape/],
  ])('%s is refused by name', (_, header, text) => {
    expect(() => readNpy(npy(1, header, floats(1)), 'a.npy')).toThrow(
      expect.objectContaining({ code: 'npy-malformed', about: 'a.npy', message: expect.stringMatching(text) }),
    );
  });

  it('a cut file says how many bytes are missing', () => {
    const file = writeNpy(makeTensor('float32', [4], [1, 2, 3, 4]));
    expect(() => readNpy(file.subarray(0, file.length - 1), 'a.npy')).toThrow(/needs 144 bytes and the file has 143/);
  });
});

describeShared('npy arrays of the reference cases', () => {
  it('rows are read without the rest of the file', async () => {
    const bytes = bytesOfFile(shared('cases/micro/calibration_set.npy'));
    const all = readNpy(bytes, 'calibration_set.npy');
    const reads: number[] = [];
    const blob = new Blob([bytes as BlobPart]);
    const slice = blob.slice.bind(blob);
    blob.slice = (from, to, type) => {
      reads.push(Number(to) - Number(from));
      return slice(from, to, type);
    };
    const file = await openNpy({ name: 'calibration_set.npy', blob });
    expect(file.shape).toEqual(all.shape);
    const row = all.bytes.length / (all.shape[0] ?? 1);
    expect((await file.rows(2, 3)).bytes).toEqual(all.bytes.slice(2 * row, 5 * row));
    expect(Math.max(...reads)).toBeLessThanOrEqual(Math.max(1024, 3 * row));
    await expect(file.rows(all.shape[0] ?? 0, 1)).rejects.toThrow(/rows/);
  });
});
