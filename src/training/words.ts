import type { TrainingOptions, TrainingView, TrainOutcome, TrainReport } from '../../worker/protocol.ts';
import { percent } from '../data/sentences.ts';
import { count, duration, fixed, plural } from '../format/numbers.ts';

/** What is trained, by mode. */
export const MODE_WORDS: Readonly<Record<TrainingOptions['mode'], string>> = {
  tqt: 'weights and thresholds',
  weights: 'weights alone',
  thresholds: 'thresholds alone',
  float: 'float weights',
};

export const TARGET_WORDS: Readonly<Record<TrainingOptions['targets'], string>> = {
  labels: 'labels',
  distillation: 'float outputs',
};

/** What becomes of the statistics of batch norms in inference form. */
export const STATISTICS_WORDS = { kept: 'kept', measured: 'measured' } as const;

export const VALIDATION_WORDS = { 'held-out': 'held out', set: 'own set' } as const;

export const PRESET_WORDS = { short: 'short run', published: 'as published' } as const;

/** What measuring statistics anew came to. */
export function statisticsText({ batchNorms, images, ended }: NonNullable<TrainReport['statistics']>): string {
  const after =
    ended === null
      ? ''
      : ended.taken
        ? ', and again of the best'
        : `, those of the best left out (${percent(ended.score.value, ended.score.of)})`;
  return `${plural(batchNorms, 'batch norm')} on ${plural(images, 'image')}${after}`;
}

/** What a validation counts. */
export function scoreWord(score: TrainReport['score']): string {
  return score === 'top1' ? 'Top-1' : 'Agreement';
}

/** `+1`, `−2`, `0`. */
export function signed(value: number): string {
  return value > 0 ? `+${count(value)}` : count(value);
}

/** `log₂ t` with a sign for a change. */
export function movementText(value: number): string {
  const text = fixed(value, 3);
  return value > 0 && !/^0\.?0*$/.test(text) ? `+${text}` : text;
}

/** `step 40 of 200`. */
export function stepText({ step, setup }: Pick<TrainingView, 'step' | 'setup'>): string {
  return `step ${count(step)} of ${count(setup.steps)}`;
}

/** `180 ms a step · 29 s left`; nothing before the first step. */
export function paceText({ msPerStep, step, setup }: Pick<TrainingView, 'msPerStep' | 'step' | 'setup'>): string | null {
  if (msPerStep === null) return null;
  const left = (setup.steps - step) * msPerStep;
  return left > 0 ? `${duration(msPerStep)} a step · ${duration(left)} left` : `${duration(msPerStep)} a step`;
}

/** What a call to train came to, in a line. */
export function outcomeText(outcome: TrainOutcome, view: TrainingView | null): string {
  if (outcome.ended === 'paused') return view === null ? 'Training paused.' : `Training paused at ${stepText(view)}.`;
  const { accuracy, score, steps, bestStep } = outcome.report;
  const { calibrated, retrained, float } = accuracy;
  const rates = [calibrated, retrained].map(({ value, of }) => percent(value, of)).join(' → ');
  const held = float === null ? '' : ` (float ${percent(float.value, float.of)})`;
  const best = bestStep === steps ? '' : `, best at step ${count(bestStep)}`;
  return `Trained ${plural(steps, 'step')}: ${scoreWord(score).toLowerCase()} ${rates}${held}${best}.`;
}

/** `27 weights of 12,345 numbers, 29 thresholds`. */
export function trainedText({ weights, thresholds }: TrainingView['setup']): string {
  const parts = [
    weights.variables === 0 ? null : `${plural(weights.variables, 'weight')} of ${plural(weights.parameters, 'number')}`,
    thresholds.length === 0 ? null : plural(thresholds.length, 'threshold'),
  ];
  return parts.filter((part) => part !== null).join(', ');
}
