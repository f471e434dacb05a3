import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { readNpy } from '../../worker/formats/npy.ts';
import { checkPreprocessing, type RecordedAnswer } from '../unit/data/checkPreprocessing.ts';
import { drawnPicture } from '../unit/data/drawnPicture.ts';

const folder = process.env.INTEROP_DIR;
if (folder === undefined) throw new Error('INTEROP_DIR names the folder that preprocessingAgainstTensorflow.py wrote to.');

interface Written {
  readonly cases: readonly (RecordedAnswer & { readonly picture: readonly [number, number] })[];
  /** Photographs by the file of the pixels that TensorFlow decoded; none where the reference cases are not there. */
  readonly photographs: readonly (RecordedAnswer & { readonly pixels: string })[];
}
const { cases, photographs } = JSON.parse(readFileSync(path.join(folder, 'preprocessing.json'), 'utf8')) as Written;

describe('preprocessing against the TensorFlow at hand, to the last bit', () => {
  it.each([...new Set(cases.map(({ rule }) => rule))])('drawn pictures, %s', (rule) => {
    for (const one of cases.filter((other) => other.rule === rule)) checkPreprocessing(drawnPicture(...one.picture), one);
  });

  it('photographs that TensorFlow decoded', () => {
    for (const one of photographs) {
      const { shape, bytes } = readNpy(new Uint8Array(readFileSync(path.join(folder, 'pixels', one.pixels))), one.pixels);
      const [height = 0, width = 0, channels = 0] = shape;
      expect(channels).toBe(3);
      checkPreprocessing({ height, width, channels, values: bytes }, one);
    }
  });
});
