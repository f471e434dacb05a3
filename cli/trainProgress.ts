import { SingleBar } from 'cli-progress';
import type { TrainingRecord, TrainingView } from '../worker/protocol.ts';
import { durationText, movedThresholds, roadText, scoreWord, setupText } from './trainText.ts';
import { percent } from './validateText.ts';

/** Shows a run while it is trained: a line that changes on a terminal, a line per validation in a pipe. Everything goes to standard error. */
export interface TrainProgress {
  readonly begin: (view: TrainingView) => void;
  /** `last`: the last step that was done, where there is one. */
  readonly update: (view: TrainingView, last: TrainingRecord | null) => void;
  readonly end: () => void;
}

export function trainProgress(quiet: boolean): TrainProgress {
  if (quiet) return { begin: () => {}, update: () => {}, end: () => {} };
  return process.stderr.isTTY ? barProgress() : lineProgress();
}

function barProgress(): TrainProgress {
  let bar: SingleBar | null = null;
  return {
    begin(view) {
      process.stderr.write(`${setupText(view)}\n${roadText(view)}`);
      bar = new SingleBar({
        format: '{bar} {value}/{total}  {line}',
        barsize: 20,
        stream: process.stderr,
        hideCursor: true,
        clearOnComplete: true,
      });
      bar.start(view.setup.steps, view.step, { line: lineOf(view, null) });
    },
    update: (view, last) => bar?.update(view.step, { line: lineOf(view, last) }),
    end() {
      bar?.stop();
      bar = null;
    },
  };
}

function lineProgress(): TrainProgress {
  let told = -1;
  return {
    begin(view) {
      told = view.validations.length;
      process.stderr.write(`${setupText(view)}\n${roadText(view)}`);
    },
    update(view, last) {
      if (view.validations.length === told) return;
      told = view.validations.length;
      process.stderr.write(`step ${view.step} of ${view.setup.steps}: ${lineOf(view, last)}\n`);
    },
    end: () => {},
  };
}

/** `top-1 76.78 %  loss 0.6931  5 of 51 thresholds moved, 2 frozen  180 ms a step  1 min 28 s left` */
function lineOf({ setup, step, validations, frozen, msPerStep }: TrainingView, last: TrainingRecord | null): string {
  const score = validations.at(-1);
  const parts = [
    ...(score === undefined ? [] : [`${scoreWord(setup.score)} ${percent({ value: score.score })}`]),
    ...(last === null ? [] : [`loss ${last.loss.toFixed(4)}`, ...movedText(setup, last, frozen.length)]),
    ...(msPerStep === null ? [] : [`${durationText(msPerStep)} a step`, ...leftText(msPerStep * (setup.steps - step))]),
  ];
  return parts.join('  ');
}

function movedText({ thresholds }: TrainingView['setup'], { thresholds: now }: TrainingRecord, frozen: number): string[] {
  if (thresholds.length === 0) return [];
  const moved = movedThresholds(thresholds, now);
  return [`${moved} of ${thresholds.length} thresholds moved${frozen === 0 ? '' : `, ${frozen} frozen`}`];
}

function leftText(ms: number): string[] {
  return ms > 0 ? [`${durationText(ms)} left`] : [];
}
