import { SingleBar } from 'cli-progress';
import type { JobProgress } from '../worker/protocol.ts';

const labels: Readonly<Record<JobProgress['phase'], string>> = {
  open: 'Open',
  rewrite: 'Rewrite',
  load: 'Load',
  calibrate: 'Calibrate',
  search: 'Search thresholds',
  evaluate: 'Evaluate',
  layout: 'Lay out',
  save: 'Save',
};

/** Shows a job: a bar on a terminal, one line per phase in a pipe. Everything goes to standard error. */
export interface ProgressView {
  readonly update: (progress: JobProgress) => void;
  readonly end: () => void;
}

export function progressView(quiet: boolean): ProgressView {
  if (quiet) return { update: () => {}, end: () => {} };
  return process.stderr.isTTY ? barView() : lineView();
}

function barView(): ProgressView {
  let bar: SingleBar | null = null;
  let phase: JobProgress['phase'] | null = null;
  const end = () => {
    bar?.stop();
    bar = null;
    phase = null;
  };
  return {
    update(progress) {
      if (progress.phase !== phase) {
        end();
        phase = progress.phase;
        bar = new SingleBar({
          format: `${labels[progress.phase]} {bar} {value}/{total} {layer}`,
          stream: process.stderr,
          hideCursor: true,
          clearOnComplete: true,
        });
        bar.start(progress.total, progress.done, { layer: progress.layer ?? '' });
      }
      bar?.update(progress.done, { layer: progress.layer ?? '' });
    },
    end,
  };
}

function lineView(): ProgressView {
  let phase: JobProgress['phase'] | null = null;
  return {
    update(progress) {
      if (progress.phase === phase) return;
      phase = progress.phase;
      process.stderr.write(`${labels[progress.phase]}…\n`);
    },
    end: () => {},
  };
}
