/** One worker's part of a calibration sweep: its share of the images, stage by stage. The coordinator is calibrate/sweep.ts. */
import type { QuantizationError } from '../calibrate/codes.ts';
import { type Bins, binEdges, countInto, type Extremes, extremesOf, mergeExtremes, noSamples } from '../calibrate/histogram.ts';
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
import { encodeImages, Frontier, type Sink } from './frontier.ts';
import { type ImageReader, openImages } from './images.ts';
import type { ComputeCalls, StageOutcome, SweepOptions, ViewBins, WorkDone } from './messages.ts';
import { type Plan, planSweep, type Stage } from './plan.ts';
import { openPortable } from './portableModel.ts';
import { Budget, type Series } from './series.ts';

/** Samples of a stage, until its threshold is final. */
type Samples =
  | { readonly kind: 'constant'; readonly values: Float32Array }
  | { readonly kind: 'images'; readonly series: Series | undefined };

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
    const { source, constant } = this.#at(stage);
    if (constant) {
      const numbers = tensorNumbers(await this.#session.constants.tensor(source));
      const values = numbers instanceof Float32Array ? numbers : new Float32Array(numbers);
      this.#samples.set(stage, { kind: 'constant', values });
      return extremesOf(values);
    }
    let extremes = noSamples;
    await this.#frontier.each(
      source,
      undefined,
      (elements) => {
        extremes = mergeExtremes(extremes, extremesOf(elements));
      },
      context,
    );
    this.#samples.set(stage, { kind: 'images', series: this.#frontier.hold(edgeText(source)) });
    return extremes;
  }

  async count(stages: readonly number[], bins: Bins, context: CallContext): Promise<Transferred<Uint32Array>> {
    const counts = new Uint32Array(bins.count);
    const edges = binEdges(bins);
    for (const stage of stages) {
      await this.#each(stage, (elements) => countInto(counts, elements, edges), context);
    }
    return new Transferred(counts, [counts.buffer]);
  }

  async settle({ stage, variable, log2, views }: SettleArgs, context: CallContext): Promise<{ outcomes: StageOutcome[]; work: WorkDone }> {
    this.#assign(stage, variable, log2);
    const outcomes: StageOutcome[] = [];
    for (const view of views) outcomes.push(await this.#encode(view, log2, context));
    this.#release(this.#at(stage), stage);
    const { recomputed, repeated } = this.#frontier;
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
    if (samples?.kind === 'constant') sink(samples.values, { index: 0, first: 0, count: 1 }, [samples.values.length]);
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

  async #encode(view: ViewBins, log2: number, context: CallContext): Promise<StageOutcome> {
    const { quantizer, constant, read } = this.#at(view.stage);
    const format = fixedPoint(quantizer, log2);
    const output = edgeText({ node: quantizer.node, port: 0 });
    const counts = new Uint32Array(view.count);
    const perChunk: (readonly QuantizationError[])[] = [];
    this.#frontier.release(output);
    await this.#each(
      view.stage,
      (elements, chunk, shape) => {
        const { codes, errors } = encodeImages(elements, chunk.count, format, quantizer.rounding);
        perChunk[chunk.index] = errors;
        countView(counts, elements, view.max);
        if (read && !constant) this.#frontier.keepCodes(output, chunk, shape, codes, format.scale);
      },
      context,
    );
    const samples = this.#samples.get(view.stage);
    if (samples?.kind === 'images') samples.series?.release();
    this.#samples.delete(view.stage);
    return { stage: view.stage, errors: perChunk.flat(), view: counts };
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

/** Adds |x| to equal bins on [0, max], for drawing. */
function countView(counts: Uint32Array, values: Float32Array, max: number): void {
  const last = counts.length - 1;
  if (last < 0) return;
  const norm = max > 0 ? counts.length / max : 0;
  for (let k = 0; k < values.length; k++) {
    const index = (Math.abs(values[k] as number) * norm) | 0;
    const bin = index > last ? last : index;
    counts[bin] = (counts[bin] as number) + 1;
  }
}
