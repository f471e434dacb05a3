/** One worker's part of a calibration sweep: its share of the images, stage by stage. The coordinator is calibrate/sweep.ts. */

import { type Codes, type Encoding, encode, makeCodes, type QuantizationError } from '../calibrate/codes.ts';
import { CodeTable } from '../calibrate/codeTable.ts';
import { type Bins, binEdges, countInto, type Extremes, extremesOf, mergeExtremes, noSamples } from '../calibrate/histogram.ts';
import { methodOf } from '../calibrate/rules.ts';
import { addSpread, noSpread, type Spread, spreadOf } from '../calibrate/spread.ts';
import { GraffitistError } from '../errors.ts';
import type { Backend } from '../execute/backend.ts';
import { inexactLayers } from '../execute/exactness.ts';
import { Session } from '../execute/session.ts';
import { makeTensor, tensorNumbers } from '../formats/tensorValues.ts';
import { edgeText } from '../graph/graph.ts';
import { ceilLog2, fixedPoint } from '../quantize/fixedPoint.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { Breather } from './breather.ts';
import { type CallContext, Transferred } from './channel.ts';
import { imagesPerCall } from './chunking.ts';
import { type Chunk, Frontier, type Sink } from './frontier.ts';
import { type ImageReader, openImages } from './images.ts';
import type { ComputeCalls, SettledStage, StageOutcome, SweepOptions, WorkDone } from './messages.ts';
import { type Plan, planSweep, type Stage } from './plan.ts';
import { openPortable } from './portableModel.ts';
import { Budget, floatsOf, type Series } from './series.ts';

/** A search at more bits would need more than 2²⁰ samples of one tensor. */
const MOST_SEARCHED_BITS = 10;

/** Samples of a stage, until its threshold is final; `table` counts them all where they are whole multiples of a unit. */
type Samples =
  | { readonly kind: 'constant'; readonly values: Float32Array }
  | { readonly kind: 'images'; readonly series: Series | undefined; readonly table: CodeTable | null };

type SettleArgs = ComputeCalls['settle']['args'];

export class SweepWorker {
  readonly #session: Session;
  readonly #plan: Plan;
  readonly #frontier: Frontier;
  readonly #budget: Budget;
  readonly #breather = new Breather();
  readonly #samples = new Map<number, Samples>();
  readonly #log2 = new Map<string, number>();
  readonly #postponed: string[] = [];
  /** Stages whose threshold other members may still move. */
  readonly #open = new Set<number>();
  #stage = 0;

