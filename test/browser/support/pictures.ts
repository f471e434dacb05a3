/** Labelled pictures on disk: the sample's own drawing, in class folders. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { zipSync } from 'fflate';
import { labelledPictures } from '../../../scripts/sample/labelled.ts';
import { random } from '../../../scripts/sample/random.ts';
import { writeNpy } from '../../../worker/formats/npy.ts';
import { makeTensor } from '../../../worker/formats/tensorValues.ts';

/** Test pictures of the sample from `first` on, as PNG files in the folders of their classes. @returns their paths within `folder` */
export async function writePictures(folder: string, first: number, count: number): Promise<readonly string[]> {
  const pictures = labelledPictures('test', first, count);
  for (const [name, bytes] of pictures) {
    await mkdir(path.join(folder, path.dirname(name)), { recursive: true });
    await writeFile(path.join(folder, name), bytes);
  }
  return [...pictures.keys()];
}

/** A picture that ends in the middle of its pixels. */
export async function writeBroken(file: string): Promise<void> {
  const [picture] = labelledPictures('test', 0, 1).values();
  if (picture === undefined) throw new Error('nothing was drawn');
  await writeFile(file, picture.subarray(0, picture.length / 2));
}

/** Noise of 16×16 pixels as bytes, with labels that take turns: `images` and `labels` in one .npz. */
export function labelledNoise(count: number, classes: number): Buffer {
  const draw = random(count);
  const pixels = Uint8Array.from({ length: count * 16 * 16 * 3 }, () => draw.below(256));
  const labels = Int32Array.from({ length: count }, (_, image) => image % classes);
  return Buffer.from(
    zipSync(
      {
        'images.npy': writeNpy(makeTensor('uint8', [count, 16, 16, 3], pixels)),
        'labels.npy': writeNpy(makeTensor('int32', [count], labels)),
      },
      { level: 0 },
    ),
  );
}
