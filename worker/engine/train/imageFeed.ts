import type { Batch, BatchStream, OpenedData } from '../../data/types.ts';
import { GraffitistError } from '../../errors.ts';
import type { ImageRule } from '../../protocol.ts';

/** Steps whose images are asked for at a time. */
const STEPS = 64;

export interface FeedOptions {
  readonly batches: BatchStream;
  readonly data: OpenedData;
  readonly rule: ImageRule;
  readonly shape: readonly number[];
  /** Numbers in the set of the images that are trained on. */
  readonly images: Uint32Array;
  readonly batchSize: number;
  /** Places among them, of the run's `from`-th to `from + size − 1`-th image. */
  readonly order: (from: number, size: number) => Uint32Array;
}

/** The batches of a run in their order, read ahead while a step is computed. */
export class ImageFeed {
  readonly #options: FeedOptions;
  #stream: AsyncIterator<Batch> | null = null;
  #stop = new AbortController();
  /** The next batch that `#stream` gives starts here, and it ends before there. */
  #at = 0;
  #end = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
  }

  /** The batch that starts with the run's `from`-th image. @throws GraffitistError `data-missing` where none of its images can be read; what reading throws */
  async batch(from: number): Promise<Batch> {
    const { batchSize } = this.#options;
    if (this.#stream === null || from !== this.#at || this.#at >= this.#end) this.#open(from);
    this.#at += batchSize;
    const next = await this.#stream?.next();
    if (next === undefined || next.done === true) throw new GraffitistError('internal', 'The images of a run have come to an end.');
    if (next.value.images.length > 0) return next.value;
    throw new GraffitistError('data-missing', 'None of the images of a batch can be read.', {
      about: next.value.leftOut[0]?.name ?? '',
      remedy: 'Leave out the files that are damaged.',
    });
  }

  dispose(): void {
    this.#stop.abort();
    this.#stream?.return?.()?.catch(() => undefined);
    this.#stream = null;
  }

  #open(from: number): void {
    const { batches, data, rule, shape, images, batchSize, order } = this.#options;
    this.dispose();
    this.#stop = new AbortController();
    const count = STEPS * batchSize;
    const wanted = Array.from(order(from, count), (place) => images[place] as number);
    this.#stream = batches(data, { rule, shape, images: wanted, size: batchSize, signal: this.#stop.signal })[Symbol.asyncIterator]();
    this.#at = from;
    this.#end = from + count;
  }
}
