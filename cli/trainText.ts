import type { ThresholdChange, TrainedThreshold, TrainingSetup, TrainingView, TrainReport } from '../worker/protocol.ts';
import { table } from './table.ts';
import { count, number, percent, rateCells, suggestionLines } from './validateText.ts';

/** What a validation counts. */
export function scoreWord(score: TrainReport['score']): string {
  return score === 'top1' ? 'top-1' : 'agreement with float';
}

/** Thresholds whose bin, ceil(log2 t), is another one than at the start. */
export function movedThresholds(thresholds: readonly TrainedThreshold[], now: ArrayLike<number>): number {
  return thresholds.filter(({ start }, i) => Math.ceil(now[i] ?? start) !== Math.ceil(start)).length;
}

/** What is about to be trained, in a line. */
export function setupText({ setup, step }: Pick<TrainingView, 'setup' | 'step'>): string {
  const { options, steps, images, weights, thresholds, score, floatScore, backend } = setup;
  const parts = [
    `${step === 0 ? '' : `from step ${number(step)} on: `}${count(steps, 'step')} of ${count(options.batchSize, 'image')}`,
    `${number(images.training)} to train on, ${number(images.validation)} to validate`,
    [
      ...(weights.variables === 0 ? [] : [`${count(weights.variables, 'weight')} of ${count(weights.parameters, 'number')}`]),
      ...(thresholds.length === 0 ? [] : [count(thresholds.length, 'threshold')]),
    ].join(' and '),
    ...(score === 'top1' ? [`float ${scoreWord(score)} ${percent({ value: floatScore })}`] : []),
    backend,
  ];
  return parts.join('; ');
}

/** TRC12: where quantization alone is enough, or leaves so little that training is not all that helps. */
export function roadText({ setup, step }: Pick<TrainingView, 'setup' | 'step'>): string {
  const { suggestions } = setup;
  if (step > 0 || suggestions.length === 0) return '';
  const title = suggestions.some(({ change }) => change.kind === 'none') ? 'Before the first step:' : 'What helps beside training:';
  return `${suggestionLines(suggestions, title).slice(1).join('\n')}\n`;
}

/** A run that has ended: accuracy before and after, thresholds that moved, their deviations, time. */
export function trainReportText(report: TrainReport): string {
  const { thresholds, warnings } = report;
  const lines = [accuracyTable(report)];
  if (thresholds.length > 0) lines.push('', ...thresholdLines(thresholds), '', ...deviationLines(thresholds));
  if (report.statistics !== undefined) lines.push('', statisticsText(report.statistics));
  lines.push('', timeText(report), ...warnings.map(({ rule, text }) => `warning: ${text} [${rule}]`));
  return `${lines.join('\n')}\n`;
}

function accuracyTable({ accuracy, score, steps, bestStep, options, statistics }: TrainReport): string {
  const { float, calibrated, retrained } = accuracy;
  const before = options.mode === 'float' ? 'before' : 'calibrated';
  const measured = statistics === undefined ? [] : [['statistics measured', statistics.begun] as const];
  const rows = [...(float === null ? [] : [['float', float] as const]), [before, calibrated] as const, ...measured];
  const title = bestStep === steps ? 'retrained' : `retrained (step ${number(bestStep)})`;
  return table(
    ['network', 'images', scoreWord(score), '95 %'],
    [...rows, [title, retrained] as const].map(([name, rate]) => [name, number(rate.of), ...rateCells(rate)]),
  );
}

/** Those whose bin changed, the furthest first; the others are counted. */
function thresholdLines(thresholds: readonly ThresholdChange[]): string[] {
  const moved = thresholds
    .filter(({ deviation }) => deviation !== 0)
    .sort((a, b) => Math.abs(b.deviation) - Math.abs(a.deviation) || a.deviation - b.deviation);
  const rest = thresholds.length - moved.length;
  if (moved.length === 0) return [`${count(rest, 'threshold')}, all in the bin they began in`];
  const rows = moved.map(({ variable, bits, before, after, deviation, frozenAt }) => [
    variable.replace(/\/threshold$/, ''),
    String(bits),
    `${before.toFixed(3)} → ${after.toFixed(3)}`,
    signed(deviation),
    frozenAt === null ? '' : number(frozenAt),
  ]);
  const more = rest === 0 ? [] : [`and ${count(rest, 'threshold')} in the bin ${rest === 1 ? 'it' : 'they'} began in`];
  return [table(['threshold', 'bits', 'log2 t', 'd', 'frozen at step'], rows), ...more];
}

/** Width of the longest bar. */
const BAR = 40;

/** How many thresholds moved by how many bins (facts 8.4). */
function deviationLines(thresholds: readonly ThresholdChange[]): string[] {
  const deviations = thresholds.map(({ deviation }) => deviation);
  const [low, high] = [Math.min(...deviations), Math.max(...deviations)];
  const counts = Array.from({ length: high - low + 1 }, (_, i) => deviations.filter((value) => value === low + i).length);
  const most = Math.max(...counts);
  const rows = counts.map((many, i) => {
    const bar = '█'.repeat(Math.ceil((BAR * many) / most));
    return `  ${signed(low + i).padStart(3)}  ${bar}${bar === '' ? '' : ' '}${number(many)}`;
  });
  return ['d, the change of ceil(log2 t): + for range, − for precision', ...rows];
}

/** TRN32 */
function statisticsText({ batchNorms, images, ended }: NonNullable<TrainReport['statistics']>): string {
  const measured = `statistics of ${count(batchNorms, 'batch norm')} measured on ${count(images, 'image')} before the first step`;
  if (ended === null) return measured;
  return ended.taken
    ? `${measured} and of the best state`
    : `${measured}; those of the best state come to ${percent(ended.score)} and are left out`;
}

function timeText({ steps, bestStep, msPerStep, backend, peakBytes, images }: TrainReport): string {
  const best = bestStep === steps ? '' : `, the best of them ${number(bestStep)}`;
  const peak = peakBytes === 0 ? '' : `, ${Math.round(peakBytes / 2 ** 20)} MiB at most`;
  return `${count(steps, 'step')}${best}, ${durationText(msPerStep)} a step on ${backend}${peak}; trained on ${count(images.training, 'image')}`;
}

/** What to do with a run that was paused. */
export function pausedText(step: number, { steps }: Pick<TrainingSetup, 'steps'>, folder: string): string {
  return `paused at step ${number(step)} of ${number(steps)}; go on with\n  graffitize train --resume --out_dir ${folder}\n`;
}

/** `180 ms`, `12 s`, `3 min 5 s`, `2 h 4 min`. */
export function durationText(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  return whole < 3600
    ? `${Math.floor(whole / 60)} min ${whole % 60} s`
    : `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function signed(value: number): string {
  return value === 0 ? '0' : `${value < 0 ? '−' : '+'}${Math.abs(value)}`;
}
