import { cancelled } from '../../compute/channel.ts';
import { onWorkers } from '../../compute/onWorkers.ts';
import type { ComputePool } from '../../compute/pool.ts';
import type { Batch } from '../../data/types.ts';
import { GraffitistError } from '../../errors.ts';
import type { Model } from '../../graph/model.ts';
import type { DataWarning, JobOptions, Rate, Stage, Suggestion, TrainingEdit, TrainingSetup, TrainingView } from '../../protocol.ts';
import { withQuantizerBits } from '../../quantize/bitOverrides.ts';
import { imageOrder } from '../../train/imageOrder.ts';
import { startOfTraining, type TrainingState, withFrozen, withOtherBits, withReleased, withThreshold } from '../../train/state.ts';
import { afterValidation, type TrainingEvent, train } from '../../train/trainer.ts';
import type { VariableValues } from '../../train/types.ts';
import type { RoadFacts } from '../roads.ts';
import { ImageFeed } from './imageFeed.ts';
import type { PreparedRun } from './prepare.ts';
import { NO_RECORDS, type Records, withRecord } from './records.ts';
import { begin, type Reestimated } from './reestimate.ts';
import { floatScore, trainedScore } from './scores.ts';
import { measureStatistics, withVariables } from './statistics.ts';
import { Steps } from './steps.ts';

/** Times of so many last steps make the mean that is shown. */
const TIMED = 20;

/** A backend as it describes itself, and the first step that was computed there. */
export interface UsedBackend {
  readonly backend: string;
  readonly from: number;
}

/** What of a run is stored beside its state. */
export interface RunMemory {
  readonly state: TrainingState;
  readonly records: Records;
  /** At which step each threshold was frozen. */
  readonly frozenAt: ReadonlyMap<string, number>;
  /** Bits that a person changed, by quantizer. */
  readonly bits: ReadonlyMap<string, number>;
  /** Scores of the float network, and of the trained one before the first step. */
  readonly float: Rate | null;
  readonly calibrated: Rate | null;
  /** Where it was computed, in order; the last one still is. */
  readonly backends: readonly UsedBackend[];
  /** TRN32: what measuring statistics anew came to; null: they are kept. */
  readonly statistics: Reestimated | null;
  readonly peakBytes: number;
  /** Milliseconds that all steps took. */
  readonly trainedMs: number;
}

export interface RunServices {
  readonly pool: (signal: AbortSignal | undefined) => Promise<ComputePool>;
  /** Stores the run, now or when it is due; says at which step it was stored last, and what went wrong. */
  readonly keep: (run: TrainingRun, now: boolean) => Promise<void>;
  /** What else fits a stage that does so well beside the float network. */
  readonly suggest: (stage: Stage, scores: Pick<RoadFacts, 'accuracy' | 'agreement' | 'classes'>) => readonly Suggestion[];
  /** log2 t as calibration finds them for the trained stage with other values of variables; null: its thresholds were not calibrated. */
  readonly calibrate: (stage: Stage, variables: VariableValues, job: JobOptions) => Promise<ReadonlyMap<string, number> | null>;
}

/** A training run: what it is now, and what moves it on. Between two calls of `run` it is paused, and can be changed. */
export class TrainingRun {
  readonly prepared: PreparedRun;
  readonly #setup: TrainingSetup;
  readonly #services: RunServices;
  readonly #steps: Steps;
  readonly #feed: ImageFeed;
  #memory: RunMemory;
  #status: TrainingView['state'] = 'paused';
  #wanted: 'go on' | 'pause' | 'stop' = 'go on';
  #recent: readonly number[] = [];
  #left = new Set<string>();
  #signal: AbortSignal | undefined;
  storedAt: number | null = null;
  /** Why the run could not be stored. */
  storeWarning: DataWarning | null = null;

