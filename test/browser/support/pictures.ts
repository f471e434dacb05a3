/** Labelled pictures on disk: the sample's own drawing, in class folders. */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { labelledPictures } from '../../../scripts/sample/labelled.ts';

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
