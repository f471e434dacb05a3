import type { QuantizerStatistics } from '../calibrate/statistics.ts';
import { GraffitistError } from '../errors.ts';
import type { Model } from '../graph/model.ts';
import type { CalibrationReport, RunReport, RunRequest, Stage, TrainReport } from '../protocol.ts';
import type { VariableValues } from '../train/types.ts';
import { type Calibrated, type RunServices, runPipeline } from './run.ts';
import type { StageState } from './stage.ts';

/** What is kept of a run: transforms are pure and run again in moments, what calibration found is stored. */
interface Snapshot {
  readonly version: 1;
  readonly request: RunRequest;
  readonly report: RunReport;
  readonly thresholds: readonly (readonly [string, number])[];
  readonly statistics: readonly (readonly [string, QuantizerStatistics])[];
  readonly calibration: CalibrationReport | null;
}

/** What training found, and on which stage. */
export interface KeptTraining {
  readonly trained: Stage;
  /** Weights, thresholds (log2 t) and moving statistics by variable. */
  readonly variables: VariableValues;
  /** Bits of quantizers that were changed while it was trained. */
  readonly bits: ReadonlyMap<string, number>;
  readonly report: TrainReport;
}

/** A run as its stages and its report. */
export interface KeptRun {
  readonly request: RunRequest;
  /** One per active step, and where it was trained the stage `retrained` after them. */
  readonly stages: readonly StageState[];
  readonly report: RunReport;
  readonly training?: KeptTraining;
}

export function writeSnapshot(run: KeptRun): Blob {
  // Thresholds as calibration found them: what quantize did to them afterwards is done again.
  const calibrated = run.stages.find(({ quantization }) => quantization?.calibrated === true);
  const snapshot: Snapshot = {
    version: 1,
    request: run.request,
    report: run.report,
    thresholds: [...(calibrated?.quantization?.found ?? [])],
    statistics: [...(calibrated?.statistics ?? [])],
    calibration: calibrated?.calibration ?? null,
  };
  // JSON has no infinity, and a signal kept exactly has one.
  return new Blob([JSON.stringify(snapshot, (_, value) => (value === Number.POSITIVE_INFINITY ? 'Infinity' : value))]);
}

/** Runs the kept request again on the opened graph, with the kept thresholds in the place of a calibration. */
export async function readSnapshot(blob: Blob, opened: Model, textOf: RunServices['textOf']): Promise<KeptRun> {
  const snapshot = JSON.parse(await blob.text(), (_, value) => (value === 'Infinity' ? Number.POSITIVE_INFINITY : value)) as Snapshot;
  const { calibration } = snapshot;
  if (snapshot.version !== 1)
    throw new GraffitistError('recipe-invalid', 'This kept session is of another version.', { remedy: 'Run the pipeline again.' });
  const kept = { thresholds: new Map(snapshot.thresholds), statistics: new Map(snapshot.statistics) };
  const calibrate = async (): Promise<Calibrated> => {
    throw new GraffitistError('data-missing', 'The kept run was not calibrated.', { remedy: 'Run the pipeline again.' });
  };
  return rerun(opened, snapshot, { textOf, calibrate, ...(calibration === null ? {} : { calibrated: { ...kept, calibration } }) });
}

/** A run done again, for transforms are pure and take moments; how long the first one took is kept. */
export async function rerun(opened: Model, run: Pick<KeptRun, 'request' | 'report'>, services: RunServices): Promise<KeptRun> {
  const { stages, report } = await runPipeline(opened, run.request, services, {});
  const steps = report.steps.map((step, index) => ({ ...step, ms: run.report.steps[index]?.ms ?? step.ms }));
  return { request: run.request, stages, report: { steps, ms: run.report.ms } };
}
