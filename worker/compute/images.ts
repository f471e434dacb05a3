import { openNpy } from '../formats/npy.ts';
import { tensorNumbers } from '../formats/tensorValues.ts';
import type { ImageRange } from './messages.ts';

/** Images of one input, read when asked for: the file is their store. */
export interface ImageReader {
  readonly input: string;
  readonly count: number;
  /** Shape of one image. */
  readonly shape: readonly number[];
  /** `count` images from `first` on (within the range) as float32, row after row. */
  read(first: number, count: number): Promise<Float32Array>;
}

/** Opens a worker's share. @throws GraffitistError `npy-malformed` */
export async function openImages(range: ImageRange): Promise<ImageReader> {
  const file = await openNpy({ name: `images of ${range.input}`, blob: range.file });
  return {
    input: range.input,
    count: range.count,
    shape: file.shape.slice(1),
    async read(first, count) {
      const numbers = tensorNumbers(await file.rows(range.first + first, count));
      return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
    },
  };
}

/** One worker's share of `total` images among `workers`: contiguous, sizes differ by one at most. */
export function share(total: number, workers: number, worker: number): { readonly first: number; readonly count: number } {
  const first = Math.floor((total * worker) / workers);
  return { first, count: Math.floor((total * (worker + 1)) / workers) - first };
}