  private constructor(prepared: PreparedRun, setup: TrainingSetup, memory: RunMemory, services: RunServices) {
    const { plan, training, request, shape } = prepared;
    this.prepared = prepared;
    this.#setup = setup;
    this.#memory = memory;
    this.#services = services;
    this.#steps = new Steps(prepared, this.model, () => this.#pool());
    this.#feed = new ImageFeed({
      ...{ batches: training.batches, data: training.data, images: training.images, rule: request.images, shape },
      batchSize: plan.options.batchSize,
      order: imageOrder(plan.options.seed, training.images.length),
    });
  }

  /** A run before its first step, or as it was stored. */
  static async open(prepared: PreparedRun, memory: RunMemory | null, services: RunServices, signal?: AbortSignal): Promise<TrainingRun> {
    const start = () => services.pool(signal);
    const { plan, trained } = prepared;
    const float = memory?.float ?? (await onWorkers(start, (pool) => floatScore(prepared, pool, signal)));
    const calibrated =
      memory?.calibrated ?? (await onWorkers(start, (pool) => trainedScore(prepared, trained.model, prepared.start, pool, signal)));
    const begun = memory === null ? await begin(prepared, services, signal) : null;
    const fresh = {
      ...{ state: startOfTraining(plan, begun?.start ?? prepared.start), records: NO_RECORDS, frozenAt: new Map(), bits: new Map() },
      ...{ backends: [], peakBytes: 0, trainedMs: 0, statistics: begun?.statistics ?? null },
    };
    const held = { ...(memory ?? fresh), float, calibrated };
    const suggestions = services.suggest(prepared.stage, scoresOf(prepared, float, held.statistics?.begun ?? calibrated));
    const setup = { ...setupOf(prepared, held, float, (await start()).description), suggestions };
    return new TrainingRun(prepared, setup, held, services);
  }

  get memory(): RunMemory {
    return this.#memory;
  }

  get setup(): TrainingSetup {
    const { backends } = this.#memory;
    return backends.length === 0 ? this.#setup : { ...this.#setup, backend: usedBackends(backends) };
  }

  get status(): TrainingView['state'] {
    return this.#status;
  }

  /** The graph that is trained, with the bits that a person gave it. */
  get model(): Model {
    const { model } = this.prepared.trained;
    return this.#memory.bits.size === 0 ? model : { ...model, graph: withQuantizerBits(model.graph, this.#memory.bits) };
  }

  /**
   * Runs on until all steps are done, or it is paused or stopped. Whatever is thrown leaves the run as it was after its last step, paused.
   * @throws GraffitistError `training-diverged`, `worker-failed`, `label-invalid`, `cancelled`, whatever stops a step or a validation
   */
  async run(job: JobOptions): Promise<'done' | 'paused' | 'stopped'> {
    this.#status = 'running';
    this.#wanted = 'go on';
    this.#signal = job.signal;
    const { plan } = this.prepared;
    try {
      const events = train(plan, this.#memory.state, {
        step: async (request) => {
          const batch = await this.#feed.batch(this.#memory.state.drawn);
          this.#noteLeftOut(batch);
          const started = performance.now();
          const found = await this.#steps.step(request, batch, job.signal);
          this.#timed(performance.now() - started, found.peakBytes);
          return found;
        },
        validate: (variables) => this.#validate(variables),
      });
      for (let next = await events.next(); next.done !== true; next = await events.next()) {
        this.#take(next.value, job);
        await this.#services.keep(this, false);
        if (job.signal?.aborted === true) throw cancelled();
        const wanted = this.#asked();
        if (wanted === 'pause') return await this.#rest();
        if (wanted === 'stop') return await this.#end('stopped');
      }
      return await this.#end('done');
    } catch (error) {
      this.#status = 'paused';
      throw error;
    } finally {
      this.#signal = undefined;
    }
  }

  pause(): void {
    if (this.#status !== 'running') return;
    this.#wanted = 'pause';
    this.#status = 'pausing';
  }

  stop(): void {
    this.#wanted = 'stop';
    if (this.#status === 'running') this.#status = 'pausing';
  }

  /** Ends a paused run: the state at hand is validated where it was not. */
  async end(): Promise<void> {
    await this.#end('stopped');
  }

  /** Nothing could be made of a run that has ended: it waits again, as it was. */
  reopen(): void {
    this.#status = 'paused';
  }

  /**
   * TRN27: a change by hand.
   * @throws GraffitistError `training-state` while it runs, `option-invalid` for what is no threshold or quantizer of the run; what
   *   `withQuantizerBits` throws for bits
   */
  edit(edit: TrainingEdit): void {
    if (this.#status !== 'paused') {
      throw new GraffitistError('training-state', 'The run can be changed while it is paused.', { remedy: 'Pause it first.' });
    }
    if (edit.kind === 'bits') this.#changeBits(edit.quantizer, edit.bits);
    else {
      const { state } = this.#memory;
      const threshold = this.setup.thresholds.find(({ variable }) => variable === edit.threshold);
      if (threshold === undefined) throw unknown('threshold', edit.threshold);
      const { variable, start } = threshold;
      if (edit.kind === 'reset') this.#memory = { ...this.#memory, state: withThreshold(state, variable, start) };
      else {
        const next = edit.kind === 'freeze' ? withFrozen(state, variable) : withReleased(state, variable);
        this.#memory = { ...this.#memory, state: next, frozenAt: frozenSince(this.#memory.frozenAt, next) };
      }
    }
  }

  view(since = 0): TrainingView {
    const { state, records, frozenAt, bits } = this.#memory;
    return {
      ...{ state: this.#status, setup: this.setup, step: state.step, validations: state.validations, storedAt: this.storedAt },
      records: records.list.filter(({ step }) => step > since),
      thresholds: this.#thresholds(state),
      best: state.best === null ? null : { step: state.best.step, score: state.best.score },
      frozen: state.freezing.frozen.map((variable) => ({ variable, step: frozenAt.get(variable) ?? state.step })),
      bits: Object.fromEntries(bits),
      msPerStep: this.#msPerStep(),
      warnings: this.warnings(),
    };
  }

  warnings(): readonly DataWarning[] {
    const { backends } = this.#memory;
    return [...(this.storeWarning === null ? [] : [this.storeWarning]), ...leftOutWarning([...this.#left]), ...movedWarnings(backends)];
  }

  async dispose(): Promise<void> {
    this.#feed.dispose();
    await this.#steps.close();
  }

  #take(event: TrainingEvent, { onProgress }: JobOptions): void {
    const { state } = event;
    const { plan } = this.prepared;
    const before = this.#memory;
    this.#memory = { ...before, state, frozenAt: frozenSince(before.frozenAt, state) };
    if (event.kind === 'step') {
      const record = {
        ...{ step: state.step, loss: event.loss, regularization: event.regularization, ms: this.#recent.at(-1) ?? 0 },
        weightRate: plan.schedule.weightRate(state.step - 1),
        thresholdRate: plan.schedule.thresholdRate(state.step - 1),
        thresholds: this.#thresholds(state),
      };
      this.#memory = { ...this.#memory, records: withRecord(before.records, record) };
    }
    const { steps } = plan.schedule;
    const ms = this.#msPerStep();
    const etaMs = ms === null ? null : ms * (steps - state.step);
    onProgress?.({ phase: 'train', done: state.step, total: steps, etaMs, layer: null, bytes: null });
  }

  #msPerStep(): number | null {
    const recent = this.#recent;
    return recent.length === 0 ? null : recent.reduce((sum, ms) => sum + ms, 0) / recent.length;
  }

  #thresholds({ variables }: TrainingState): Float32Array {
    return Float32Array.from(this.prepared.thresholds, ({ variable }) => variables.get(variable)?.values[0] ?? Number.NaN);
  }

  #timed(ms: number, peakBytes: number): void {
    this.#recent = [...this.#recent.slice(1 - TIMED), ms];
    const { trainedMs, peakBytes: most } = this.#memory;
    this.#memory = { ...this.#memory, trainedMs: trainedMs + ms, peakBytes: Math.max(most, peakBytes) };
  }

  async #validate(variables: TrainingState['variables']): Promise<number> {
    const { calibrated, statistics, state, bits } = this.#memory;
    const begun = statistics?.begun ?? calibrated;
    // The network was measured when the run began.
    return state.step === 0 && bits.size === 0 && begun !== null ? begun.value : (await this.#score(variables)).value;
  }

  #score(variables: VariableValues): Promise<Rate> {
    const signal = this.#signal;
    return onWorkers(
      () => this.#services.pool(signal),
      (pool) => trainedScore(this.prepared, this.model, variables, pool, signal),
    );
  }

  /** TRN32: the best state with statistics measured in it, where that is no worse. */
  async #measureResult(): Promise<void> {
    const { state, statistics } = this.#memory;
    const { best } = state;
    if (statistics === null || best === null || statistics.ended?.step === best.step) return;
    const signal = this.#signal;
    const start = () => this.#services.pool(signal);
    const { values } = await measureStatistics(this.prepared, withVariables(this.model, best.variables), start, signal);
    const variables = new Map([...best.variables, ...values]);
    const score = await this.#score(variables);
    const taken = score.value >= best.score;
    this.#memory = {
      ...this.#memory,
      state: taken ? { ...state, best: { ...best, score: score.value, variables } } : state,
      statistics: { ...statistics, ended: { step: best.step, score, taken } },
    };
  }

  /** The workers for a step; where they compute is noted. */
  async #pool(): Promise<ComputePool> {
    const pool = await this.#services.pool(this.#signal);
    const { backends, state } = this.#memory;
    if (backends.at(-1)?.backend !== pool.description) {
      const from = state.step + 1;
      const before = backends.filter((used) => used.from < from);
      this.#memory = { ...this.#memory, backends: [...before, { backend: pool.description, from }] };
    }
    return pool;
  }

  /** What was asked for since `run` began. */
  #asked(): 'go on' | 'pause' | 'stop' {
    return this.#wanted;
  }

  async #rest(): Promise<'paused'> {
    this.#status = 'paused';
    await this.#services.keep(this, true);
    return 'paused';
  }

  async #end<How extends 'done' | 'stopped'>(how: How): Promise<How> {
    const { state } = this.#memory;
    if (state.validations.at(-1)?.step !== state.step) {
      this.#memory = { ...this.#memory, state: afterValidation(state, await this.#validate(state.variables)) };
    }
    await this.#measureResult();
    this.#status = 'ended';
    await this.dispose();
    return how;
  }

  /** Quantizers that share a threshold get the same bits. What was best before was another network. */
  #changeBits(quantizer: string, bits: number): void {
    const threshold = this.setup.thresholds.find(({ quantizers }) => quantizers.includes(quantizer));
    if (threshold === undefined) throw unknown('quantizer', quantizer);
    const before = this.#memory;
    const others = [...before.bits].filter(([name]) => !threshold.quantizers.includes(name));
    const changed = new Map([...others, [quantizer, bits] as const]);
    // Refused bits must leave the run as it was.
    withQuantizerBits(this.prepared.trained.model.graph, changed);
    this.#memory = { ...before, bits: changed, state: withOtherBits(before.state, threshold.variable) };
    this.#steps.changeModel(this.model);
  }

  #noteLeftOut({ leftOut }: Batch): void {
    for (const { name } of leftOut) this.#left.add(name);
  }
}

