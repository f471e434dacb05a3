import { cancelled } from '../worker/compute/channel.ts';
import { errorText } from '../worker/errors.ts';
import type { Engine, TrainingRecord, TrainingView, TrainOutcome, TrainRequest } from '../worker/protocol.ts';
import type { Interrupt } from './trainInterrupt.ts';
import { TrainLog } from './trainLog.ts';
import { type TrainProgress, trainProgress } from './trainProgress.ts';

export interface WatchOptions {
  readonly quiet: boolean;
  /** The CSV that every step goes into. */
  readonly log?: string | undefined;
  readonly interrupt: Interrupt;
}

/** Trains, or goes on where `resume` finds what is stored, and shows it step by step. */
export async function trainWatched(
  engine: Engine,
  request: TrainRequest,
  resume: boolean,
  { quiet, log, interrupt }: WatchOptions,
): Promise<TrainOutcome> {
  const stored = resume ? await engine.restoreTraining(request.validation) : null;
  if (resume && stored === null) await tellAnew(engine, quiet);
  if (interrupt.signal.aborted) throw cancelled();
  const watch = new Watch(engine, trainProgress(quiet), interrupt, { log, from: stored?.step ?? 0 });
  try {
    if (stored === null) return await engine.train(request, { onProgress: watch.look, signal: interrupt.signal });
    interrupt.trains();
    return await engine.resumeTraining({ onProgress: watch.look });
  } finally {
    await watch.end();
  }
}

/** TRC8, TRN33 */
async function tellAnew(engine: Engine, quiet: boolean): Promise<void> {
  const unreadable = await engine.unreadableTraining();
  if (unreadable !== null) process.stderr.write(`warning: ${errorText(unreadable)} [TRN33]\n`);
  else if (!quiet) process.stderr.write('nothing was stored of the run: it begins anew\n');
}

/** Looks at the run after every step, one look after the other. */
class Watch {
  readonly #engine: Engine;
  readonly #progress: TrainProgress;
  readonly #interrupt: Interrupt;
  readonly #file: string | undefined;
  /** Steps that were done when it was resumed. */
  readonly #from: number;
  #looks: Promise<void> = Promise.resolve();
  #view: TrainingView | null = null;
  #last: TrainingRecord | null = null;
  #log: TrainLog | null = null;

  constructor(
    engine: Engine,
    progress: TrainProgress,
    interrupt: Interrupt,
    about: { readonly log: string | undefined; readonly from: number },
  ) {
    this.#engine = engine;
    this.#progress = progress;
    this.#interrupt = interrupt;
    this.#file = about.log;
    this.#from = about.from;
  }

  readonly look = (): void => {
    this.#interrupt.trains();
    this.#looks = this.#looks.then(() => this.#show());
  };

  async end(): Promise<void> {
    this.look();
    await this.#looks;
    this.#progress.end();
    this.#write((log) => log.end(this.#view?.validations ?? []));
  }

  async #show(): Promise<void> {
    const view = await this.#engine.training(this.#view?.step);
    if (view === null) return;
    if (this.#view === null) await this.#begin(view);
    this.#write((log) => log.take(view.records, view.validations));
    this.#view = view;
    this.#last = view.records.at(-1) ?? this.#last;
    this.#progress.update(view, this.#last);
  }

  async #begin(view: TrainingView): Promise<void> {
    this.#progress.begin(view);
    if (this.#file === undefined) return;
    try {
      this.#log = await TrainLog.open(this.#file, view.setup, this.#from);
    } catch (error) {
      this.#logFailed(error);
    }
  }

  #write(action: (log: TrainLog) => void): void {
    if (this.#log === null) return;
    try {
      action(this.#log);
    } catch (error) {
      this.#logFailed(error);
    }
  }

  /** A log that cannot be written does not end a run of hours. */
  #logFailed(error: unknown): void {
    this.#log = null;
    process.stderr.write(
      `warning: '${this.#file}' cannot be written any more (${error instanceof Error ? error.message : String(error)}).\n`,
    );
  }
}