  private constructor(session: Session, plan: Plan, images: readonly ImageReader[], chunk: number, budget: Budget) {
    this.#session = session;
    this.#plan = plan;
    this.#budget = budget;
    this.#frontier = new Frontier({
      session,
      images,
      imagesPerChunk: chunk,
      budget,
      breather: this.#breather,
      isReadLater: (edge) => (plan.lastRead.get(edge) ?? -1) >= this.#stage,
    });
  }

  /** @throws GraffitistError where graph, checkpoint or images cannot be read */
  static async open({ model, images, order, budgetBytes }: SweepOptions, backend: Backend): Promise<SweepWorker> {
    const { graph, variables } = await openPortable(model);
    const readers = await Promise.all(images.map(openImages));
    const feeds = readers.map(({ input }) => input);
    const session = new Session(graph, { variables, backend, feeds });
    const byNode = new Map(readQuantizers(graph).map((quantizer) => [quantizer.node, quantizer]));
    const quantizers = order.flatMap((node) => byNode.get(node) ?? []);
    const plan = planSweep(graph, quantizers, feeds, (node) => session.constants.has(node));
    return new SweepWorker(session, plan, readers, imagesPerCall(session, readers), new Budget(budgetBytes));
  }

  async measure(stage: number, context: CallContext): Promise<Extremes> {
    this.#stage = stage;
    const { source, constant, quantizer } = this.#at(stage);
    if (constant) {
      const numbers = tensorNumbers(await this.#session.constants.tensor(source));
      const values = numbers instanceof Float32Array ? numbers : new Float32Array(numbers);
      this.#samples.set(stage, { kind: 'constant', values });
      return extremesOf(values);
    }
    // Accumulators of 16 bits never have bins enough for a search: their extremes are all that is asked for.
    const searched = methodOf(quantizer) === 'KL-J' && quantizer.bits <= MOST_SEARCHED_BITS;
    const measured = { extremes: noSamples, table: undefined as CodeTable | null | undefined };
    const sink: Sink = ({ elements }, chunk) => {
      const values = floatsOf(elements);
      if (measured.table === undefined) measured.table = searched ? this.#tableFor(values, chunk) : null;
      const codes = measured.table?.add(values, this.#budget.memory) ?? null;
      if (codes !== null && measured.table) return { codes, scale: measured.table.unit };
      measured.extremes = mergeExtremes(measured.extremes, mergeExtremes(extremesOf(values), measured.table?.extremes() ?? noSamples));
      measured.table = null;
      return undefined;
    };
    await this.#frontier.each(source, undefined, sink, context);
    const table = measured.table ?? null;
    this.#samples.set(stage, { kind: 'images', series: this.#frontier.hold(edgeText(source)), table });
    return table === null ? measured.extremes : table.extremes();
  }

  async count(stages: readonly number[], bins: Bins, context: CallContext): Promise<Transferred<Uint32Array[]>> {
    const edges = binEdges(bins);
    const all: Uint32Array[] = [];
    for (const stage of stages) {
      const counts = new Uint32Array(bins.count);
      const samples = this.#samples.get(stage);
      if (samples?.kind === 'images' && samples.table !== null) samples.table.countInto(counts, bins);
      else if (this.#areLost(stage)) throw samplesLost(this.#at(stage).source.node);
      else await this.#each(stage, ({ elements }) => void countInto(counts, floatsOf(elements), edges), context);
      all.push(counts);
    }
    return new Transferred(
      all,
      all.map(({ buffer }) => buffer),
    );
  }

  async spread(stages: readonly number[], mean: number, context: CallContext): Promise<Spread> {
    let total = noSpread;
    for (const stage of stages) {
      if (this.#areLost(stage)) throw samplesLost(this.#at(stage).source.node);
      const sink: Sink = ({ elements }) => {
        total = addSpread(total, spreadOf(floatsOf(elements), mean));
        return undefined;
      };
      await this.#each(stage, sink, context);
    }
    return total;
  }

  async settle(
    { stage, variable, log2, settled }: SettleArgs,
    context: CallContext,
  ): Promise<{ outcomes: StageOutcome[]; work: WorkDone }> {
    this.#assign(stage, variable, log2);
    const outcomes: StageOutcome[] = [];
    for (const member of settled) outcomes.push(await this.#encode(member, log2, context));
    this.#release(this.#at(stage), stage);
    const { recomputed } = this.#frontier;
    // What lies between two quantizers is cheap and never kept: that it is computed once per reader is no matter of room.
    const repeated = this.#budget.exceeded ? this.#frontier.repeated : 0;
    return { outcomes, work: { peakBytes: this.#budget.peakBytes, recomputed, repeated } };
  }

  /** Layers behind the quantizers whose result may depend on the backend. */
  async inexact(): Promise<readonly string[]> {
    const through = this.#plan.stages.map(({ quantizer }) => quantizer.node);
    return (await inexactLayers(this.#session.graph, this.#session.constants, through)).map(({ node }) => node);
  }

  dispose(): void {
    for (const samples of this.#samples.values()) if (samples.kind === 'images') samples.series?.release();
    this.#samples.clear();
    this.#frontier.dispose();
    this.#session.dispose();
    this.#breather.close();
  }

  #at(stage: number): Stage {
    const found = this.#plan.stages[stage];
    if (found === undefined) throw new GraffitistError('internal', `Calibration has no stage ${stage}.`);
    return found;
  }

  async #each(stage: number, sink: Sink, context: CallContext): Promise<void> {
    const samples = this.#samples.get(stage);
    if (samples?.kind === 'constant') sink({ shape: [samples.values.length], elements: samples.values }, { index: 0, first: 0, count: 1 });
    else if (samples !== undefined) await this.#frontier.each(this.#at(stage).source, samples.series, sink, context);
  }

  /** A threshold takes its value; where that moves a scale that was already read, what was made from it is outdated. */
  #assign(stage: number, variable: string, log2: number): void {
    const before = this.#log2.get(variable);
    this.#log2.set(variable, log2);
    this.#session.assign(variable, makeTensor('float32', [], [log2]));
    if (before === undefined || ceilLog2(before) === ceilLog2(log2)) return;
    for (const member of this.#at(stage).members) this.#frontier.invalidate(this.#at(member).quantizer.node);
  }

  /** A table for these samples and the rest of the share, if it pays. */
  #tableFor(values: Float32Array, chunk: Chunk): CodeTable | null {
    const image = values.subarray(0, Math.floor(values.length / chunk.count));
    const images = this.#frontier.chunks.reduce((sum, { count }) => sum + count, 0);
    return CodeTable.for(image, image.length * images);
  }

  /** Whether samples were not kept and a threshold behind them has moved since. */
  #areLost(stage: number): boolean {
    const samples = this.#samples.get(stage);
    if (samples?.kind !== 'images' || !this.#frontier.isOutdated(this.#at(stage).source)) return false;
    return !this.#frontier.chunks.every(({ index }) => samples.series?.piece(index) !== undefined);
  }

  /** Samples taken before a threshold behind them moved are not what is quantized: the tensor is computed again. */
  #refresh(stage: number): void {
    const samples = this.#samples.get(stage);
    if (samples?.kind !== 'images' || !this.#frontier.isOutdated(this.#at(stage).source)) return;
    samples.series?.release();
    this.#samples.set(stage, { kind: 'images', series: undefined, table: null });
  }

  /** The samples of a stage become codes, which stand in for the quantizer's output. */
  async #encode({ stage, largest, viewBins }: SettledStage, log2: number, context: CallContext): Promise<StageOutcome> {
    const { quantizer, constant, read } = this.#at(stage);
    const format = fixedPoint(quantizer, log2);
    const output = edgeText({ node: quantizer.node, port: 0 });
    this.#refresh(stage);
    const samples = this.#samples.get(stage);
    const table = samples?.kind === 'images' ? samples.table : null;
    const requantized = table?.quantize(format, quantizer.rounding);
    const view = requantized?.view(viewBins) ?? new Uint32Array(viewBins);
    const perChunk: (readonly QuantizationError[])[] = requantized === undefined ? [] : [[requantized.error]];
    this.#frontier.release(output);
    const stored = read && !constant;
    const sink: Sink = ({ elements, shape }, chunk) => {
      if (requantized !== undefined && !(elements instanceof Float32Array)) {
        const codes = makeCodes(format, elements.codes.length, this.#budget.memory);
        requantized.recode(elements.codes, codes);
        this.#frontier.keepCodes(output, chunk, shape, codes, format.scale);
        return undefined;
      }
      const values = floatsOf(elements);
      const codes = stored ? makeCodes(format, values.length, this.#budget.memory) : undefined;
      const counted = requantized === undefined && viewBins > 0 ? { view } : {};
      const errors = encodeImages(values, chunk.count, {
        format,
        rounding: quantizer.rounding,
        largest,
        ...counted,
        ...(codes && { codes }),
      });
      if (requantized === undefined) perChunk[chunk.index] = errors;
      if (codes) this.#frontier.keepCodes(output, chunk, shape, codes, format.scale);
      return undefined;
    };
    if (requantized === undefined || stored) await this.#each(stage, sink, context);
    if (samples?.kind === 'images') samples.series?.release();
    this.#samples.delete(stage);
    return { stage, errors: perChunk.flat(), view };
  }

  /** Lets go of what nobody reads after `stage`. While an unsettled quantizer's output has been read, what led to it stays. */
  #release({ release, settles, members }: Stage, stage: number): void {
    this.#postponed.push(...release);
    if (settles) for (const member of members) this.#open.delete(member);
    else this.#open.add(stage);
    for (const member of this.#open) if (this.#frontier.isRead(this.#at(member).quantizer.node)) return;
    for (const edge of this.#postponed) this.#frontier.release(edge);
    this.#postponed.length = 0;
  }
}

/** What rounding does to each of some images. */
function encodeImages(values: Float32Array, images: number, encoding: Encoding): QuantizationError[] {
  const parts = values.length % images === 0 ? images : 1;
  const size = values.length / parts;
  return Array.from({ length: parts }, (_, k) => {
    const [from, to] = [k * size, (k + 1) * size];
    const codes = encoding.codes?.subarray(from, to) as Codes | undefined;
    return encode(values.subarray(from, to), { ...encoding, ...(codes && { codes }) });
  });
}

/** Samples that were not kept cannot be had again once a threshold before them has moved. */
function samplesLost(node: string): GraffitistError {
  return new GraffitistError('memory-budget', `The samples of '${node}' had to be kept and did not fit the memory budget.`, {
    about: node,
    remedy: 'Give a larger budget, or fewer images.',
  });
}
