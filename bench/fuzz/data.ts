/** Tables of labels and arrays of images, and what is done with damaged ones. */
import { csvLabels } from '../../worker/data/labels/csvLabels.ts';
import { NO_NETWORK } from '../../worker/data/labels/network.ts';
import { labelSource, openSource } from '../../worker/data/openData.ts';

export const labelTables = [
  'file,label\na.png,2\n"b.png","0"\nc.png,1\n',
  'a.png 2\nb.png 0\nc.png 1\n',
  '2\n0\n1\n',
  'ImageId,PredictionString\na,n01751748 111 108 431 202 \nb,n01440764 1 2 3 4 n01440764 5 6 7 8 \n',
  'label;file\n"zebra; ""plain""";a.png\nant;b.png\n',
];

export function readLabelTable(text: string): void {
  csvLabels({ text, fileName: 'damaged.csv', paths: ['a.png', 'b.png', 'c.png'], order: 'imagenet', folders: [] });
}

/** Two images of CIFAR-10, one of CIFAR-100. */
export const cifarBatches = [new Uint8Array(2 * 3073).map((_, i) => i % 7), new Uint8Array(3074).map((_, i) => i % 5)];

export async function openBatches(bytes: Uint8Array): Promise<void> {
  const source = await openSource({ files: [{ name: 'test_batch.bin', blob: new Blob([bytes as BlobPart]) }] });
  const set = await labelSource(source, {}, { ...NO_NETWORK, outputs: 10 });
  for (const stored of set.stored([0, set.count - 1])) if (stored.kind === 'rows') await stored.blob.arrayBuffer();
}
