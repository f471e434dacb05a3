import { SingleBar } from 'cli-progress';
import type { JobProgress } from '../worker/protocol.ts';

const labels: Readonly<Record<JobProgress['phase'], string>> = {
  open: 'Open',
  rewrite: 'Rewrite',
  load: 'Load',
  calibrate: 'Calibrate',
  search: 'Calibrate',
  evaluate: 'Evaluate',
  train: 'Train',
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
  let shown: string | null = null;
  const end = () => {
    bar?.stop();
    bar = null;
    shown = null;
  };
  return {
    update(progress) {
      const label = labels[progress.phase];
      if (label !== shown) {
        end();
        shown = label;
        bar = new SingleBar({
          format: `${label} {bar} {value}/{total} {layer}`,
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

/** Search and calibration take turns: a line names a phase when it is new. */
function lineView(): ProgressView {
  const seen = new Set<string>();
  return {
    update(progress) {
      const label = labels[progress.phase];
      if (seen.has(label)) return;
      seen.add(label);
      process.stderr.write(`${label}…\n`);
    },
    end: () => {},
  };
}
