/**
 * One sweep over the quantizers of a graph, in the original's order, on compute workers: each holds a share of the images and keeps
 * the tensors between the layers done and the layers to come. What they find adds up as integers or as maxima, so thresholds do not
 * depend on how many they are.
 */

import { share } from '../compute/images.ts';
import type { StageOutcome, WorkDone } from '../compute/messages.ts';
import type { Plan, Stage } from '../compute/plan.ts';
import type { ComputePool } from '../compute/pool.ts';
import type { PortableModel } from '../compute/portableModel.ts';
import { GraffitistError } from '../errors.ts';
import { fixedPoint, levels } from '../quantize/fixedPoint.ts';
import { coarsen, type Extremes, mergeExtremes, noSamples } from './histogram.ts';
import { betterCandidate, type Candidate } from './klj.ts';
import { candidateThreshold, log2Threshold, type Method, type Search, searchFor } from './rules.ts';
import { addSpread, noSpread, type Spread, threeDeviations } from './spread.ts';
import { type QuantizerStatistics, sqnrDb, totalError } from './statistics.ts';

/** Bins that a histogram is drawn in, at most. */
const VIEW_BINS = 256;

export interface SweepRequest {
  readonly pool: ComputePool;
  readonly model: PortableModel;
  readonly plan: Plan;
  /** The inputs that images are fed to, and the .npy files they are in. */
  readonly feeds: readonly { readonly input: string; readonly file: Blob }[];
  /** How many images there are. */
  readonly images: number;
  /** For all workers together. */
  readonly budgetBytes: number;
  readonly methodOf: (stage: Stage) => Method;
  /** log2 t of thresholds that are given, by variable. */
  readonly fixed: ReadonlyMap<string, number>;
  readonly signal?: AbortSignal | undefined;
  /** `images` of this stage are done; `searching` while candidates are tried. */
  readonly onProgress?: (progress: {
    readonly stage: number;
    readonly images: number;
    readonly searching: boolean;
    readonly bytes: number;
  }) => void;
}

/** What one stage ended with. */
export interface StageResult {
  readonly quantizer: string;
  readonly statistics: QuantizerStatistics;
  /** Smallest and largest |x| of its samples. */
  readonly smallest: number;
  readonly largest: number;
  /** Share of samples beyond the range that the threshold gives. */
  readonly overThreshold: number;
}

export interface SweepResult {
  /** log2 t by threshold variable, as float32, in the order in which they became final. */
  readonly log2: ReadonlyMap<string, number>;
  readonly stages: readonly StageResult[];
  readonly searchMs: number;
  readonly work: WorkDone;
  /** Layers whose sums may need more than float32 holds exactly. */
  readonly inexact: readonly string[];
}

/** Samples of one stage: who holds them, and what is known of them. */
interface Measured {
  readonly extremes: Extremes;
  /** Workers that hold samples: all of them, or one where the tensor is constant. */
  readonly holders: readonly number[];
}

/** Runs the sweep. @throws GraffitistError `cancelled`, `data-not-finite`, `worker-failed`, whatever stops a kernel */
export async function sweep(request: SweepRequest): Promise<SweepResult> {
  const { pool, plan, feeds, images } = request;
  const everyone = Array.from({ length: Math.max(1, Math.min(pool.workers.length, images)) }, (_, worker) => worker);
  const open = (worker: number) => ({
    model: request.model,
    images: feeds.map((feed) => ({ ...feed, ...share(images, everyone.length, worker) })),
    order: plan.stages.map(({ quantizer }) => quantizer.node),
    budgetBytes: Math.floor(request.budgetBytes / everyone.length),
  });
  await pool.ask(everyone, 'open', open, { signal: request.signal });
  try {
    const result = await runStages(request, everyone);
    const [inexact = []] = await pool.ask([0], 'inexact', () => null, { signal: request.signal });
    return { ...result, inexact };
  } finally {
    if (!pool.broken) await pool.ask(everyone, 'close', () => null).catch(() => undefined);
  }
}

