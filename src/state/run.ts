import { create } from 'zustand';
import type { CalibrationReport, ErrorInfo, JobProgress, OutputComparison, QuantizerRow, Stage, StageInfo } from '../../worker/protocol.ts';
import type { Ran } from '../pipeline/stepState.ts';

export type JobKind = 'open' | 'run' | 'calibrate' | 'compare' | 'save' | 'data' | 'check' | 'evaluate' | 'choose' | 'train';

export interface Job {
  readonly kind: JobKind;
  /** "Calibrating", for the status line. */
  readonly title: string;
  readonly progress: JobProgress | null;
  readonly controller: AbortController;
}

/** The last thing that ended, for the status line. */
export interface Outcome {
  readonly state: 'done' | 'failed' | 'cancelled';
  readonly text: string;
}

interface RunState {
  readonly job: Job | null;
  readonly outcome: Outcome | null;
  readonly ran: Ran | null;
  /** Of the last run or calibration as a whole, where it belongs to no step. */
  readonly error: ErrorInfo | null;
  readonly calibration: CalibrationReport | null;
  readonly stages: readonly StageInfo[];
  /** Quantizers of the stage on screen. */
  readonly quantizers: { readonly stage: Stage; readonly rows: readonly QuantizerRow[] } | null;
  /** Float against quantized outputs, as calibrated. */
  readonly comparison: OutputComparison | null;
  /** The same of what training made. */
  readonly retrainedComparison: OutputComparison | null;
  /** Peak of engine memory in the job at hand or the last one. */
  readonly memory: number | null;
}

const NOTHING_RUN = {
  outcome: null,
  ran: null,
  error: null,
  calibration: null,
  quantizers: null,
  comparison: null,
  retrainedComparison: null,
} as const;

export const useRun = create<RunState>(() => ({ ...NOTHING_RUN, job: null, stages: [], memory: null }));

/** Another document: nothing of the former one's runs applies. */
export function forgetRun(): void {
  useRun.setState(NOTHING_RUN);
}
