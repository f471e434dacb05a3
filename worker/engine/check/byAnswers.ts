import type { Alternative } from '../../data/checks/alternatives.ts';
import { multiplications } from '../../evaluate/check/cost.ts';
import { imageInput } from '../../evaluate/network.ts';
import { type Answers, answersOf, betterByInformation, betterByLoss, hitsOf, isNearChance, lossesOf } from './answers.ts';
import { affordable } from './limits.ts';
import { imageBytes, type NetworkAndImages, runReadings, scoredOutput } from './network.ts';

interface Hits {
  readonly hits: number;
  readonly of: number;
}

/** What the network's answers say of the way in which images are read. */
export interface AnswersVerdict {
  /** By the loss on labelled images, or by what answers tell apart where there are no labels. */
  readonly better: Alternative | null;
  readonly labelled: boolean;
  readonly hits: Hits;
  /** Mean loss; null without labels. */
  readonly loss: number | null;
  /** The same, read as an alternative that was tried. */
  readonly of: (alternative: Alternative) => { readonly hits: Hits; readonly loss: number } | null;
  /** CHK7: no more hits than guessing gives; with what is to be added to labels where that mends it. */
  readonly nearChance: { readonly classes: number; readonly shift: number | null } | null;
}

/** CHK6, CHK7, CHK9. Null where no output answers, or a few images cost too much. */
export async function byAnswers(given: NetworkAndImages): Promise<AnswersVerdict | null> {
  const { network, sample } = given;
  const scored = scoredOutput(given);
  if (scored === null) return null;
  const { model, classes, loss } = scored;
  const cost = multiplications(model, imageInput(network.model), sample.shape, (model.outputs[0] ?? '').replace(/:\d+$/, ''));
  const { tried, count } = whatFits(given, cost);
  if (count === 0) return null;
  const labels = sample.labels.slice(0, count);
  const [now, ...others] = (await runReadings(model, given, tried, count)).map((rows) => answersOf(rows, classes, loss));
  if (now === undefined) return null;
  const labelled = labels.some((label) => label >= 0);
  const pairs = tried.map((alternative, k) => [alternative, others[k] as Answers] as const);
  const losses = pairs.map(([alternative, answers]) => [alternative, lossesOf(answers, labels)] as const);
  const mine = lossesOf(now, labels);
  const better = labelled ? betterByLoss(mine, losses) : betterByInformation(now, pairs);
  const hits = hitsOf(now, labels);
  return {
    ...{ better, labelled, hits },
    loss: labelled ? mean(mine) : null,
    of(alternative) {
      const k = tried.indexOf(alternative);
      const answers = others[k];
      return answers === undefined || !labelled ? null : { hits: hitsOf(answers, labels), loss: mean(losses[k]?.[1] ?? mine) };
    },
    nearChance: labelled && isNearChance(hits, classes) ? { classes, shift: shiftOf(now, labels) } : null,
  };
}

/** CHK4: as many alternatives as leave sixteen images, or as many as there are; then as many images as that leaves. */
function whatFits(
  { sample, alternatives }: NetworkAndImages,
  cost: number,
): { readonly tried: readonly Alternative[]; readonly count: number } {
  const wanted = Math.min(16, sample.names.length);
  for (let tried = alternatives.length; tried > 0; tried--) {
    const count = affordable(sample.names.length, 1 + tried, cost, imageBytes(sample));
    if (count >= wanted) return { tried: alternatives.slice(0, tried), count };
  }
  return { tried: [], count: affordable(sample.names.length, 1, cost, imageBytes(sample)) };
}

/** Labels that are off by one: what is to be added to them. */
function shiftOf(answers: Answers, labels: Int32Array): number | null {
  return [-1, 1].find((shift) => !isNearChance(hitsOf(answers, labels, shift), answers.classes)) ?? null;
}

function mean(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