async function runStages(request: SweepRequest, everyone: readonly number[]): Promise<Omit<SweepResult, 'inexact'>> {
  const { pool, plan } = request;
  const measured = new Map<number, Measured>();
  const log2 = new Map<string, number>();
  const results: StageResult[] = [];
  let searchMs = 0;
  let work: WorkDone = { peakBytes: 0, recomputed: 0, repeated: 0 };

  for (const [index, stage] of plan.stages.entries()) {
    const report = (images: number, searching: boolean) => request.onProgress?.({ stage: index, images, searching, bytes: work.peakBytes });
    report(0, false);
    const holders = stage.constant ? [index % everyone.length] : everyone;
    measured.set(index, { holders, extremes: await measure(request, index, stage, holders, (images) => report(images, false)) });

    const members = stage.members.map((member) => ({ member, ...(measured.get(member) as Measured) }));
    const extremes = members.reduce((all, { extremes }) => mergeExtremes(all, extremes), noSamples);
    const variable = stage.quantizer.threshold;
    const given = request.fixed.get(variable);
    const found = searchFor(stage.quantizer, request.methodOf(stage), extremes);
    const search: Search = given === undefined ? found : { kind: 'maximum', threshold: 2 ** given };
    let threshold = search.kind === 'maximum' ? search.threshold : 0;
    if (search.kind === 'deviation') threshold = await threeDeviations(extremes.count, (mean) => spread(request, mean, members));
    let counted: ReadonlyMap<number, Float64Array> = new Map();
    if (search.kind === 'search') {
      counted = await count(request, search, members);
      report(request.images, true);
      const before = performance.now();
      threshold = candidateThreshold(search.bins, await tryCandidates(request, search, sum([...counted.values()]), everyone));
      searchMs += performance.now() - before;
    }

    const value = given ?? log2Threshold(threshold);
    log2.delete(variable);
    log2.set(variable, value);
    const settling = stage.settles ? members : [];
    const settle = (worker: number) => ({
      stage: index,
      variable,
      log2: value,
      settled: settling
        .filter(({ holders }) => holders.includes(worker))
        .map(({ member, extremes }) => ({
          stage: member,
          largest: extremes.max,
          viewBins: counted.has(member) ? 0 : viewBins(plan.stages[member] as Stage),
        })),
    });
    const answers = await pool.ask(everyone, 'settle', settle, { signal: request.signal });
    work = mergeWork(answers.map((answer) => answer.work));
    for (const { member, extremes: own } of settling) {
      const outcomes = answers.flatMap((answer) => answer.outcomes.filter((outcome) => outcome.stage === member));
      const found = { asked: request.methodOf(stage), threshold, search, counts: counted.get(member) };
      results.push(stageResult(plan.stages[member] as Stage, found, own, outcomes));
      measured.delete(member);
    }
  }
  return { log2, stages: results, searchMs, work };
}

async function measure(
  { pool, signal }: Pick<SweepRequest, 'pool' | 'signal'>,
  index: number,
  stage: Stage,
  holders: readonly number[],
  onProgress: (images: number) => void,
): Promise<Extremes> {
  const done = new Map<number, number>();
  const report = (worker: number, images: number): void => {
    done.set(worker, images);
    onProgress([...done.values()].reduce((sum, value) => sum + value, 0));
  };
  const parts = await pool.ask(holders, 'measure', () => ({ stage: index }), { signal, onProgress: report });
  const extremes = parts.reduce(mergeExtremes, noSamples);
  if (!Number.isFinite(extremes.max)) {
    throw new GraffitistError('data-not-finite', `'${stage.quantizer.source}' holds numbers that are not finite.`, {
      about: stage.quantizer.source,
      remedy: 'Look for NaN or infinity in the images and weights, and for a division by zero before this node.',
    });
  }
  return extremes;
}

