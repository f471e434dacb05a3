import { GraffitistError } from '../errors.ts';
import type { Example } from './example.ts';
import { utf8 } from './wire.ts';

/** An image as ImageNet's records hold it. */
export interface ImageExample {
  /** The file: JPEG or PNG. */
  readonly encoded: Uint8Array;
  readonly format?: string;
  readonly label?: number;
  readonly filename?: string;
  /** WordNet's id, `n01440764`. */
  readonly synset?: string;
}

/**
 * The image of an example, by the keys of ImageNet's records: `image/encoded`, `image/format`, `image/class/label`,
 * `image/class/synset`, `image/filename`.
 *
 * @throws GraffitistError `tfrecord-malformed` where there is no `image/encoded`
 */
export function imageExample(example: Example, name: string): ImageExample {
  const encoded = bytesOf(example, 'image/encoded');
  if (encoded === undefined) {
    const keys = [...example.keys()].slice(0, 8).join(', ');
    throw new GraffitistError('tfrecord-malformed', `The record holds no image under 'image/encoded' (but ${keys || 'nothing'}).`, {
      about: name,
      remedy: "Write images as ImageNet's records have them: image/encoded, image/class/label.",
    });
  }
  const text = (key: string, field: 'format' | 'filename' | 'synset'): Partial<ImageExample> => {
    const bytes = bytesOf(example, key);
    const value = bytes === undefined ? undefined : utf8(bytes);
    return value === undefined || value === '' ? {} : { [field]: value };
  };
  const label = example.get('image/class/label');
  const number = label?.kind === 'int64' ? label.values[0] : undefined;
  return {
    encoded,
    ...text('image/format', 'format'),
    ...(number === undefined ? {} : { label: number }),
    ...text('image/filename', 'filename'),
    ...text('image/class/synset', 'synset'),
  };
}

function bytesOf(example: Example, key: string): Uint8Array | undefined {
  const feature = example.get(key);
  return feature?.kind === 'bytes' ? feature.values[0] : undefined;
}
