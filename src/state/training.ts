import { create } from 'zustand';
import type {
  DataRequest,
  DataSummary,
  ErrorInfo,
  TrainingOptionInfo,
  TrainingOptions,
  TrainingRecord,
  TrainingView,
  TrainReport,
  TrainRequest,
} from '../../worker/protocol.ts';

export const TRAINING_SECTIONS = ['Setup', 'Progress', 'Thresholds', 'Report'] as const;
export type TrainingSection = (typeof TRAINING_SECTIONS)[number];

/** What a run is asked for; null: what the preset says. */
export interface TrainingForm {
  readonly mode: TrainingOptions['mode'];
  readonly targets: TrainingOptions['targets'];
  readonly preset: TrainRequest['preset'];
  readonly steps: number | null;
  readonly batchSize: number;
  readonly seed: number;
  readonly weightRate: number | null;
  readonly thresholdRate: number | null;
  /** What the best state is chosen by: images held out, or a set of its own. */
  readonly validates: 'held-out' | 'set';
  /** Images held out; null: a fifth of the set, at most a thousand. */
  readonly validation: number | null;
  readonly storeEvery: number | null;
  /** Measure statistics of fixed batch norms anew, where the graph to train has some. */
  readonly reestimateStatistics: boolean;
}

/** A question that cannot be undone: drop the run that is under way, or the one that waits. */
export type TrainingQuestion = 'cancel' | 'discard';

/** A set of its own for validation: how it is opened, and what it holds. */
export interface ValidationSet {
  readonly request: DataRequest;
  readonly summary: DataSummary;
}

interface TrainingState {
  readonly section: TrainingSection;
  readonly form: TrainingForm;
  readonly validationSet: ValidationSet | null;
  /** The options that there are, from the engine; empty until it was asked. */
  readonly options: readonly TrainingOptionInfo[];
  /** The run at hand: running, paused or ended. */
  readonly run: TrainingView | null;
  readonly report: TrainReport | null;
  /** What ended or kept back the last call; the run is as it was. */
  readonly error: ErrorInfo | null;
  readonly asking: TrainingQuestion | null;
  /** The run was found when the page came back, and nobody has said yet what becomes of it. */
  readonly restored: boolean;
}

export const USUAL_FORM: TrainingForm = {
  mode: 'tqt',
  targets: 'labels',
  preset: 'short',
  steps: 200,
  batchSize: 24,
  seed: 0,
  weightRate: null,
  thresholdRate: null,
  validates: 'held-out',
  validation: null,
  storeEvery: null,
  reestimateStatistics: false,
};

export const useTraining = create<TrainingState>(() => ({
  section: 'Setup',
  form: USUAL_FORM,
  validationSet: null,
  options: [],
  run: null,
  report: null,
  error: null,
  asking: null,
  restored: false,
}));

export function setForm(change: Partial<TrainingForm>): void {
  useTraining.setState(({ form }) => ({ form: { ...form, ...change } }));
}

export function showTrainingSection(section: TrainingSection): void {
  useTraining.setState({ section });
}

/** Another document, or the run was dropped: nothing of it is at hand any more. */
export function forgetTraining(): void {
  useTraining.setState({ run: null, report: null, error: null, asking: null, restored: false, section: 'Setup' });
}

/** More records than a chart has pixels are thinned. */
const KEPT_RECORDS = 2000;

/** A view that came after `before`: its records follow the ones that are there, where it is the same run going on. */
export function grown(before: TrainingView | null, view: TrainingView): TrainingView {
  const known = before?.records ?? [];
  const last = known.at(-1)?.step ?? 0;
  const follows = before !== null && view.step >= last && sameThresholds(before, view);
  if (!follows) return view;
  return { ...view, records: thinned([...known, ...view.records.filter(({ step }) => step > last)]) };
}

function sameThresholds(a: TrainingView, b: TrainingView): boolean {
  return (
    a.setup.steps === b.setup.steps &&
    a.setup.thresholds.length === b.setup.thresholds.length &&
    a.setup.thresholds.every(({ variable }, index) => variable === b.setup.thresholds[index]?.variable)
  );
}

/** Every other record where there are too many; the last one stays. */
function thinned(records: readonly TrainingRecord[]): readonly TrainingRecord[] {
  if (records.length <= KEPT_RECORDS) return records;
  return records.filter((_, index) => index % 2 === 1 || index === records.length - 1);
}

/** Takes in what the engine says of the run at hand. */
export function trainingSeen(view: TrainingView | null): void {
  useTraining.setState(({ run }) => ({ run: view === null ? null : grown(run, view) }));
}
