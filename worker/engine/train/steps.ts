import type { PartOfBatch } from '../../compute/messages.ts';
import { onWorkers } from '../../compute/onWorkers.ts';
import type { ComputePool } from '../../compute/pool.ts';
import type { Batch } from '../../data/types.ts';
import { GraffitistError } from '../../errors.ts';
import type { Model } from '../../graph/model.ts';
import { cutBatch, joinParts } from '../../train/microBatches.ts';
import type { StepRequest } from '../../train/trainer.ts';
import type { MeasuredStep } from '../../train/trainingStep.ts';
import { networkToTrain, type PreparedRun } from './prepare.ts';

/** What steps need to know of a run. */
type SteppedRun = Pick<PreparedRun, 'float' | 'input' | 'shape' | 'logits' | 'plan' | 'parts' | 'classes'>;

/** Hands steps to the compute workers, and opens the network in them where it is not open: at first, and after one has died. */
export class Steps {
  readonly #run: SteppedRun;
  readonly #pool: () => Promise<ComputePool>;
  #model: Model;
  #opened: ComputePool | null = null;

  constructor(run: SteppedRun, model: Model, pool: () => Promise<ComputePool>) {
    this.#run = run;
    this.#model = model;
    this.#pool = pool;
  }

  /** The graph is another one now: bits were changed. */
  changeModel(model: Model): void {
    this.#model = model;
    this.#opened = null;
  }

  /**
   * One step, on new workers where one has died on the way (TRN28).
   * @throws GraffitistError `label-invalid`, `cancelled`, what stops a step
   */
  async step(request: StepRequest, batch: Batch, signal: AbortSignal | undefined): Promise<MeasuredStep> {
    refuseLabels(this.#run, batch);
    return onWorkers(this.#pool, (pool) => this.#compute(pool, request, batch, signal));
  }

  async close(): Promise<void> {
    const pool = this.#opened;
    this.#opened = null;
    if (pool !== null && !pool.broken) await pool.ask(everyone(pool), 'closeTraining', () => null).catch(() => undefined);
  }

  async #compute(
    pool: ComputePool,
    { variables, batchNormFrozen, frozen }: StepRequest,
    batch: Batch,
    signal: AbortSignal | undefined,
  ): Promise<MeasuredStep> {
    await this.#open(pool, signal);
    const images = batch.images.length;
    // Statistics of a batch are those of all its images: one worker takes it whole.
    const parts = cutBatch(images, batchNormFrozen ? this.#run.parts : 1);
    const workers = everyone(pool).slice(0, parts.length);
    const dealt = workers.map((_, worker) => parts.filter((_part, k) => Math.floor((k * workers.length) / parts.length) === worker));
    const found = await pool.ask(
      workers,
      'trainPasses',
      (worker) => ({
        parts: (dealt[worker] ?? []).map(({ first, count }) => partOf(batch, first, count)),
        ...{ images, variables, batchNormFrozen, frozen },
      }),
      { signal, transfer: ({ parts: own }) => own.flatMap(({ values, labels }) => [values.buffer, labels.buffer]) },
    );
    const { slopes, ...pass } = joinParts(found.flat());
    const [gradients] = await pool.ask(workers.slice(0, 1), 'trainGradients', () => ({ slopes }), {
      signal,
      transfer: () => [...slopes.values()].map(({ values }) => values.buffer),
    });
    if (gradients === undefined) throw new GraffitistError('internal', 'A compute worker gave no gradients.');
    return { ...pass, ...gradients };
  }

  async #open(pool: ComputePool, signal: AbortSignal | undefined): Promise<void> {
    if (pool === this.#opened) return;
    const network = networkToTrain(this.#run, this.#model);
    await pool.ask(everyone(pool), 'openTraining', () => network, { signal });
    this.#opened = pool;
  }
}

function everyone(pool: ComputePool): readonly number[] {
  return pool.workers.map((_, worker) => worker);
}

/** Copies, which move to the worker: the batch is needed again where a step is done again. */
function partOf({ values, labels, images }: Batch, first: number, count: number): PartOfBatch {
  const size = values.length / images.length;
  return { values: values.slice(first * size, (first + count) * size), labels: labels.slice(first, first + count) };
}

/** EVA9: a label that the network has no class for, or none at all, where labels are the targets. */
function refuseLabels({ plan, classes }: SteppedRun, { names, labels }: Batch): void {
  if (plan.options.targets === 'distillation') return;
  const at = labels.findIndex((label) => label < 0 || label >= classes);
  if (at < 0) return;
  const cause =
    labels[at] === -1 ? 'An image has no label.' : `The label is ${labels[at]}, and the network has ${classes} classes, from 0 on.`;
  throw new GraffitistError('label-invalid', cause, {
    about: names[at] ?? '',
    remedy: "Give a label offset (−1 where labels count from 1), other labels, or take the float network's answers as targets.",
  });
}
