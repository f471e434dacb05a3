import type { ComputePool } from '../compute/pool.ts';
import { GraffitistError } from '../errors.ts';
import { sha256 } from '../formats/sha256.ts';
import type { JobOptions, TrainingMethods, TrainOutcome, TrainReport, TrainRequest } from '../protocol.ts';
import type { DataSession } from './dataSession.ts';
import { type FoundByTraining, type KeptTraining, pinnedTraining } from './keptTraining.ts';
import type { StageSource } from './networks.ts';
import { prepareRun } from './train/prepare.ts';
import { trainReport } from './train/report.ts';
import { type RunServices, TrainingRun } from './train/run.ts';
import type { RunStore } from './train/runStore.ts';
import type { StoredRun } from './train/storedRun.ts';

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
  /** What calibration finds for a stage with other values of variables (TRN32). */
  readonly recalibrate: RunServices['calibrate'];
  readonly suggest: RunServices['suggest'];
  /** Takes what training found: adds the stage `retrained` to the run. */
  readonly retrained: (found: KeptTraining) => Promise<void>;
  /** Makes that stage and drops it. @throws what `retrained` would throw */
  readonly tryResult: (found: FoundByTraining) => Promise<unknown>;
  /** The report of a retrained stage that was there before: after a reload. */
  readonly keptReport: () => TrainReport | null;
}

/** What the engine around it does to training. */
export interface TrainingGuard {
  /** @throws GraffitistError `training-state` while a run is under way: what it trains must stay as it is */
  refuseWhileTraining(): void;
  /** Lets go of the run at hand: its document or its stages are gone. What is stored of it stays. */
  forgetTraining(): Promise<void>;
  dispose(): void;
}

/** A run, and what it alone uses. */
interface HeldRun {
  readonly run: TrainingRun;
  /** Its validation set, where that is one of its own. */
  readonly session: DataSession | null;
}

