import { zipSync } from 'fflate';
import { drawImage, IMAGE_SIZE, labelOf, type Split } from './images.ts';
import { LABELLED_COUNT, SEED } from './plan.ts';
import { writePng } from './png.ts';
import { CLASSES } from './shapes.ts';

/** The folder of a class: its number first, so that the sorted names are in the order of the network's outputs. */
export function classFolder(label: number): string {
  return `${label}_${CLASSES[label] ?? ''}`;
}

/** Pictures as PNG files in the folders of their classes, by path: `3_triangle/0013.png`. */
export function labelledPictures(split: Split, first: number, count: number): Map<string, Uint8Array> {
  const files = Array.from({ length: count }, (_, offset): [string, Uint8Array] => {
    const index = first + offset;
    const path = `${classFolder(labelOf(index))}/${String(index).padStart(4, '0')}.png`;
    return [path, writePng(drawImage(SEED, split, index), IMAGE_SIZE, IMAGE_SIZE)];
  });
  return new Map(files.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The first test pictures as one archive. PNG is packed already, and an archive has dates: all are the first that it can say. */
export function labelledArchive(): Uint8Array {
  const files = labelledPictures('test', 0, LABELLED_COUNT);
  return zipSync(Object.fromEntries(files), { level: 0, mtime: new Date(1980, 0, 1) });
}