/** The network before the first step beside the float one. */
function scoresOf({ score, classes }: PreparedRun, float: Rate, { value }: Rate): Pick<RoadFacts, 'accuracy' | 'agreement' | 'classes'> {
  const counts = score === 'top1';
  return { accuracy: counts ? { float: float.value, quantized: value } : null, agreement: counts ? null : value, classes };
}

function setupOf(
  { plan, training, validation, score, start, parts, ...prepared }: PreparedRun,
  { statistics }: RunMemory,
  float: Rate,
  backend: string,
): Omit<TrainingSetup, 'suggestions'> {
  const sizes = plan.weights.map((name) => start.get(name)?.values.length ?? 0);
  const again = new Map(statistics?.thresholds);
  const thresholds = prepared.thresholds.map((one) => ({ ...one, start: again.get(one.variable) ?? one.start }));
  return {
    ...{ options: plan.options, steps: plan.schedule.steps, microBatches: parts, thresholds, score, backend },
    images: { training: training.images.length, validation: validation.images.length },
    weights: { variables: sizes.length, parameters: sizes.reduce((sum, size) => sum + size, 0) },
    floatScore: float.value,
  };
}

function frozenSince(before: ReadonlyMap<string, number>, { freezing, step }: TrainingState): ReadonlyMap<string, number> {
  return new Map(freezing.frozen.map((name) => [name, before.get(name) ?? step]));
}

function unknown(what: 'threshold' | 'quantizer', name: string): GraffitistError {
  return new GraffitistError('option-invalid', `The run trains no ${what} '${name}'.`, { about: name });
}

function usedBackends(used: readonly UsedBackend[]): string {
  return used.map(({ backend, from }, k) => (k === 0 ? backend : `from step ${from} on ${backend}`)).join(', ');
}

/** Backends add in different orders: the last bits of what follows are those of another one. */
function movedWarnings(used: readonly UsedBackend[]): DataWarning[] {
  return used.slice(1).map(({ backend, from }, k) => ({
    rule: 'TRN28',
    text: `From step ${from} on the run is on ${backend}, no longer on ${used[k]?.backend ?? ''}: its numbers are no longer those of a run on one of them alone.`,
    remedy: null,
  }));
}

function leftOutWarning(names: readonly string[]): DataWarning[] {
  const [first] = names;
  if (first === undefined) return [];
  const text = `${names.length} ${names.length === 1 ? 'image' : 'images'} cannot be read and ${names.length === 1 ? 'is' : 'are'} left out (${first}${names.length > 1 ? ', …' : ''}).`;
  return [{ rule: 'TRN28', text, remedy: null }];
}
