import { errorInfo, GraffitistError } from '../../errors.ts';
import type { LeftOut } from '../../protocol.ts';
import { blobOf, type DataFile, type Gathered } from './gather.ts';
import { rowSource } from './rows.ts';
import type { RowForm, Source } from './source.ts';

const PLANES = 3 * 32 * 32;
/** Bytes before an image: CIFAR-10 has its label there, CIFAR-100 a coarse and a fine one; the last is taken. */
const LABEL_BYTES = [1, 2] as const;
const PIECE_ROWS = 1024;

/** DAT6: the binary version of CIFAR-10 or CIFAR-100; of a folder with both parts the test images. @throws GraffitistError `file-truncated` */
export async function cifarSource(gathered: Gathered): Promise<Source> {
  const test = gathered.batches.filter(({ path }) => /(^|\/)test/i.test(path));
  const taken = test.length > 0 ? test : gathered.batches;
  const files: { readonly file: DataFile; readonly blob: Blob; readonly skip: number }[] = [];
  for (const file of taken) files.push({ file, ...(await opened(file)) });
  const [first] = files;
  const kept = files.filter(({ skip }) => skip === first?.skip);
  const form: RowForm = { dtype: 'uint8', shape: [3, 32, 32], planes: true, stride: PLANES + (first?.skip ?? 0), skip: first?.skip ?? 0 };
  const leftOut: LeftOut[] = gathered.batches
    .filter((file) => !kept.some((one) => one.file === file))
    .map(({ path }) => ({
      name: path,
      error: errorInfo(
        new GraffitistError('file-unsupported', 'The test images are taken, not these.', {
          remedy: 'Open the training batches by themselves.',
        }),
      ),
    }));
  const labels = await Promise.all(kept.map(({ blob }) => labelsOf(blob, form)));
  return rowSource({
    name: taken.length === 1 ? (taken[0]?.path.replace(/^.*\//, '') ?? '') : `CIFAR-${form.skip === 1 ? 10 : 100}`,
    parts: kept.map(({ blob }) => ({ blob, rows: blob.size / form.stride, form })),
    labels: Int32Array.from(labels.flatMap((part) => [...part])),
    classNames: await namesOf(gathered, form.skip === 1 ? /batches\.meta\.txt$/ : /fine_label_names\.txt$/),
    gathered: { ...gathered, leftOut: [...gathered.leftOut, ...leftOut] },
  });
}

async function opened(file: DataFile): Promise<{ readonly blob: Blob; readonly skip: number }> {
  const blob = await blobOf(file);
  const skip = LABEL_BYTES.find((bytes) => blob.size > 0 && blob.size % (PLANES + bytes) === 0);
  if (skip !== undefined) return { blob, skip };
  throw new GraffitistError(
    'file-truncated',
    `Its ${blob.size} bytes are no whole number of CIFAR images (3,073 bytes each, CIFAR-100's 3,074).`,
    {
      about: file.path,
      remedy: 'Copy or download it again.',
    },
  );
}

async function labelsOf(blob: Blob, { stride, skip }: RowForm): Promise<Uint8Array> {
  const labels = new Uint8Array(blob.size / stride);
  for (let row = 0; row < labels.length; row += PIECE_ROWS) {
    const piece = new Uint8Array(await blob.slice(row * stride, (row + PIECE_ROWS) * stride).arrayBuffer());
    for (let at = skip - 1; at < piece.length; at += stride) labels[row + Math.floor(at / stride)] = piece[at] ?? 0;
  }
  return labels;
}

/** Names of classes, one a line, in the file that lies beside the batches. */
async function namesOf({ texts }: Gathered, pattern: RegExp): Promise<string[]> {
  const file = texts.find(({ path }) => pattern.test(path));
  if (file === undefined) return [];
  const text = await (await blobOf(file)).text();
  return text.split(/\r?\n/).filter((line) => line.trim() !== '');
}
