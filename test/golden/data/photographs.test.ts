import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openFile } from '../../../cli/fileBlobs.ts';
import { readNpy } from '../../../worker/formats/npy.ts';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { describeShared, shared } from '../../shared.ts';
import { allBatches, sessionFor } from '../../unit/data/session.ts';

const folder = 'cases/imagenet_mobilenet';

describeShared('DAT8, PRP4: the photographs of the recorded cases', () => {
  it('decoded and preprocessed here are the array that TensorFlow made of them, to the last bit; their labels are the recorded ones', async () => {
    const recorded = JSON.parse(readFileSync(shared(folder, 'images', 'labels.json'), 'utf8')) as Record<
      string,
      { readonly label: number }
    >;
    const files = await Promise.all(
      readdirSync(shared(folder, 'images')).map(async (name) => ({
        name,
        path: `images/${name}`,
        blob: await openFile(shared(folder, 'images', name)),
      })),
    );
    const session = sessionFor({ outputs: 1001, name: 'mobilenet_v1', preprocessing: 'inception', shape: [128, 128, 3] });
    const summary = await session.open({ files });
    expect(summary).toMatchObject({ count: 51, images: { name: 'inception' }, labels: { offset: 1, classes: 51 }, leftOut: { count: 1 } });
    const batches = await allBatches(session, { rule: summary.images, shape: [128, 128, 3], size: 10 });
    session.dispose();

    const row = 128 * 128 * 3;
    const made = new Map(
      batches.flatMap(({ names, values }) => names.map((name, i) => [name, values.subarray(i * row, (i + 1) * row)] as const)),
    );
    const labels = batches.flatMap(({ names, labels: found }) => names.map((name, i) => [name, found[i]]));
    expect(Object.fromEntries(labels)).toEqual(Object.fromEntries(Object.entries(recorded).map(([name, { label }]) => [name, label])));

    // The array holds the first fifty in the order of labels.json.
    const expected = tensorNumbers(readNpy(new Uint8Array(readFileSync(shared(folder, 'calibration_set.npy'))), 'calibration_set.npy'));
    const differing = Object.keys(recorded)
      .slice(0, 50)
      .flatMap((name, i) => {
        const ours = made.get(name) ?? new Float32Array(row);
        const mean = ours.reduce((sum, value, k) => sum + Math.abs(value - (expected[i * row + k] ?? Number.NaN)), 0) / row;
        return mean === 0 ? [] : [{ name, mean }];
      });
    expect(expected.length).toBe(50 * row);
    expect(differing).toEqual([]);
  });
});
