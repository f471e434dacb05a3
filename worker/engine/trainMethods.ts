import type { ComputePool } from '../compute/pool.ts';
import { GraffitistError } from '../errors.ts';
import { sha256 } from '../formats/sha256.ts';
import type { DataRequest, Engine, JobOptions, TrainOutcome, TrainReport, TrainRequest } from '../protocol.ts';
import type { DataSession } from './dataSession.ts';
import { type KeptTraining, pinnedTraining } from './keptTraining.ts';
import type { StageSource } from './networks.ts';
import { type PreparedRun, prepareRun } from './train/prepare.ts';
import { trainReport } from './train/report.ts';
import { TrainingRun } from './train/run.ts';
import type { RunStore } from './train/runStore.ts';
import type { StoredRun } from './train/storedRun.ts';

/** The methods of an engine that are about training. */
export type TrainMethods = Pick<
  Engine,
  | 'train'
  | 'pauseTraining'
  | 'stopTraining'
  | 'resumeTraining'
  | 'discardTraining'
  | 'editTraining'
  | 'training'
  | 'restoreTraining'
  | 'trainingReport'
>;

/** What training needs of the engine around it. */
export interface TrainServices extends StageSource {
  readonly stages: () => number;
  readonly data: DataSession;
  /** A second data session, for validation on another set; whoever asks ends it. */
  readonly dataSession: () => DataSession;
  readonly pool: (signal: AbortSignal | undefined) => Promise<ComputePool>;
  /** The open graph's file. */
  readonly graphFile: () => Blob;
  /** What tells the pipeline that made the stages from another. */
  readonly pipeline: () => unknown;
  readonly store: RunStore;
  /** Takes what training found: adds the stage `retrained` to the run. */
  readonly retrained: (found: KeptTraining) => Promise<void>;
  /** The report of a retrained stage that was there before: after a reload. */
  readonly keptReport: () => TrainReport | null;
}

/** The part of the engine that trains; it holds one run at a time. */
export function trainMethods(services: TrainServices): TrainMethods & { readonly dispose: () => void } {
  let run: TrainingRun | null = null;
  let report: TrainReport | null = null;
  let validationSession: DataSession | null = null;
  let release: (() => void) | null = null;

  const paused = (): TrainingRun => {
    if (run !== null && run.status === 'paused') return run;
    throw new GraffitistError('training-state', run === null ? 'There is no training run.' : 'The training run is not paused.', {
      remedy: run === null ? 'Start one.' : 'Pause it first.',
    });
  };
  const forget = async (): Promise<void> => {
    const gone = run;
    run = null;
    validationSession?.dispose();
    validationSession = null;
    release?.();
    release = null;
    await gone?.dispose();
  };
  const validationSet = async (validation: TrainRequest['validation'], job: JobOptions) => {
    if (validation.kind === 'held-out') return null;
    validationSession?.dispose();
    validationSession = services.dataSession();
    await validationSession.open(validation.data as DataRequest, job);
    return { data: await validationSession.opened(), batches: validationSession.batches };
  };
  const prepared = async (request: TrainRequest, job: JobOptions): Promise<PreparedRun> =>
    prepareRun(request, {
      ...services,
      data: await services.data.opened(),
      batches: services.data.batches,
      validation: await validationSet(request.validation, job),
    });
  const openRun = async (request: TrainRequest, stored: StoredRun | null, job: JobOptions): Promise<TrainingRun> => {
    const about = await prepared(request, job);
    return TrainingRun.open(
      about,
      stored?.memory(about) ?? null,
      { pool: services.pool, keep: (kept, now) => services.store.keep(kept, now) },
      job.signal,
    );
  };
  const modelHash = (): Promise<string> => sha256(services.graphFile());
  const identify = async (): Promise<string> => sha256(new TextEncoder().encode(JSON.stringify([await modelHash(), services.pipeline()])));

  const finish = async (ended: TrainingRun): Promise<TrainReport> => {
    const made = await trainReport(ended, await modelHash());
    const { best } = ended.memory.state;
    if (best === null) throw new GraffitistError('internal', 'A run has ended without a validation.');
    await services.retrained({
      pinned: pinnedTraining(ended.prepared.request, made, ended.memory.bits),
      trained: ended.prepared.stage,
      variables: new Map([...ended.prepared.start, ...best.variables]),
      bits: ended.memory.bits,
      report: made,
    });
    report = made;
    release?.();
    release = null;
    return made;
  };
  const goOn = async (current: TrainingRun, job: JobOptions): Promise<TrainOutcome> => {
    try {
      const ended = await current.run(job);
      return ended === 'paused' ? { ended } : { ended, report: await finish(current) };
    } catch (error) {
      if (error instanceof GraffitistError && error.code === 'cancelled') {
        await services.store.discard();
        await forget();
      } else await services.store.keep(current, true);
      throw error;
    }
  };

  return {
    train: async (request, job = {}) => {
      if (run?.status === 'running' || run?.status === 'pausing') {
        throw new GraffitistError('training-state', 'A training run is under way.', { remedy: 'Pause or stop it first.' });
      }
      const id = await identify();
      const locked = release ?? (await services.store.lock(id));
      try {
        const fresh = await openRun(request, null, job);
        await run?.dispose();
        run = fresh;
        release = locked;
        await services.store.begin(id, null);
      } catch (error) {
        if (release === null) locked();
        throw error;
      }
      return goOn(run, job);
    },
    pauseTraining: async () => run?.pause(),
    stopTraining: async () => {
      if (run === null || run.status === 'ended') return null;
      if (run.status !== 'paused') {
        run.stop();
        return null;
      }
      await run.end();
      return finish(run);
    },
    resumeTraining: async (job = {}) => goOn(paused(), job),
    discardTraining: async () => {
      if (run?.status === 'running' || run?.status === 'pausing') paused();
      await services.store.discard(await identify());
      await forget();
    },
    editTraining: async (edit) => {
      const current = paused();
      current.edit(edit);
      await services.store.keep(current, true);
      return current.view();
    },
    training: async (since) => run?.view(since) ?? null,
    restoreTraining: async (validation) => {
      if (run !== null) return run.view();
      const id = await identify();
      const stored = await services.store.find(id);
      if (stored === null || stored.run.ended) return null;
      const locked = await services.store.lock(id);
      try {
        const found = await openRun(withValidation(stored.run.request, validation), stored.run, {});
        found.storedAt = found.memory.state.step;
        run = found;
        release = locked;
        await services.store.begin(id, { generation: stored.run.generation, slot: stored.slot });
      } catch (error) {
        locked();
        throw error;
      }
      return run.view();
    },
    trainingReport: async () => report ?? services.keptReport(),
    dispose: () => void forget(),
  };
}

/** Files of a validation set are not stored with a run. @throws GraffitistError `data-missing` */
function withValidation(request: TrainRequest, given: TrainRequest['validation'] | undefined): TrainRequest {
  if (request.validation.kind === 'held-out') return request;
  if (given?.kind === 'data') return { ...request, validation: given };
  throw new GraffitistError('data-missing', 'The stored run was validated on a set of its own.', {
    about: 'validation',
    remedy: 'Give that set again.',
  });
}
