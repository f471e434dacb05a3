import { describe, expect, it } from 'vitest';
import { thumbnailOf } from '../../../worker/data/workers/thumbnail.ts';
import { fileOf, npy, npz, png, shard } from './files.ts';
import { sessionFor } from './session.ts';

describe('DAT10: thumbnails', () => {
  it('the longer side has the size asked for, and nothing is made larger', async () => {
    const session = sessionFor();
    await session.open({ files: [fileOf('a.png', png([10, 20, 30], 40, 20)), fileOf('b.png', png([1, 2, 3], 3, 2))] });
    expect(await session.thumbnail(0, 16)).toMatchObject({ name: 'a.png', label: null, width: 16, height: 8 });
    const small = await session.thumbnail(1, 16);
    expect(small).toMatchObject({ width: 3, height: 2 });
    expect([...small.pixels.slice(0, 4)]).toEqual([1, 2, 3, 255]);
    await expect(session.thumbnail(2, 16)).rejects.toMatchObject({ code: 'data-missing' });
    await expect(session.thumbnail(-1, 16)).rejects.toMatchObject({ code: 'data-missing' });
    await expect(session.thumbnail(0, 0)).rejects.toMatchObject({ code: 'option-invalid' });
    session.dispose();
  });

  it('pixels are averaged, not picked', () => {
    const checkered = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) =>
      ((Math.floor(i / 3) % 64) + Math.floor(i / 192)) % 2 === 0 ? 0 : 200,
    );
    const { pixels } = thumbnailOf({ width: 64, height: 64, channels: 3, values: checkered }, 8);
    expect([...new Set(pixels)].sort((a, b) => a - b)).toEqual([100, 255]);
  });

  it('values of arrays become brightness: [0, 1], [−m, m], [0, 255], one channel', () => {
    const shown = (...values: number[]) =>
      [...thumbnailOf({ width: values.length, height: 1, channels: 1, values: Float32Array.from(values) }, 8).pixels].filter(
        (_, i) => i % 4 === 0,
      );
    expect(shown(0, 0.5, 1)).toEqual([0, 128, 255]);
    expect(shown(-2, 0, 2)).toEqual([0, 128, 255]);
    expect(shown(0, 100, 255)).toEqual([0, 100, 255]);
  });

  it('an array row with its label', async () => {
    const session = sessionFor();
    await session.open({
      files: [fileOf('x.npz', npz({ images: npy('uint8', [1, 1, 1, 3], [9, 8, 7]), labels: npy('uint8', [1], [4]) }))],
    });
    const { label, pixels } = await session.thumbnail(0, 4);
    expect([label, ...pixels]).toEqual([4, 9, 8, 7, 255]);
    session.dispose();
  });

  it('a record with its label', async () => {
    const session = sessionFor({ outputs: 10 });
    await session.open({ files: [fileOf('a.tfrecord', shard([{ encoded: png([1, 2, 3]), label: 6 }]))] });
    expect(await session.thumbnail(0, 4)).toMatchObject({ name: 'a.tfrecord[0]', label: 6, width: 2 });
    session.dispose();
  });

  it('a picture that cannot be read', async () => {
    const session = sessionFor();
    await session.open({ files: [fileOf('a.png', 'x')] });
    await expect(session.thumbnail(0, 4)).rejects.toMatchObject({ code: 'image-unreadable', about: 'a.png' });
    session.dispose();
  });
});
