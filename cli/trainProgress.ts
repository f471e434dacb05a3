import type { Engine, JobProgress, TrainingView } from '../worker/protocol.ts';
import { type ProgressView, progressView } from './progress.ts';

/** Between two looks at a run, in milliseconds. */
const INTERVAL = 250;

/** Shows a training run: a line that changes on a terminal, a line per validation in a pipe; other phases as everywhere. To standard error. */
export function trainProgress(engine: Pick<Engine, 'training'>, quiet: boolean): ProgressView {
  const others = progressView(quiet);
  const live = process.stderr.isTTY === true;
  let looked = 0;
  let told = 0;
  const show = async (progress: JobProgress): Promise<void> => {
    const view = await engine.training(Number.POSITIVE_INFINITY);
    if (view === null) return;
    for (const { step, score } of view.validations.slice(told)) line(`step ${step}: ${percent(score)} ${scoreName(view)}`);
    told = view.validations.length;
    if (live) process.stderr.write(`\r\x1b[2K${await liveText(engine, view, progress)}`);
  };
  const line = (text: string): void => {
    process.stderr.write(`${live ? '\r\x1b[2K' : ''}${text}\n`);
  };
  return {
    update(progress) {
      if (progress.phase !== 'train') {
        others.update(progress);
        return;
      }
      if (quiet) return;
      const now = performance.now();
      if (now - looked < INTERVAL && progress.done < progress.total) return;
      looked = now;
      void show(progress);
    },
    end() {
      others.end();
      if (live && !quiet) process.stderr.write('\r\x1b[2K');
    },
  };
}

async function liveText(engine: Pick<Engine, 'training'>, view: TrainingView, { etaMs }: JobProgress): Promise<string> {
  const last = (await engine.training(view.step - 1))?.records.at(-1);
  const { thresholds } = view.setup;
  const moved = thresholds.filter(({ start }, i) => Math.ceil(last?.thresholds[i] ?? start) !== Math.ceil(start)).length;
  return [
    `step ${view.step} of ${view.setup.steps}`,
    ...(last === undefined ? [] : [`loss ${last.loss.toFixed(4)}`]),
    ...(view.best === null ? [] : [`best ${percent(view.best.score)}`]),
    ...(thresholds.length === 0 ? [] : [`${moved} of ${thresholds.length} thresholds moved, ${view.frozen.length} frozen`]),
    ...(view.msPerStep === null ? [] : [`${Math.round(view.msPerStep)} ms per step`]),
    ...(etaMs === null ? [] : [`${Math.ceil(etaMs / 1000)} s left`]),
  ].join(' · ');
}

/** What a score counts. */
export function scoreName({ setup }: Pick<TrainingView, 'setup'>): string {
  return setup.score === 'top1' ? 'top-1' : 'agreement with the float network';
}

function percent(value: number): string {
  return `${(100 * value).toFixed(2)} %`;
}
