import { type CallOptions, cancelled } from '../compute/channel.ts';
import type { BatchAnswers } from '../compute/messages.ts';
import { type ComputePool, type ComputeWorker, together } from '../compute/pool.ts';
import type { Batch } from '../data/types.ts';
import { GraffitistError } from '../errors.ts';
import type { JobOptions, LeftOut } from '../protocol.ts';
import { noAnswers } from './answers.ts';
import type { PreparedNetworks } from './network.ts';
import { Tally } from './tally.ts';

export interface EvaluateRequest extends PreparedNetworks {
  /** Height, width and channels, or whatever an example of the network is. */
  readonly shape: readonly number[];
  /** How many images there will be, for progress. */
  readonly total: number;
  /** Batches of at most `size` images. */
  readonly batches: (size: number, signal: AbortSignal) => AsyncIterable<Batch>;
  /** At most so many images per batch. */
  readonly batchSize?: number | undefined;
  readonly pool: ComputePool;
  readonly job?: JobOptions;
}

export interface EvaluateResult {
  readonly tally: Tally;
  readonly leftOut: { readonly count: number; readonly first: readonly LeftOut[] };
}

/** Batches that a worker is given at a time: the second lies ready when the first is done. */
const AHEAD = 2;
/** So many images that were left out are listed. */
const LISTED = 20;

/**
 * EVA1: runs one or two networks over all batches in one pass. Whichever worker has room takes the next batch; what comes back is put
 * together in the order of the images, so that results depend neither on timing nor on how many workers there are.
 * @throws GraffitistError what stops a run, naming the node; `label-invalid` for a label that is no class; `cancelled`
 */
export function evaluateNetworks(request: EvaluateRequest): Promise<EvaluateResult> {
  const { pool } = request;
  const evaluation = (last.get(pool) ?? Promise.resolve()).then(() => evaluateNow(request));
  last.set(
    pool,
    evaluation.catch(() => undefined),
  );
  return evaluation;
}

/** A worker holds the networks of one evaluation: those of one pool come one after another, such as a person's beside a training run's. */
const last = new WeakMap<ComputePool, Promise<unknown>>();

async function evaluateNow(request: EvaluateRequest): Promise<EvaluateResult> {
  const { networks, outputs, shape, pool, job = {} } = request;
  const all = pool.workers.map((_, worker) => worker);
  const tallied = networks.map(({ title, scored, outputs: computed }) => ({
    title,
    scored:
      scored === null ? null : { output: outputs[scored.at] ?? computed[scored.at] ?? '', classes: scored.classes, loss: scored.loss },
  }));
  const tally = new Tally(tallied, outputs);
  const inOrder = new InOrder((batch, answers) => tally.add(batch, answers));
  const progress = progressOf(job, request.total, AHEAD * all.length);
  const stop = new AbortController();
  let batches: ReturnType<typeof numbered> | null = null;
  const sent = networks.map(({ title: _, ...network }) => network);
  try {
    const opened = await pool.ask(all, 'openNetworks', () => ({ networks: sent, shape }), { signal: job.signal });
    const fits = Math.min(...opened.map(({ imagesPerCall }) => imagesPerCall));
    const size = Math.max(1, Math.min(fits, request.batchSize ?? fits));
    const stream = numbered(request.batches(size, stop.signal));
    batches = stream;
    const classes = Math.min(...networks.map(({ scored }) => scored?.classes ?? Number.POSITIVE_INFINITY));
    const work = (worker: ComputeWorker, lane: number) => async (signal: AbortSignal) => {
      signal.addEventListener('abort', () => stop.abort(), { once: true });
      for (let next = await stream.next(); next.done !== true; next = await stream.next()) {
        const { batch } = next.value;
        refuseOutside(batch, classes);
        const answers = await askWorker(worker, batch, { signal, onProgress: (done) => progress.at(lane, done) });
        inOrder.put(next.value.number, batch, answers ?? { answers: networks.map(() => noAnswers(0)), pairs: new Float64Array(0) });
        progress.finish(lane, batch.images.length + batch.leftOut.length);
      }
    };
    const lanes = Array.from({ length: AHEAD }, () => pool.workers).flat();
    await together(lanes.map(work), job.signal);
    if (job.signal?.aborted === true) throw cancelled();
    return { tally, leftOut: inOrder.leftOut };
  } finally {
    stop.abort();
    await batches?.return().catch(() => undefined);
    if (!pool.broken) await pool.ask(all, 'closeNetworks', () => null).catch(() => undefined);
  }
}

/** A worker's answers to a batch, whose values move to it; undefined where nothing of the batch could be read. */
async function askWorker(worker: ComputeWorker, { values, labels }: Batch, options: CallOptions): Promise<BatchAnswers | undefined> {
  if (labels.length === 0) return undefined;
  const transfer = values.byteLength === values.buffer.byteLength ? [values.buffer] : [];
  return worker.call('evaluate', { values, labels }, { ...options, transfer });
}

/** Several may ask for the next one at a time: each gets another, and knows which. */
async function* numbered(batches: AsyncIterable<Batch>): AsyncGenerator<{ readonly number: number; readonly batch: Batch }, void, void> {
  let number = 0;
  for await (const batch of batches) yield { number: number++, batch };
}

/** Hands batches on by their numbers, holding those that are ahead; no more of those than workers are given. */
class InOrder {
  readonly #take: (batch: Omit<Batch, 'values'>, answers: BatchAnswers) => void;
  readonly #ahead = new Map<number, readonly [Omit<Batch, 'values'>, BatchAnswers]>();
  readonly #first: LeftOut[] = [];
  #leftOut = 0;
  #next = 0;

  constructor(take: (batch: Omit<Batch, 'values'>, answers: BatchAnswers) => void) {
    this.#take = take;
  }

  get leftOut(): EvaluateResult['leftOut'] {
    return { count: this.#leftOut, first: this.#first };
  }

  put(number: number, { values: _, ...batch }: Batch, answers: BatchAnswers): void {
    this.#ahead.set(number, [batch, answers]);
    for (let ready = this.#ahead.get(this.#next); ready !== undefined; ready = this.#ahead.get(this.#next)) {
      this.#ahead.delete(this.#next++);
      this.#leftOut += ready[0].leftOut.length;
      this.#first.push(...ready[0].leftOut.slice(0, LISTED - this.#first.length));
      this.#take(...ready);
    }
  }
}

/** EVA9: a label that the networks have no class for is an error, not a wrong answer. */
function refuseOutside({ names, labels }: Batch, classes: number): void {
  const at = labels.findIndex((label) => label >= classes);
  if (at < 0) return;
  throw new GraffitistError('label-invalid', `The label is ${labels[at]}, and the network has ${classes} classes, from 0 on.`, {
    about: names[at] ?? '',
    remedy: 'Give a label offset (−1 where labels count from 1), or other labels.',
  });
}

/** Images done so far, and the time left as the pace so far has it. */
function progressOf({ onProgress }: JobOptions, total: number, lanes: number) {
  const started = performance.now();
  const running = new Array<number>(lanes).fill(0);
  let finished = 0;
  const tell = (): void => {
    const done = Math.min(total, finished + running.reduce((sum, images) => sum + images, 0));
    const etaMs = done === 0 ? null : ((performance.now() - started) * (total - done)) / done;
    onProgress?.({ phase: 'evaluate', done, total, etaMs, layer: null, bytes: null });
  };
  return {
    at(lane: number, images: number): void {
      running[lane] = images;
      tell();
    },
    finish(lane: number, images: number): void {
      running[lane] = 0;
      finished += images;
      tell();
    },
  };
}
