import type { BatchStream, OpenedData } from '../../data/types.ts';
import { GraffitistError } from '../../errors.ts';
import type { TrainRequest } from '../../protocol.ts';
import { choose, random } from '../../random.ts';

/** Images of a set, by their numbers in it. */
export interface ImagesOf {
  readonly data: OpenedData;
  readonly batches: BatchStream;
  readonly images: Uint32Array;
}

/** The sets that images are taken from. */
export interface SplitServices {
  readonly data: OpenedData;
  readonly batches: BatchStream;
  /** The set that `validation` of the request names, opened. */
  readonly validation: { readonly data: OpenedData; readonly batches: BatchStream } | null;
}

/**
 * TRN25: validation images are held out by the seed and never trained on, or another set.
 * @throws GraffitistError `option-invalid` where they cannot be held out
 */
export function splitImages(
  validation: TrainRequest['validation'],
  seed: number,
  { data, batches, validation: other }: SplitServices,
): { readonly training: ImagesOf; readonly validation: ImagesOf } {
  const all = (set: OpenedData): Uint32Array => Uint32Array.from({ length: set.count }, (_, image) => image);
  if (validation.kind === 'data') {
    if (other === null) throw new GraffitistError('internal', 'The validation set was not opened.');
    return { training: { data, batches, images: all(data) }, validation: { ...other, images: all(other.data) } };
  }
  if (!Number.isInteger(validation.images) || validation.images < 1 || validation.images >= data.count) {
    throw new GraffitistError('option-invalid', `${validation.images} of ${data.count} images cannot be held out for validation.`, {
      about: 'validation',
      remedy: 'Hold out at least one image, and leave some to train on.',
    });
  }
  const held = choose(data.count, validation.images, random(seed, 'validation')).sort();
  const out = new Set(held);
  return {
    training: { data, batches, images: all(data).filter((image) => !out.has(image)) },
    validation: { data, batches, images: held },
  };
}
