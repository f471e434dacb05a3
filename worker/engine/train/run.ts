import { cancelled } from '../../compute/channel.ts';
import { onWorkers } from '../../compute/onWorkers.ts';
import type { ComputePool } from '../../compute/pool.ts';
import type { Batch } from '../../data/types.ts';
import { GraffitistError } from '../../errors.ts';
import type { Model } from '../../graph/model.ts';
import type { DataWarning, JobOptions, Rate, Stage, Suggestion, TrainingEdit, TrainingSetup, TrainingView } from '../../protocol.ts';
import { withQuantizerBits } from '../../quantize/bitOverrides.ts';
import { imageOrder } from '../../train/imageOrder.ts';
import { startOfTraining, type TrainingState } from '../../train/state.ts';
import { afterValidation, type TrainingEvent, train } from '../../train/trainer.ts';
import type { VariableValues } from '../../train/types.ts';
import type { RoadFacts } from '../roads.ts';
import { ImageFeed } from './imageFeed.ts';
import type { PreparedRun } from './prepare.ts';
import { NO_RECORDS, withRecord } from './records.ts';
import { begin } from './reestimate.ts';
import { edited, frozenSince, type RunMemory } from './runMemory.ts';
import { leftOutWarning, movedWarnings, usedBackends } from './runWarnings.ts';
import { floatScore, trainedScore } from './scores.ts';
import { scoresOf, setupOf } from './setup.ts';
import { measureStatistics, withVariables } from './statistics.ts';
import { Steps } from './steps.ts';

/** Times of so many last steps make the mean that is shown. */
const TIMED = 20;

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
    this.#memory = edited(this.#memory, edit, this.setup.thresholds, this.prepared.trained.model.graph);
    if (edit.kind === 'bits') this.#steps.changeModel(this.model);
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

  #noteLeftOut({ leftOut }: Batch): void {
    for (const { name } of leftOut) this.#left.add(name);
  }
}
