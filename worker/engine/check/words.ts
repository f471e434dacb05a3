import type { Alternative } from '../../data/checks/alternatives.ts';
import { printImageRule } from '../../data/imageRuleText.ts';
import type { DataWarning, ImageRule } from '../../protocol.ts';
import type { AnswersVerdict } from './byAnswers.ts';
import type { StatisticsVerdict } from './byStatistics.ts';
import type { ThresholdVerdict } from './byThreshold.ts';

interface Verdicts {
  readonly statistics: StatisticsVerdict | null;
  readonly threshold: ThresholdVerdict | null;
  readonly answers: AnswersVerdict | null;
}

/** CHK5 … CHK9 in sentences: labels speak first, then statistics, then the input's quantizer; each stays silent where one before it has spoken. */
export function readingWarnings(rule: ImageRule, { statistics, threshold, answers }: Verdicts): DataWarning[] {
  const asked = printImageRule(rule);
  if (answers?.labelled === true && answers.better !== null) return [byLoss(asked, answers, answers.better)];
  const nearer = statistics?.better ?? null;
  if (statistics !== null && nearer !== null && !isContradicted(answers, nearer)) return [byDistance(asked, statistics.batchNorm, nearer)];
  if (answers?.nearChance != null) return [nearChance(asked, answers, answers.nearChance)];
  if (statistics?.far === true && nearer === null) {
    const text = `What the batch norm '${statistics.batchNorm}' reads of the images read as '${asked}' is far from what it saw in training.`;
    return [{ rule: 'CHK5', text, remedy: 'Look whether the images are those that the network is for, and how they are read.' }];
  }
  if (threshold?.isOff === true) return [byRange(asked, threshold)];
  if (answers?.labelled === false && answers.better !== null) return [hint(asked, answers.better)];
  return [];
}

/** Labels that were asked know better than statistics. */
function isContradicted(answers: AnswersVerdict | null, alternative: Alternative): boolean {
  const other = answers?.of(alternative) ?? null;
  return other !== null && answers?.loss != null && other.loss >= answers.loss;
}

function byLoss(asked: string, answers: AnswersVerdict, better: Alternative): DataWarning {
  const other = answers.of(better);
  const share = ({ hits, of }: AnswersVerdict['hits'], loss: number | null): string => `${hits} of ${of} right (loss ${loss?.toFixed(2)})`;
  const text = `Read as '${asked}' the float network has ${share(answers.hits, answers.loss)}; ${as(better)} it has ${other === null ? 'more' : share(other.hits, other.loss)}.`;
  return { rule: 'CHK6', text, remedy: take(better), images: better.rule };
}

function byDistance(asked: string, batchNorm: string, better: Alternative): DataWarning {
  const text = `What the batch norm '${batchNorm}' saw in training is clearly nearer to these images ${as(better)} than read as '${asked}'.`;
  return { rule: 'CHK5', text, remedy: take(better), images: better.rule };
}

function nearChance(asked: string, { hits }: AnswersVerdict, { classes, shift }: NonNullable<AnswersVerdict['nearChance']>): DataWarning {
  const text = `The float network has ${hits.hits} of ${hits.of} images right, no more than guessing among ${classes} classes gives.`;
  if (shift === null) return { rule: 'CHK7', text, remedy: `Look at the labels, and at how images are read ('${asked}').` };
  return { rule: 'CHK7', text, remedy: `Labels are off by one: add ${shift < 0 ? '−1' : '1'} to the label offset.` };
}

function byRange(asked: string, { range, largest, better }: ThresholdVerdict): DataWarning {
  const text = `Read as '${asked}' the images go up to ${Number(largest.toPrecision(4))}, and the quantizer of the input is for values up to ${range}.`;
  if (better === null) return { rule: 'CHK8', text, remedy: 'Look at how images are read.' };
  return { rule: 'CHK8', text, remedy: take(better), images: better.rule };
}

function hint(asked: string, better: Alternative): DataWarning {
  const text = `A hint: the network tells these images apart better ${as(better)} than read as '${asked}'.`;
  return { rule: 'CHK9', text, remedy: take(better), images: better.rule };
}

function as({ kind, rule }: Alternative): string {
  return kind === 'channels' ? 'with their channels swapped' : `read as '${printImageRule(rule)}'`;
}

function take({ rule }: Alternative): string {
  return `Take '${printImageRule(rule)}'.`;
}