/** Sums over every member's samples. */
async function spread(
  { pool, signal }: Pick<SweepRequest, 'pool' | 'signal'>,
  mean: number,
  members: readonly (Measured & { readonly member: number })[],
): Promise<Spread> {
  const holders = [...new Set(members.flatMap((member) => member.holders))];
  const held = (worker: number) => members.filter((member) => member.holders.includes(worker)).map(({ member }) => member);
  const parts = await pool.ask(holders, 'spread', (worker) => ({ stages: held(worker), mean }), { signal });
  return parts.reduce(addSpread, noSpread);
}

/** Counts of every member's samples in the bins of their union. */
async function count(
  { pool, signal }: Pick<SweepRequest, 'pool' | 'signal'>,
  { bins }: Extract<Search, { kind: 'search' }>,
  members: readonly (Measured & { readonly member: number })[],
): Promise<ReadonlyMap<number, Float64Array>> {
  const holders = [...new Set(members.flatMap((member) => member.holders))];
  const held = (worker: number) => members.filter((member) => member.holders.includes(worker)).map(({ member }) => member);
  const parts = await pool.ask(holders, 'count', (worker) => ({ bins, stages: held(worker) }), { signal });
  return new Map(
    members.map(({ member }) => [member, sum(holders.flatMap((worker, k) => parts[k]?.[held(worker).indexOf(member)] ?? []))] as const),
  );
}

function sum(parts: readonly (Uint32Array | Float64Array)[]): Float64Array {
  const total = new Float64Array(parts[0]?.length ?? 0);
  for (const part of parts) for (let k = 0; k < part.length; k++) total[k] = (total[k] as number) + (part[k] as number);
  return total;
}

/** Every worker tries its part of the candidates. */
async function tryCandidates(
  { pool, signal }: Pick<SweepRequest, 'pool' | 'signal'>,
  { levels }: Extract<Search, { kind: 'search' }>,
  counts: Float64Array,
  everyone: readonly number[],
): Promise<Candidate> {
  const parts = await pool.ask(everyone, 'search', (worker) => ({ counts, levels, offset: worker, stride: everyone.length }), { signal });
  return parts.reduce(betterCandidate);
}

/** Bins of a histogram of rounded samples: one per code as long as there are few. */
function viewBins({ quantizer }: Stage): number {
  return Math.min(VIEW_BINS, levels(quantizer).Q);
}

/** How a threshold was found. */
interface Found {
  readonly asked: Method;
  readonly threshold: number;
  readonly search: Search;
  readonly counts: Float64Array | undefined;
}

function stageResult(
  { quantizer }: Stage,
  { asked, threshold, search, counts }: Found,
  extremes: Extremes,
  outcomes: readonly StageOutcome[],
): StageResult {
  const error = totalError(outcomes.flatMap(({ errors }) => errors));
  const searched = search.kind === 'search' && counts !== undefined;
  const drawn = searched
    ? coarsen(counts, search.bins, VIEW_BINS)
    : { max: fixedPoint(quantizer, log2Threshold(threshold)).threshold, counts: [...sum(outcomes.map(({ view }) => view))] };
  return {
    quantizer: quantizer.name,
    smallest: extremes.min,
    largest: extremes.max,
    // Negative samples of an unsigned quantizer are lost to its sign, not to its threshold.
    overThreshold: (quantizer.signed ? error.below + error.above : error.above) / Math.max(1, extremes.count),
    statistics: {
      method: searched ? 'KL-J' : search.kind === 'deviation' ? '3SD' : 'MAX',
      asked,
      rawThreshold: threshold,
      samples: extremes.count,
      clipped: (error.below + error.above) / Math.max(1, extremes.count),
      sqnrDb: sqnrDb(error),
      histogram: { quantizer: quantizer.name, ...drawn, searchBins: searched ? search.bins.count : 0 },
    },
  };
}

function mergeWork(parts: readonly WorkDone[]): WorkDone {
  return {
    peakBytes: parts.reduce((sum, { peakBytes }) => sum + peakBytes, 0),
    recomputed: parts.reduce((most, { recomputed }) => Math.max(most, recomputed), 0),
    repeated: parts.reduce((most, { repeated }) => Math.max(most, repeated), 0),
  };
}
