import { errorInfo, GraffitistError } from '../../errors.ts';
import { dtypeSize, elementCount } from '../../formats/dtype.ts';
import { type NpyFile, openNpy } from '../../formats/npy.ts';
import { npzArrays } from '../../formats/npz.ts';
import { tensorNumbers } from '../../formats/tensorValues.ts';
import type { LeftOut } from '../../protocol.ts';
import { counted } from '../counted.ts';
import { imagesRank, isLabels, partOf } from './arrayNames.ts';
import { blobOf, type DataFile, type Gathered } from './gather.ts';
import { type ArrayPart, rowSource } from './rows.ts';
import type { RowForm, Source } from './source.ts';

interface NamedArray {
  readonly name: string;
  readonly file: DataFile;
  readonly npy: NpyFile;
}

/** DAT5: images in an array of numbers, their labels in one beside it. @throws GraffitistError `data-missing`, `npy-malformed`, `label-missing` */
export async function arraySource(gathered: Gathered): Promise<Source> {
  const leftOut: LeftOut[] = [...gathered.leftOut];
  const arrays: NamedArray[] = [];
  for (const file of gathered.arrays) {
    try {
      arrays.push(...(await openArrays(file)));
    } catch (error) {
      leftOut.push({ name: file.path, error: errorInfo(error) });
      if (gathered.arrays.length === 1) throw error;
    }
  }
  const images = chooseImages(arrays);
  if (images === undefined) {
    throw new GraffitistError('data-missing', 'No array holds images (four dimensions, the first of which counts them).', {
      about: gathered.arrays.map(({ path }) => path).join(', '),
      remedy: 'Save them with numpy.savez(file, images=…, labels=…).',
    });
  }
  const labels = chooseLabels(arrays, images);
  for (const other of arrays) {
    if (other === images || other === labels || other.file === images.file) continue;
    const error = new GraffitistError('file-unsupported', `The images of '${images.file.path}' are taken, not these.`, {
      remedy: 'Open it by itself.',
    });
    leftOut.push({ name: other.file.path, error: errorInfo(error) });
  }
  const [count = 0] = images.npy.shape;
  const part: ArrayPart = { blob: await images.npy.elements(), rows: count, form: formOf(images.npy) };
  return rowSource({
    name: images.file.path.slice(images.file.path.lastIndexOf('/') + 1),
    parts: [part],
    labels: labels === undefined ? null : await readLabels(labels, count),
    classNames: [],
    gathered: { ...gathered, leftOut },
  });
}

async function openArrays(file: DataFile): Promise<NamedArray[]> {
  const name = file.path.slice(file.path.lastIndexOf('/') + 1);
  const source = { name, blob: await blobOf(file) };
  const parts = /\.npz$/i.test(name) ? await npzArrays(source) : [source];
  return Promise.all(parts.map(async (part) => ({ name: part.name.replace(/\.npy$/i, ''), file, npy: await openNpy(part) })));
}

function chooseImages(arrays: readonly NamedArray[]): NamedArray | undefined {
  const images = arrays.filter(({ name, npy: { shape } }) => !isLabels(name, shape) && shape.length >= 2);
  const named = images
    .filter(({ name }) => imagesRank(name) < Number.POSITIVE_INFINITY)
    .sort((a, b) => imagesRank(a.name) - imagesRank(b.name));
  return named[0] ?? images.find(({ npy }) => npy.shape.length === 4) ?? images.find(({ npy }) => npy.shape.length === 3) ?? images[0];
}

/** The labels that go by the images' name or file: as many as images, where there are several. */
function chooseLabels(arrays: readonly NamedArray[], images: NamedArray): NamedArray | undefined {
  const named = arrays.filter((array) => array !== images && isLabels(array.name, array.npy.shape));
  const beside = named.filter(({ file }) => file === images.file);
  const ofPart = (list: readonly NamedArray[]) => list.filter(({ name }) => partOf(name) === partOf(images.name));
  const candidates = [ofPart(beside), beside, ofPart(named)].find((list) => list.length > 0) ?? [];
  return candidates.find(({ npy }) => npy.shape[0] === images.npy.shape[0]) ?? candidates[0];
}

/** Labels as whole numbers. @throws GraffitistError `label-missing` where they are not as many as images, `label-invalid` */
async function readLabels({ name, npy }: NamedArray, count: number): Promise<Int32Array> {
  const have = npy.shape[0] ?? 0;
  if (have !== count) {
    throw new GraffitistError('label-missing', `The data has ${counted(count, 'image')} and ${counted(have, 'label')}.`, {
      about: name,
      remedy: 'Give as many labels as images, or open the images without labels.',
    });
  }
  const numbers = tensorNumbers(await npy.rows(0, count));
  if (!numbers.every(Number.isInteger)) {
    throw new GraffitistError('label-invalid', 'The labels are no whole numbers.', {
      about: name,
      remedy: 'Save them as integers, one class number per image.',
    });
  }
  return Int32Array.from(numbers);
}

/** Images whose channels stand first are told by their sizes. */
function formOf({ dtype, shape }: NpyFile): RowForm {
  const row = shape.slice(1);
  const [first = 0, , last = 0] = row;
  const planes = row.length === 3 && (first === 1 || first === 3) && ![1, 3, 4].includes(last);
  return { dtype, shape: row, planes, stride: elementCount(row) * dtypeSize(dtype), skip: 0 };
}
