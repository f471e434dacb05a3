import { type ErrorInfo, errorInfo, GraffitistError } from '../../errors.ts';
import { newestGeneration, removeGenerations, writeGeneration } from '../../train/generations.ts';
import type { TrainingRun } from './run.ts';
import type { RunFiles } from './runFiles.ts';
import type { RunMemory } from './runMemory.ts';
import { parseRun, type StoredRun, serializeRun } from './storedRun.ts';

/** Steps between two times that a run is stored, unless the request says otherwise. */
const EVERY = 25;
/** Storing may take this share of the time, else it is done less often. */
const SHARE = 0.05;

/** TRN27: keeps the run at hand in two generations. What cannot be stored is a warning: the run goes on. */
export class RunStore {
  readonly #files: RunFiles | null;
  #name: string | null = null;
  #slot: number | null = null;
  #generation = 0;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #took = 0;
  /** What was written last, and whether it had ended. */
  #written: { readonly memory: RunMemory; readonly ended: boolean } | null = null;

  constructor(files: RunFiles | null) {
    this.#files = files;
  }

  /** The right to train what has this name. @throws GraffitistError `training-state` where someone else trains it */
  async lock(name: string): Promise<() => void> {
    if (this.#files === null) return () => undefined;
    const release = await this.#files.lock(name);
    if (release !== null) return release;
    throw new GraffitistError('training-state', 'This document is being trained in another window.', {
      remedy: 'Go on there, or close it.',
    });
  }

  /** From now on the run of this name is kept; what was stored of another run of it goes with its next generation. */
  async begin(name: string, stored: { readonly generation: number; readonly slot: number } | null): Promise<void> {
    this.#name = name;
    if (stored === null && this.#files !== null) {
      const before = await newestGeneration(this.#files, name, parseRun, ({ generation }) => generation).catch(() => null);
      this.#generation = before?.value.generation ?? 0;
      this.#slot = before?.slot ?? null;
    } else {
      this.#generation = stored?.generation ?? 0;
      this.#slot = stored?.slot ?? null;
    }
    this.#writtenAt = Number.NEGATIVE_INFINITY;
    this.#written = null;
  }

  /** What is stored under a name; null: nothing that can be read. */
  async find(name: string): Promise<{ readonly run: StoredRun; readonly slot: number } | null> {
    if (this.#files === null) return null;
    const found = await newestGeneration(this.#files, name, parseRun, ({ generation }) => generation);
    return found === null ? null : { run: found.value, slot: found.slot };
  }

  /** TRN33: why nothing of what is stored under a name can be read; null: something can, or nothing is stored. */
  async unreadable(name: string): Promise<ErrorInfo | null> {
    if (this.#files === null) return null;
    const faults: unknown[] = [];
    const found = await newestGeneration(
      this.#files,
      name,
      parseRun,
      ({ generation }) => generation,
      (error) => faults.push(error),
    );
    const [fault] = faults;
    if (found !== null || fault === undefined) return null;
    return {
      code: 'training-state',
      cause: `What is stored of a training run of this document cannot be read: ${errorInfo(fault).cause}`,
      remedy: 'Training begins anew, and what it stores takes that place.',
    };
  }

  /** Stores the run: now, or when it is due. */
  async keep(run: TrainingRun, now: boolean): Promise<void> {
    if (this.#files === null || this.#name === null) return;
    const { memory } = run;
    const ended = run.status === 'ended';
    if (memory === this.#written?.memory && ended === this.#written.ended) return;
    const { step } = memory.state;
    const every = run.prepared.request.storeEvery ?? EVERY;
    const due = step !== run.storedAt && step % every === 0 && performance.now() - this.#writtenAt > this.#took / SHARE;
    if (!now && !due) return;
    const started = performance.now();
    try {
      const bytes = serializeRun(run, ++this.#generation);
      this.#slot = await writeGeneration(this.#files, this.#name, this.#slot, bytes);
      this.#written = { memory, ended };
      run.storedAt = step;
      run.storeWarning = null;
    } catch (error) {
      const { cause } = errorInfo(error);
      run.storeWarning = {
        rule: 'TRN27',
        text: `The run cannot be stored: ${cause.replace(/\.$/, '')}. It goes on${run.storedAt === null ? '' : `; step ${run.storedAt} is stored`}.`,
        remedy: 'Make room, then pause: it is stored again.',
      };
    }
    this.#took = performance.now() - started;
    this.#writtenAt = performance.now();
  }

  /** Removes what is stored of the run at hand, or of the one of this name. */
  async discard(name: string | null = this.#name): Promise<void> {
    if (this.#files === null || name === null) return;
    await removeGenerations(this.#files, name).catch(() => undefined);
  }
}
