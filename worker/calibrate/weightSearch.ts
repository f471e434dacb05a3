/** Thresholds by what the network answers: which clipping costs least, threshold by threshold, without labels. */
import type { ComputeCalls, NetworkToEvaluate } from '../compute/messages.ts';
import type { ComputePool } from '../compute/pool.ts';
import type { JobOptions } from '../protocol.ts';
import { ceilLog2 } from '../quantize/fixedPoint.ts';

/** SRCH4: an end where no change would ever be the last. */
const ROUNDS = 8;

export interface SearchRequest {
  readonly float: NetworkToEvaluate;
  readonly quantized: NetworkToEvaluate;
  /** `perCall`: images that kernels take at a time, the same ones always, so that nothing depends on the number of workers. */
  readonly images: { readonly file: Blob; readonly count: number; readonly perCall: number };
  /** Thresholds that are searched, in this order. */
  readonly thresholds: readonly SearchedThreshold[];
  readonly pool: ComputePool;
  readonly job?: JobOptions;
}

export interface SearchedThreshold {
  readonly variable: string;
  readonly dtype: 'float32' | 'float64';
  /** log2 t as calibrated. */
  readonly log2: number;
  /** SRCH1: tried are ceil(log2 t) + lowest … ceil(log2 t) + highest. */
  readonly lowest: number;
  readonly highest: number;
  /** The node that it rounds, for progress. */
  readonly layer: string;
  /** The variables that hold bit-widths in the graph that is searched, of all quantizers that read it, and the widths that they are to have. */
  readonly bitwidths: readonly { readonly variable: string; readonly bits: number }[];
}

export interface SearchResult {
  /** log2 t of thresholds that moved, by variable: whole numbers. */
  readonly moved: ReadonlyMap<string, number>;
  /** Mean distance (SRCH2) over the images before and after. */
  readonly before: number;
  readonly after: number;
  readonly rounds: number;
  /** Candidates that were run. */
  readonly tried: number;
}

/** SRCH3: as good as float: 24 bits over 2⁸ times the range. */
const FLOAT_BITS = 24;
const FLOAT_RANGE = 8;

/**
 * SRCH1 … SRCH4: coordinate descent in rounds, until one changes nothing. In the first, thresholds are rounded one after the other, those
 * behind still as good as float, and all candidates are tried; later rounds try the two beside the one at hand. @throws GraffitistError whatever stops a run; `cancelled`
 */
export async function searchThresholds(request: SearchRequest): Promise<SearchResult> {
  const { thresholds, pool, job = {} } = request;
  const network = new SearchedNetwork(request);
  const started = performance.now();
  try {
    await network.open();
    const bins = thresholds.map(({ log2 }) => ceilLog2(log2));
    const before = await network.distance();
    for (const threshold of thresholds) {
      network.setBits(threshold, () => FLOAT_BITS);
      network.set(threshold, ceilLog2(threshold.log2) + FLOAT_RANGE);
    }
    let [best, tried, rounds, changed] = [Number.POSITIVE_INFINITY, 0, 0, true];
    while (changed && rounds < ROUNDS) {
      changed = rounds === 0;
      for (const [k, threshold] of thresholds.entries()) {
        progress(job, { done: k, total: thresholds.length, rounds, layer: threshold.layer, started });
        const current = bins[k] as number;
        let chosen = current;
        if (rounds === 0) {
          network.setBits(threshold, ({ bits }) => bits);
          best = Number.POSITIVE_INFINITY;
        }
        for (const bin of candidates(threshold, current, rounds)) {
          network.set(threshold, bin);
          const distance = await network.distance();
          tried += 1;
          if (!(distance < best)) continue;
          [best, chosen] = [distance, bin];
        }
        network.set(threshold, chosen);
        bins[k] = chosen;
        changed ||= chosen !== current;
      }
      rounds += 1;
    }
    const moved = thresholds.flatMap(({ variable, log2 }, k) =>
      bins[k] === ceilLog2(log2) ? [] : [[variable, bins[k] as number] as const],
    );
    return { moved: new Map(moved), before, after: best, rounds, tried };
  } finally {
    if (!pool.broken) await network.close().catch(() => undefined);
  }
}

/** Bins to try. */
function candidates({ log2, lowest, highest }: SearchedThreshold, current: number, round: number): number[] {
  const from = ceilLog2(log2);
  const all = Array.from({ length: highest - lowest + 1 }, (_, k) => from + lowest + k);
  // The one at hand first: of equal ones it stays.
  if (round === 0) return [current, ...all.filter((bin) => bin !== current)];
  return all.filter((bin) => Math.abs(bin - current) === 1);
}

type Assigned = ComputeCalls['distance']['args']['log2'][number];

/** The quantized network on all workers, each with its share of the images. */
class SearchedNetwork {
  readonly #request: SearchRequest;
  readonly #chunks: readonly { readonly first: number; readonly count: number }[];
  readonly #workers: readonly number[];
  readonly #pending = new Map<string, Assigned>();

  constructor(request: SearchRequest) {
    const { images, pool } = request;
    this.#request = request;
    const { count, perCall } = images;
    this.#chunks = Array.from({ length: Math.ceil(count / perCall) }, (_, k) => ({
      first: k * perCall,
      count: Math.min(perCall, count - k * perCall),
    }));
    this.#workers = Array.from({ length: Math.min(pool.workers.length, this.#chunks.length) }, (_, worker) => worker);
  }

  async open(): Promise<void> {
    const { float, quantized, images, pool, job } = this.#request;
    const mine = (worker: number) => this.#chunks.filter((_, k) => k % this.#workers.length === worker);
    const ranges = (worker: number) => mine(worker).map((range) => ({ input: float.input, file: images.file, ...range }));
    await pool.ask(this.#workers, 'openSearch', (worker) => ({ float, quantized, images: ranges(worker) }), { signal: job?.signal });
  }

  /** Takes effect with the next `distance`. */
  set({ variable, dtype }: SearchedThreshold, value: number): void {
    this.#pending.set(variable, { variable, dtype, value });
  }

  setBits({ bitwidths, dtype }: SearchedThreshold, of: (width: SearchedThreshold['bitwidths'][number]) => number): void {
    for (const width of bitwidths) this.#pending.set(width.variable, { variable: width.variable, dtype, value: of(width) });
  }

  /** Mean over the images, added in their order. */
  async distance(): Promise<number> {
    const log2 = [...this.#pending.values()];
    this.#pending.clear();
    const { pool, job, images } = this.#request;
    const parts = await pool.ask(this.#workers, 'distance', () => ({ log2 }), { signal: job?.signal });
    const read = parts.map(() => 0);
    let sum = 0;
    for (const [k, { count }] of this.#chunks.entries()) {
      const worker = k % this.#workers.length;
      const from = read[worker] ?? 0;
      for (let image = from; image < from + count; image++) sum += parts[worker]?.[image] ?? Number.NaN;
      read[worker] = from + count;
    }
    return sum / images.count;
  }

  async close(): Promise<void> {
    await this.#request.pool.ask(this.#workers, 'closeSearch', () => null);
  }
}

interface Position {
  readonly done: number;
  readonly total: number;
  readonly rounds: number;
  readonly layer: string;
  readonly started: number;
}

/** How many rounds there will be is not known: the first, which tries most, is what the time left is of. */
function progress({ onProgress }: JobOptions, { done, total, rounds, layer, started }: Position): void {
  const elapsed = performance.now() - started;
  const etaMs = rounds > 0 || done === 0 ? null : (elapsed * (total - done)) / done;
  onProgress?.({ phase: 'search', done, total, etaMs, layer, bytes: null });
}
