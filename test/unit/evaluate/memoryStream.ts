import type { Batch, BatchOptions } from '../../../worker/data/types.ts';
import { numbers } from '../compute/nets.ts';

/** Images in memory: random rows of a shape, image k with label k mod `classes`. */
export interface MemoryImages {
  readonly count: number;
  readonly shape: readonly number[];
  readonly classes: number;
  /** Images that cannot be read. */
  readonly broken?: ReadonlySet<number>;
}

/** The values of an image, the same ones every time. */
export function valuesOf({ shape }: Pick<MemoryImages, 'shape'>, image: number): Float32Array {
  const next = numbers(image + 1);
  return Float32Array.from({ length: shape.reduce((product, size) => product * size, 1) }, next);
}

/** Batches as the room for data makes them. */
export async function* memoryBatches(set: MemoryImages, { size, signal }: Pick<BatchOptions, 'size' | 'signal'>): AsyncGenerator<Batch> {
  for (let first = 0; first < set.count; first += size) {
    const all = Array.from({ length: Math.min(size, set.count - first) }, (_, k) => first + k);
    const images = all.filter((image) => set.broken?.has(image) !== true);
    await new Promise((resolve) => setTimeout(resolve, 0));
    if (signal?.aborted === true) return;
    const values = images.map((image) => valuesOf(set, image));
    const whole = new Float32Array(values.reduce((sum, row) => sum + row.length, 0));
    values.reduce((at, row) => {
      whole.set(row, at);
      return at + row.length;
    }, 0);
    yield {
      images,
      names: images.map((image) => `image ${image}`),
      labels: Int32Array.from(images, (image) => image % set.classes),
      values: whole,
      shape: set.shape,
      leftOut: all
        .filter((image) => !images.includes(image))
        .map((image) => ({ name: `image ${image}`, error: { code: 'image-unreadable', cause: 'It ends too soon.' } })),
    };
  }
}
