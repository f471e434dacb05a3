import { errorInfo, GraffitistError } from '../../errors.ts';
import { dtypeSize, elementCount } from '../../formats/dtype.ts';
import { type NpyFile, openNpy } from '../../formats/npy.ts';
import { npzArrays } from '../../formats/npz.ts';
import { tensorNumbers } from '../../formats/tensorValues.ts';
import type { LeftOut } from '../../protocol.ts';
import { blobOf, type DataFile, type Gathered } from './gather.ts';
import { type ArrayPart, rowSource } from './rows.ts';
import type { RowForm, Source } from './source.ts';

/** Names of arrays, the likelier first: habits of Keras and NumPy, the part for judging before the one for training. */
const IMAGES = 'images image x x_test test_images test_x x_val val_images data test_data inputs input features x_train train_images train_x train_data'.split(' ');
const LABELS = 'labels label y y_test test_labels test_y y_val val_labels targets classes fine_labels y_train train_labels train_y'.split(' ');

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
    const error = new GraffitistError('file-unsupported', `The images of '${images.file.path}' are taken, not these.`, { remedy: 'Open it by itself.' });
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
  const images = arrays.filter(({ npy }) => npy.shape.length >= 3 || (npy.shape.length === 2 && (npy.shape[1] ?? 0) > 1));
  const named = images.filter(({ name }) => rank(IMAGES, name) < IMAGES.length);
  const first = (list: readonly NamedArray[]): NamedArray | undefined => [...list].sort((a, b) => rank(IMAGES, a.name) - rank(IMAGES, b.name))[0];
  return first(named) ?? images.find(({ npy }) => npy.shape.length === 4) ?? images[0];
}

/** The labels that go by the images' name or file: as many as images, where there are several. */
function chooseLabels(arrays: readonly NamedArray[], images: NamedArray): NamedArray | undefined {
  const flat = arrays.filter((array) => array !== images && (array.npy.shape.length === 1 || (array.npy.shape.length === 2 && array.npy.shape[1] === 1)));
  const named = flat.filter(({ name, file }) => rank(LABELS, name) < LABELS.length && (file === images.file || partOf(name) === partOf(images.name)));
  const beside = named.filter(({ file }) => file === images.file);
  const candidates = (beside.length > 0 ? beside : named).sort((a, b) => Number(partOf(b.name) === partOf(images.name)) - Number(partOf(a.name) === partOf(images.name)));
  return candidates.find(({ npy }) => npy.shape[0] === images.npy.shape[0]) ?? candidates[0];
}

/** Which part of a data set a name speaks of. */
function partOf(name: string): string {
  return /test|val|train/i.exec(name)?.[0].toLowerCase() ?? '';
}

/** Place of a name in a list; its length for one that is not there. */
function rank(names: readonly string[], name: string): number {
  const at = names.indexOf(name.toLowerCase());
  return at < 0 ? names.length : at;
}

/** Labels as whole numbers. @throws GraffitistError `label-missing` where they are not as many as images, `label-invalid` */
async function readLabels({ name, npy }: NamedArray, count: number): Promise<Int32Array> {
  const have = npy.shape[0] ?? 0;
  if (have !== count) {
    throw new GraffitistError('label-missing', `There are ${count.toLocaleString('en-US')} images and ${have.toLocaleString('en-US')} labels.`, {
      about: name,
      remedy: 'Give as many labels as images, or open the images without labels.',
    });
  }
  const numbers = tensorNumbers(await npy.rows(0, count));
  if (!numbers.every(Number.isInteger)) {
    throw new GraffitistError('label-invalid', 'The labels are no whole numbers.', { about: name, remedy: 'Save them as integers, one class number per image.' });
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
