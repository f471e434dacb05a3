import { GraffitistError } from '../../errors.ts';
import { dtypeSize, elementCount } from '../../formats/dtype.ts';
import type { ImageDecoder } from '../../formats/images/image.ts';
import { type NumberArray, tensorNumbers } from '../../formats/tensorValues.ts';
import { unpackMember } from '../../formats/zipMember.ts';
import { labelledExample, type RecordLabels } from '../labels/recordLabels.ts';
import type { Pixels } from '../resize.ts';
import { pictureShape } from '../sources/rows.ts';
import type { RowForm, StoredImages } from '../sources/source.ts';

/** One image as it was stored, read. */
export interface OneImage {
  /** What its record says; null: nothing. */
  readonly label: number | null;
  /** Its values as a picture. @throws GraffitistError `data-shape` where it is none */
  pixels(): Pixels;
  /** Its values as they are. @throws GraffitistError `data-shape` where they are not of this shape */
  copy(shape: readonly number[], out: Float32Array, at: number): void;
}

export type ReadOrNot = OneImage | { readonly error: GraffitistError };

/** Reads images one by one. */
export class ImageReader {
  readonly #make: () => Promise<ImageDecoder>;
  #decoder: Promise<ImageDecoder> | null = null;

  constructor(make: () => Promise<ImageDecoder>) {
    this.#make = make;
  }

  /** As many as there are names, in their order. */
  async *images(stored: readonly StoredImages[], names: readonly string[], records: RecordLabels | null): AsyncGenerator<ReadOrNot> {
    let place = 0;
    for (const one of stored) {
      if (one.kind === 'rows') {
        yield* await rowsOf(one.blob, one.count, one.form);
        place += one.count;
      } else {
        yield await this.#picture(one, names[place] ?? '', records);
        place += 1;
      }
    }
  }

  /** Labels of records, −1 for none. */
  async *labels(stored: readonly StoredImages[], names: readonly string[], records: RecordLabels): AsyncGenerator<number> {
    for (const [place, one] of stored.entries()) {
      if (one.kind !== 'record') throw new GraffitistError('internal', 'Only records hold labels of their own.');
      const example = await attempt(() => labelledExample(one, names[place] ?? '', records));
      yield 'error' in example ? -1 : (example.label ?? -1);
    }
  }

  #picture(stored: Exclude<StoredImages, { readonly kind: 'rows' }>, name: string, records: RecordLabels | null): Promise<ReadOrNot> {
    return attempt(async () => {
      if (stored.kind === 'record') {
        const { encoded, label } = await labelledExample(stored, name, records);
        return oneImage(await this.#decode(encoded, name), label);
      }
      return oneImage(await this.#decode(await encodedImage(stored, name), name), null);
    });
  }

  /** The decoder, made once; where that failed, the next picture tries again. */
  #started(): Promise<ImageDecoder> {
    this.#decoder ??= this.#make().catch((error: unknown) => {
      this.#decoder = null;
      throw error;
    });
    return this.#decoder;
  }

  async #decode(bytes: Uint8Array, name: string): Promise<Pixels> {
    const { width, height, pixels } = await (await this.#started()).decode(bytes, name);
    return { width, height, channels: 3, values: pixels };
  }
}

/** Bytes of images as they are stored, one by one. @throws GraffitistError where some cannot be read */
export async function* encodedImages(stored: readonly StoredImages[], names: readonly string[]): AsyncGenerator<Uint8Array> {
  let place = 0;
  for (const one of stored) {
    const name = names[place] ?? '';
    if (one.kind !== 'rows') yield await encodedImage(one, name);
    else {
      const bytes = new Uint8Array(await one.blob.arrayBuffer());
      const { stride, skip, dtype, shape } = one.form;
      const size = elementCount(shape) * dtypeSize(dtype);
      for (let row = 0; row < one.count; row++) yield bytes.subarray(row * stride + skip, row * stride + skip + size);
    }
    place += one.kind === 'rows' ? one.count : 1;
  }
}

async function encodedImage(stored: Exclude<StoredImages, { readonly kind: 'rows' }>, name: string): Promise<Uint8Array> {
  if (stored.kind === 'record') return (await labelledExample(stored, name, null)).encoded;
  return stored.kind === 'file' ? new Uint8Array(await stored.blob.arrayBuffer()) : unpackMember(stored.file, name);
}

/** A typed error belongs to the image; any other is a fault of ours and ends the run. */
async function attempt<T>(action: () => Promise<T>): Promise<T | { readonly error: GraffitistError }> {
  try {
    return await action();
  } catch (error) {
    if (error instanceof GraffitistError && error.code !== 'internal') return { error };
    if (error instanceof DOMException) {
      const cause = `The file could not be read: ${error.message}`;
      return { error: new GraffitistError('file-missing', cause, { remedy: 'Open the data again: the file was moved or changed.' }) };
    }
    throw error;
  }
}

function oneImage(picture: Pixels, label: number | null): OneImage {
  return {
    label,
    pixels: () => picture,
    copy: (shape, out, at) => copyValues(picture.values, [picture.height, picture.width, picture.channels], shape, out, at),
  };
}

async function rowsOf(blob: Blob, count: number, form: RowForm): Promise<OneImage[]> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const shape = pictureShape(form);
  const elements = elementCount(form.shape);
  return Array.from({ length: count }, (_, row): OneImage => {
    const at = row * form.stride + form.skip;
    const values = (): NumberArray => {
      const stored = bytes.slice(at, at + elements * dtypeSize(form.dtype));
      const numbers = tensorNumbers({ dtype: form.dtype, shape: form.shape, bytes: stored });
      return form.planes ? interleaved(numbers, form.shape[0] ?? 1) : numbers;
    };
    return {
      label: null,
      pixels: () => rowPixels(values(), shape),
      copy: (wanted, out, to) => copyValues(values(), shape, wanted, out, to),
    };
  });
}

function rowPixels(values: NumberArray, shape: readonly number[]): Pixels {
  const [height = 0, width = 0, channels = 0] = shape;
  if (shape.length !== 3)
    throw new GraffitistError('data-shape', `Values of shape ${shape.join('×')} are no picture.`, {
      remedy: "Feed them as they are (rule 'none').",
    });
  return {
    height,
    width,
    channels,
    values: values instanceof Uint8Array || values instanceof Float32Array ? values : Float32Array.from(values),
  };
}

function copyValues(values: ArrayLike<number>, shape: readonly number[], wanted: readonly number[], out: Float32Array, at: number): void {
  if (shape.length !== wanted.length || shape.some((side, i) => side !== wanted[i])) {
    throw new GraffitistError('data-shape', `The image has the shape ${shape.join('×')}, the network takes ${wanted.join('×')}.`, {
      remedy: 'Choose a rule for images that resizes, or other data.',
    });
  }
  out.set(values, at);
}

/** Channels that stood first come last. */
function interleaved<T extends NumberArray>(values: T, channels: number): NumberArray {
  const result = values.slice();
  const plane = values.length / channels;
  for (let c = 0; c < channels; c++) for (let i = 0; i < plane; i++) result[i * channels + c] = values[c * plane + i] as number;
  return result;
}
