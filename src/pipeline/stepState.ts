import type { ErrorInfo, JobProgress, PipelineStep, RunReport, RunRequest, StepReport } from '../../worker/protocol.ts';
import { sameInterface } from '../interface/inputShapes.ts';

export type StepState =
  | { readonly kind: 'not-run' }
  | { readonly kind: 'bypassed' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'running'; readonly progress: JobProgress | null }
  /** Rewritten in the run under way, whose report is yet to come. */
  | { readonly kind: 'passed' }
  | { readonly kind: 'done'; readonly report: StepReport }
  | { readonly kind: 'refused'; readonly report: StepReport; readonly error: ErrorInfo };

/** The last run and what it was asked. */
export interface Ran {
  readonly request: RunRequest;
  readonly report: RunReport;
}

/**
 * What each card shows while nothing runs. A report counts while the step, every step before it and the interface are what they
 * were when it ran; whatever follows an edit is "not run" again.
 */
export function settledStates(request: RunRequest, ran: Ran | null): ReadonlyMap<string, StepState> {
  const reports = new Map(ran?.report.steps.map((report) => [report.id, report]));
  const former = active(ran?.request.steps ?? []);
  let valid = ran !== null && sameInterface(ran.request.interface, request.interface);
  let position = 0;
  const states = new Map<string, StepState>();
  for (const step of request.steps) {
    if (step.bypassed) {
      states.set(step.id, { kind: 'bypassed' });
      continue;
    }
    valid = valid && sameStep(former[position++], step);
    const report = valid ? reports.get(step.id) : undefined;
    states.set(step.id, report === undefined ? { kind: 'not-run' } : reported(report));
  }
  return states;
}

/** What each card shows during a run. */
export function runningStates(request: RunRequest, progress: JobProgress | null): ReadonlyMap<string, StepState> {
  const running = stepAtHand(active(request.steps), progress);
  const at = running === undefined ? -1 : request.steps.indexOf(running);
  return new Map(
    request.steps.map((step, index): [string, StepState] => {
      if (step.bypassed) return [step.id, { kind: 'bypassed' }];
      if (index === at) return [step.id, { kind: 'running', progress: progress?.phase === 'rewrite' ? null : progress }];
      return [step.id, { kind: index < at ? 'passed' : 'waiting' }];
    }),
  );
}

function stepAtHand(steps: readonly PipelineStep[], progress: JobProgress | null): PipelineStep | undefined {
  if (progress === null) return steps[0];
  if (progress.phase === 'rewrite') return steps[Math.min(progress.done, steps.length - 1)];
  // Whatever else a run does is calibration, which belongs to quantize.
  return steps.find((step) => step.transform === 'quantize') ?? steps.at(-1);
}

function reported(report: StepReport): StepState {
  switch (report.state) {
    case 'done':
      return { kind: 'done', report };
    case 'bypassed':
      return { kind: 'bypassed' };
    case 'refused':
      return { kind: 'refused', report, error: report.error ?? { code: 'internal', cause: 'This step was refused without a reason.' } };
    case 'not-run':
      return { kind: 'not-run' };
  }
}

const active = (steps: readonly PipelineStep[]): readonly PipelineStep[] => steps.filter((step) => !step.bypassed);

function sameStep(former: PipelineStep | undefined, step: PipelineStep): boolean {
  return former !== undefined && former.id === step.id && JSON.stringify(former.options) === JSON.stringify(step.options);
}
