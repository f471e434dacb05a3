import { onWorkers } from '../../compute/onWorkers.ts';
import type { Rate } from '../../protocol.ts';
import type { VariableValues } from '../../train/types.ts';
import type { PreparedRun } from './prepare.ts';
import type { RunServices } from './run.ts';
import { trainedScore } from './scores.ts';
import { measureStatistics } from './statistics.ts';

/** TRN32: what measuring statistics anew came to. */
export interface Reestimated {
  readonly images: number;
  readonly batchNorms: number;
  /** log2 t of thresholds that were calibrated again behind the new statistics. */
  readonly thresholds: readonly (readonly [string, number])[];
  /** Score with them, before the first step. */
  readonly begun: Rate;
  /** Of the best state, that of so many steps, with statistics measured in it, and whether they were taken. */
  readonly ended: { readonly step: number; readonly score: Rate; readonly taken: boolean } | null;
}

/**
 * TRN32: the variables that a run begins with: statistics as the float network has them, thresholds as calibration finds them behind these.
 * null: they are kept. Errors as `measureStatistics` and calibration.
 */
export async function begin(
  run: PreparedRun,
  { pool, calibrate }: Pick<RunServices, 'pool' | 'calibrate'>,
  signal: AbortSignal | undefined,
): Promise<{ readonly start: VariableValues; readonly statistics: Reestimated } | null> {
  const { plan, trained, stage } = run;
  if (plan.statistics.length === 0) return null;
  const workers = () => pool(signal);
  const float = plan.options.mode === 'float' ? trained.model : run.float.model;
  const { values, images } = await measureStatistics(run, float, workers, signal);
  const found = (await calibrate(stage, values, signal === undefined ? {} : { signal })) ?? new Map<string, number>();
  const thresholds = [...found].filter(([name]) => run.start.has(name));
  const logs = thresholds.map(
    ([name, log2]) => [name, { shape: run.start.get(name)?.shape ?? [], values: Float32Array.of(log2) }] as const,
  );
  const start = new Map([...run.start, ...values, ...logs]);
  const begun = await onWorkers(workers, (workersAtHand) => trainedScore(run, trained.model, start, workersAtHand, signal));
  return { start, statistics: { images, batchNorms: values.size / 2, thresholds, begun, ended: null } };
}
