import type { QuantizerStatistics } from '../calibrate/statistics.ts';
import { GraffitistError } from '../errors.ts';
import type { Model } from '../graph/model.ts';
import type { CalibrationReport, RunReport, RunRequest } from '../protocol.ts';
import { type FoundByTraining, type KeptTraining, type KeptTrainingHeader, restoredTraining, storedTraining } from './keptTraining.ts';
import { retrainedStage } from './retrained.ts';
import { type Calibrated, type RunServices, runPipeline } from './run.ts';
import type { StageState } from './stage.ts';

const LINE_FEED = 0x0a;

/** What is kept of a run: transforms are pure and run again in moments, what calibration found is stored. */
interface Snapshot {
  readonly version: 1;
  readonly request: RunRequest;
  readonly report: RunReport;
  readonly thresholds: readonly (readonly [string, number])[];
  readonly statistics: readonly (readonly [string, QuantizerStatistics])[];
  readonly calibration: CalibrationReport | null;
  /** Its variables follow the line that is this snapshot. */
  readonly training?: KeptTrainingHeader;
}

/** A run as its stages and its report; where it was trained, the last of the stages is the retrained one. */
export interface KeptRun {
  readonly request: RunRequest;
  /** One per active step, and where it was trained the stage `retrained` after them. */
  readonly stages: readonly StageState[];
  readonly report: RunReport;
  readonly training?: KeptTraining;
}

/** RET10: one line of JSON; behind it, where the run was trained, the variables as they are in memory. */
export function writeSnapshot(run: KeptRun): Blob {
  // Thresholds as calibration found them: what quantize did to them afterwards is done again.
  const calibrated = run.stages.find(({ quantization }) => quantization?.calibrated === true);
  const training = run.training === undefined ? null : storedTraining(run.training);
  const snapshot: Snapshot = {
    version: 1,
    request: run.request,
    report: run.report,
    thresholds: [...(calibrated?.quantization?.found ?? [])],
    statistics: [...(calibrated?.statistics ?? [])],
    calibration: calibrated?.calibration ?? null,
    ...(training === null ? {} : { training: training.header }),
  };
  // JSON has no infinity, and a signal kept exactly has one.
  const line = JSON.stringify(snapshot, (_, value) => (value === Number.POSITIVE_INFINITY ? 'Infinity' : value));
  return new Blob(training === null ? [line] : [line, '\n', training.body as BlobPart]);
}

/**
 * Runs the kept request again on the opened graph, with the kept thresholds in the place of a calibration, and makes the retrained stage of
 * the kept variables.
 */
export async function readSnapshot(blob: Blob, opened: Model, textOf: RunServices['textOf']): Promise<KeptRun> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const end = bytes.indexOf(LINE_FEED);
  const line = new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
  const snapshot = JSON.parse(line, (_, value) => (value === 'Infinity' ? Number.POSITIVE_INFINITY : value)) as Snapshot;
  const { calibration } = snapshot;
  if (snapshot.version !== 1)
    throw new GraffitistError('recipe-invalid', 'This kept session is of another version.', { remedy: 'Run the pipeline again.' });
  const kept = { thresholds: new Map(snapshot.thresholds), statistics: new Map(snapshot.statistics) };
  const calibrate = async (): Promise<Calibrated> => {
    throw new GraffitistError('data-missing', 'The kept run was not calibrated.', { remedy: 'Run the pipeline again.' });
  };
  const run = await rerun(opened, snapshot, {
    textOf,
    calibrate,
    ...(calibration === null ? {} : { calibrated: { ...kept, calibration } }),
  });
  if (snapshot.training === undefined) return run;
  const training = restoredTraining(snapshot.training, bytes.slice(end + 1));
  if (training === null) {
    throw new GraffitistError('training-state', 'The kept session ends before its trained variables do.', { remedy: 'Train again.' });
  }
  return withTraining(opened, run, training, textOf);
}

/** The run with the stage that training made of it, in the place of one that an earlier training made. */
export async function withTraining(opened: Model, run: KeptRun, training: KeptTraining, textOf: RunServices['textOf']): Promise<KeptRun> {
  const { request, report } = run;
  const stages = run.stages.filter(({ retrained }) => retrained !== true);
  return { request, report, stages: [...stages, await retrainedOf(opened, run, training, textOf)], training };
}

/** The stage `retrained` of a run. Errors as `retrainedStage`. */
export function retrainedOf(
  opened: Model,
  { request, stages }: KeptRun,
  { trained, variables, bits }: FoundByTraining,
  textOf: RunServices['textOf'],
): Promise<StageState> {
  return retrainedStage({ opened, request, stages, trained, variables, bits, textOf });
}

/** A run done again, for transforms are pure and take moments; how long the first one took is kept. */
export async function rerun(opened: Model, run: Pick<KeptRun, 'request' | 'report'>, services: RunServices): Promise<KeptRun> {
  const { stages, report } = await runPipeline(opened, run.request, services, {});
  const steps = report.steps.map((step, index) => ({ ...step, ms: run.report.steps[index]?.ms ?? step.ms }));
  return { request: run.request, stages, report: { steps, ms: run.report.ms } };
}
