import { counted } from '../counted.ts';
import type { Gathered } from './gather.ts';
import type { RowForm, Source, StoredImages } from './source.ts';

/** Some rows of images in one file. */
export interface ArrayPart {
  readonly blob: Blob;
  readonly rows: number;
  readonly form: RowForm;
}

interface RowSourceOptions {
  readonly name: string;
  readonly parts: readonly ArrayPart[];
  readonly labels: Int32Array | null;
  readonly classNames: readonly string[];
  readonly gathered: Pick<Gathered, 'texts' | 'leftOut'>;
}

/** Images that are rows of arrays of one form, one array after the other. */
export function rowSource({ name, parts, labels, classNames, gathered }: RowSourceOptions): Source {
  const ends: number[] = [];
  let count = 0;
  for (const { rows } of parts) {
    count += rows;
    ends.push(count);
  }
  const form = parts[0]?.form;
  const shape = form === undefined ? [] : pictureShape(form);
  return {
    kind: 'arrays',
    title: `${name}: ${counted(count, 'image')} ${shape.join('×')}`,
    count,
    bytes: parts.reduce((sum, { blob }) => sum + blob.size, 0),
    shape,
    dtype: form?.dtype ?? null,
    pathOf: (image) => `${name}[${image}]`,
    stored: (images) => runs(images, parts, ends),
    labels,
    labelsWhenRead: false,
    classNames,
    texts: gathered.texts,
    leftOut: gathered.leftOut,
    warnings: [],
  };
}

/** Height, width, channels where the row is a picture; else as it is stored. */
export function pictureShape({ shape, planes }: RowForm): readonly number[] {
  const [first = 0, second = 0, third = 0] = shape;
  if (planes) return [second, third, first];
  return shape.length === 2 && first > 1 && second > 1 ? [first, second, 1] : shape;
}

/** Rows that follow each other are one slice. */
function runs(images: readonly number[], parts: readonly ArrayPart[], ends: readonly number[]): StoredImages[] {
  const result: StoredImages[] = [];
  for (let at = 0; at < images.length; ) {
    const first = images[at] as number;
    const index = ends.findIndex((end) => first < end);
    const part = parts[index];
    if (part === undefined) throw new RangeError(`There is no image ${first}.`);
    const end = ends[index] ?? 0;
    let count = 1;
    while (images[at + count] === first + count && first + count < end) count++;
    const { stride } = part.form;
    const from = (first - (end - part.rows)) * stride;
    result.push({ kind: 'rows', blob: part.blob.slice(from, from + count * stride), count, form: part.form });
    at += count;
  }
  return result;
}
