import { type ErrorInfo, errorInfo, errorText, type JobOptions } from '../../worker/protocol.ts';
import { log, logError } from '../state/log.ts';
import { type JobKind, useRun } from '../state/run.ts';
import { useTraining } from '../state/training.ts';
import { setCollapsed, setView } from '../state/view.ts';

export type Ended<T> =
  | { readonly state: 'done'; readonly value: T }
  | { readonly state: 'failed'; readonly error: ErrorInfo }
  | { readonly state: 'cancelled'; readonly error: ErrorInfo };

/**
 * Runs one job at a time with progress and cancel in the status line. Errors are logged here; the caller shows them where they belong.
 * `said` is the sentence that stays in the status line when it went well.
 */
export async function runJob<T>(
  kind: JobKind,
  title: string,
  work: (options: JobOptions) => Promise<T>,
  said: (value: T) => string,
): Promise<Ended<T>> {
  const busy = useRun.getState().job;
  if (busy !== null) {
    const error: ErrorInfo = { code: 'cancelled', cause: `${busy.title} is still under way.`, remedy: 'Wait for it or cancel it.' };
    useRun.setState({ outcome: { state: 'failed', text: `${error.cause} ${error.remedy}` } });
    return { state: 'cancelled', error };
  }
  const controller = new AbortController();
  useRun.setState({ job: { kind, title, progress: null, controller }, outcome: null });
  try {
    const value = await work({
      signal: controller.signal,
      onProgress: (progress) =>
        useRun.setState(({ job, memory }) =>
          job?.controller === controller ? { job: { ...job, progress }, memory: progress.bytes ?? memory } : {},
        ),
    });
    const text = said(value);
    log('info', text);
    useRun.setState({ job: null, outcome: { state: 'done', text } });
    return { state: 'done', value };
  } catch (thrown) {
    const error = errorInfo(thrown);
    if (error.code === 'cancelled') {
      log('info', `${title}: cancelled.`);
      useRun.setState({ job: null, outcome: { state: 'cancelled', text: `${title}: cancelled. Nothing was changed.` } });
      return { state: 'cancelled', error };
    }
    logError(error);
    useRun.setState({ job: null, outcome: { state: 'failed', text: `${title} stopped: ${errorText(error)}` } });
    return { state: 'failed', error };
  }
}

/** Cancels the job at hand; training is asked about first, for what it found would be lost. */
export function cancelJob(): void {
  if (useRun.getState().job?.kind === 'train') {
    setCollapsed('bottom', false);
    setView({ bottomTab: 'training' });
    useTraining.setState({ asking: 'cancel' });
  } else abortJob();
}

export function abortJob(): void {
  useRun.getState().job?.controller.abort();
}

/** For short calls without progress: errors go to the log, the answer is then `fallback`. */
export async function quietly<T>(call: () => Promise<T>, fallback: T): Promise<T> {
  try {
    return await call();
  } catch (thrown) {
    logError(errorInfo(thrown));
    return fallback;
  }
}
