/** A compute worker: holds one backend, answers the calls of messages.ts. Its thin entries differ only in where the port comes from. */
import { betterCandidate, type Candidate, KljSearch } from '../calibrate/klj.ts';
import { GraffitistError } from '../errors.ts';
import type { Backend } from '../execute/backend.ts';
import { type BackendOptions, createBackend } from '../execute/createBackend.ts';
import { Breather } from './breather.ts';
import { type CallContext, type Handlers, serveCalls } from './channel.ts';
import { constantCodes } from './codes.ts';
import { Evaluator } from './evaluator.ts';
import type { ComputeCalls } from './messages.ts';
import { runOutputs } from './outputs.ts';
import type { ComputePort } from './port.ts';
import { SearchWorker } from './searchWorker.ts';
import { StatisticsWorker } from './statisticsWorker.ts';
import { SweepWorker } from './sweepWorker.ts';
import { TrainWorker } from './trainWorker.ts';

/**
 * Answers calls on `port`, one at a time, until the returned function is called; that also frees the backend.
 * `wasmPaths` says where the .wasm files of the backend are.
 */
export function serveCompute(port: ComputePort, options: BackendOptions): () => void {
  let backend: Backend | null = null;
  let sweep: SweepWorker | null = null;
  let evaluator: Evaluator | null = null;
  let trainer: TrainWorker | null = null;
  let searcher: SearchWorker | null = null;
  let statistics: StatisticsWorker | null = null;

  const started = (): Backend => {
    if (backend === null) throw new GraffitistError('internal', 'A compute worker was called before it was started.');
    return backend;
  };
  const swept = (): SweepWorker => {
    if (sweep === null) throw new GraffitistError('internal', 'A compute worker has no calibration open.');
    return sweep;
  };
  const evaluated = (): Evaluator => {
    if (evaluator === null) throw new GraffitistError('internal', 'A compute worker has no network open.');
    return evaluator;
  };
  const closeNetworks = (): void => {
    evaluator?.dispose();
    evaluator = null;
  };
  const searched = (): SearchWorker => {
    if (searcher === null) throw new GraffitistError('internal', 'A compute worker has no search open.');
    return searcher;
  };
  const closeSearch = (): void => {
    searcher?.dispose();
    searcher = null;
  };
  const trained = (): TrainWorker => {
    if (trainer === null) throw new GraffitistError('internal', 'A compute worker has no network to train.');
    return trainer;
  };
  const closeTraining = (): void => {
    trainer?.dispose();
    trainer = null;
  };
  const measured = (): StatisticsWorker => {
    if (statistics === null) throw new GraffitistError('internal', 'A compute worker has no statistics open.');
    return statistics;
  };
  const closeStatistics = (): void => {
    statistics?.dispose();
    statistics = null;
  };
  const close = (): void => {
    sweep?.dispose();
    sweep = null;
  };

  const handlers: Handlers<ComputeCalls> = {
    async start({ backend: name }) {
      backend?.dispose();
      backend = await createBackend(name, options);
      return { description: backend.description };
    },
    async open(args) {
      close();
      sweep = await SweepWorker.open(args, started());
      return null;
    },
    measure: ({ stage }, context) => swept().measure(stage, context),
    count: ({ stages, bins }, context) => swept().count(stages, bins, context),
    spread: ({ stages, mean }, context) => swept().spread(stages, mean, context),
    search,
    settle: (args, context) => swept().settle(args, context),
    inexact: () => swept().inexact(),
    async close() {
      close();
      return null;
    },
    outputs: (args, context) => runOutputs(args, started(), context),
    async openNetworks(args) {
      closeNetworks();
      evaluator = await Evaluator.open(args, started());
      return { imagesPerCall: evaluator.imagesPerCall };
    },
    evaluate: (args, context) => evaluated().evaluate(args, context),
    async closeNetworks() {
      closeNetworks();
      return null;
    },
    async openTraining(args) {
      closeTraining();
      trainer = await TrainWorker.open(args, started());
      return null;
    },
    trainPasses: (args, context) => trained().passes(args, context),
    trainGradients: (args) => trained().gradients(args),
    async closeTraining() {
      closeTraining();
      return null;
    },
    async openSearch(args, context) {
      closeSearch();
      searcher = await SearchWorker.open(args, started(), context);
      return null;
    },
    distance: (args, context) => searched().distance(args, context),
    async closeSearch() {
      closeSearch();
      return null;
    },
    async openStatistics(args) {
      closeStatistics();
      statistics = await StatisticsWorker.open(args, started());
      return null;
    },
    moments: (args, context) => measured().moments(args, context),
    async closeStatistics() {
      closeStatistics();
      return null;
    },
    codes: constantCodes,
  };
  const stop = serveCalls(port, handlers, (error) =>
    error instanceof GraffitistError || backend?.causeOf === undefined ? error : backend.causeOf(error),
  );
  return () => {
    stop();
    close();
    closeNetworks();
    closeTraining();
    closeSearch();
    closeStatistics();
    backend?.dispose();
    backend = null;
  };
}

/** Candidates between two looks at the messages: some milliseconds of work. */
const SEARCH_STEPS = 64;

async function search({ counts, levels, offset, stride }: ComputeCalls['search']['args'], call: CallContext): Promise<Candidate> {
  const breather = new Breather();
  try {
    const klj = new KljSearch(counts, levels);
    // A few candidates spread over the range give a bound that ends most of the others early.
    const spread = Math.max(stride, Math.floor((klj.lastCandidate - klj.firstCandidate) / 32));
    const end = klj.lastCandidate + 1;
    let best = klj.best({ index: Number.POSITIVE_INFINITY, distance: Number.POSITIVE_INFINITY }, klj.firstCandidate, end, spread);
    for (let from = klj.firstCandidate + offset; from < end; from += SEARCH_STEPS * stride) {
      best = betterCandidate(best, klj.best(best, from, Math.min(end, from + SEARCH_STEPS * stride), stride));
      await breather.pause(call);
    }
    return best;
  } finally {
    breather.close();
  }
}