/** The part of the engine that trains; it holds one run at a time. */
export function trainMethods(services: TrainServices): Omit<TrainingMethods, 'trainingOptions'> & TrainingGuard {
  let held: HeldRun | null = null;
  let report: TrainReport | null = null;
  /** The right to train, and of what. */
  let right: { readonly id: string; readonly release: () => void } | null = null;
  /** What was asked for while a run is being opened; null: none is. */
  let opening: 'go on' | 'pause' | 'stop' | null = null;

  const refuseWhileTraining = (): void => {
    if (opening === null && held?.run.status !== 'running' && held?.run.status !== 'pausing') return;
    throw new GraffitistError('training-state', 'A training run is under way.', { remedy: 'Pause or stop it first.' });
  };
  const paused = (): TrainingRun => {
    if (opening === null && held?.run.status === 'paused') return held.run;
    throw new GraffitistError('training-state', held === null ? 'There is no training run.' : 'The training run is not paused.', {
      remedy: held === null ? 'Start one.' : 'Pause it first.',
    });
  };
  const letGo = (): void => {
    right?.release();
    right = null;
  };
  const drop = async (gone: HeldRun | null): Promise<void> => {
    await gone?.run.dispose();
    gone?.session?.dispose();
  };
  const forgetTraining = async (): Promise<void> => {
    const gone = held;
    held = null;
    report = null;
    letGo();
    await drop(gone);
  };

  const openRun = async (request: TrainRequest, stored: StoredRun | null, job: JobOptions): Promise<HeldRun> => {
    const { validation } = request;
    const session = validation.kind === 'data' ? services.dataSession() : null;
    try {
      if (validation.kind === 'data') await session?.open(validation.data, job);
      const prepared = await prepareRun(request, {
        ...services,
        data: await services.data.opened(),
        batches: services.data.batches,
        validation: session === null ? null : { data: await session.opened(), batches: session.batches },
      });
      // RET9: before hours are spent on it.
      await services.tryResult({ trained: prepared.stage, variables: prepared.start, bits: new Map() });
      const memory = stored === null ? null : await stored.memory(prepared);
      const keep = (kept: TrainingRun, now: boolean) => services.store.keep(kept, now);
      return {
        run: await TrainingRun.open(
          prepared,
          memory,
          { pool: services.pool, keep, calibrate: services.recalibrate, suggest: services.suggest },
          job.signal,
        ),
        session,
      };
    } catch (error) {
      session?.dispose();
      throw error;
    }
  };
  /** Opens a run in the place of the one at hand, which stays where that fails, and the right to train what it trains. */
  const take = async (id: string, request: TrainRequest, stored: Awaited<ReturnType<RunStore['find']>>, job: JobOptions) => {
    const release = right?.id === id ? right.release : await services.store.lock(id);
    try {
      const next = await openRun(request, stored?.run ?? null, job);
      if (stored !== null) next.run.storedAt = next.run.memory.state.step;
      await services.store.begin(id, stored === null ? null : { generation: stored.run.generation, slot: stored.slot });
      const before = held;
      held = next;
      if (right?.id !== id) letGo();
      right = { id, release };
      await drop(before);
      return next.run;
    } catch (error) {
      if (right?.id !== id) release();
      throw error;
    }
  };
  const modelHash = (): Promise<string> => sha256(services.graphFile());
  const identify = async (): Promise<string> => sha256(new TextEncoder().encode(JSON.stringify([await modelHash(), services.pipeline()])));

  /** TRN29: the result of a run that has ended. Where none can be made of it, it is as if it had been paused. */
  const finish = async (ended: TrainingRun): Promise<TrainReport> => {
    try {
      const made = await trainReport(ended, await modelHash());
      await services.retrained({
        pinned: pinnedTraining(ended.prepared.request, made, ended.memory.bits),
        trained: ended.prepared.stage,
        variables: new Map([...ended.prepared.start, ...(ended.memory.state.best?.variables ?? [])]),
        bits: ended.memory.bits,
        report: made,
      });
      report = made;
    } catch (error) {
      ended.reopen();
      throw error;
    }
    await services.store.keep(ended, true);
    letGo();
    return report;
  };
  const goOn = async (current: TrainingRun, job: JobOptions): Promise<TrainOutcome> => {
    try {
      const ended = await current.run(job);
      return ended === 'paused' ? { ended } : { ended, report: await finish(current) };
    } catch (error) {
      if (error instanceof GraffitistError && error.code === 'cancelled') {
        await services.store.discard();
        await forgetTraining();
      } else await services.store.keep(current, true);
      throw error;
    }
  };

  return {
    train: async (request, job = {}) => {
      refuseWhileTraining();
      opening = 'go on';
      const asked = (): typeof opening => opening;
      try {
        const run = await take(await identify(), request, null, job);
        if (asked() === 'pause') {
          await services.store.keep(run, true);
          return { ended: 'paused' };
        }
        if (asked() === 'stop') {
          await run.end();
          return { ended: 'stopped', report: await finish(run) };
        }
      } finally {
        opening = null;
      }
      return goOn(paused(), job);
    },
    pauseTraining: async () => {
      if (opening === 'go on') opening = 'pause';
      else held?.run.pause();
    },
    stopTraining: async () => {
      if (opening !== null) opening = 'stop';
      else if (held?.run.status === 'paused') {
        await held.run.end();
        return finish(held.run);
      } else held?.run.stop();
      return null;
    },
    resumeTraining: async (job = {}) => goOn(paused(), job),
    discardTraining: async () => {
      refuseWhileTraining();
      await services.store.discard(await identify());
      await forgetTraining();
    },
    editTraining: async (edit) => {
      const current = paused();
      current.edit(edit);
      await services.store.keep(current, true);
      return current.view();
    },
    training: async (since) => held?.run.view(since) ?? null,
    restoreTraining: async (validation) => {
      const there = (): HeldRun | null => held;
      const before = there();
      if (before !== null) return before.run.view();
      refuseWhileTraining();
      const id = await identify();
      const stored = await services.store.find(id);
      if (stored === null || stored.run.ended) return null;
      // Only now: a look that finds nothing must not keep anyone from bringing the pipeline back.
      const since = there();
      if (since !== null) return since.run.view();
      refuseWhileTraining();
      opening = 'go on';
      try {
        return (await take(id, withValidation(stored.run.request, validation), stored, {})).view();
      } finally {
        opening = null;
      }
    },
    unreadableTraining: async () => services.store.unreadable(await identify()),
    trainingReport: async () => report ?? services.keptReport(),
    refuseWhileTraining,
    forgetTraining,
    dispose: () => void forgetTraining(),
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
