import type { Alternative } from '../../data/checks/alternatives.ts';
import { answerInformation } from '../../evaluate/check/diversity.ts';
import { binomialTail, wilcoxonP } from '../../evaluate/check/wilcoxon.ts';
import { probabilitiesOf } from '../../evaluate/softmax.ts';

/** The answers of a network to some images, read in one way. */
export interface Answers {
  readonly probabilities: Float64Array;
  readonly classes: number;
}

/** CHK6: what makes one reading better than another. */
const BETTER = { p: 0.01, nats: 0.1, images: 8 } as const;
/** CHK9: so much more, and so many times as much, information in the answers. */
const INFORMATION = { factor: 1.5, nats: 0.3, images: 16 } as const;
/** CHK7: a share that chance gives more often than this is near chance; of fewer images nothing is said. */
const CHANCE = { p: 0.01, images: 16 } as const;
/** The smallest positive float32, as in the loss of an evaluation (EVA5). */
const SMALLEST = 2 ** -149;

export function answersOf(values: Float32Array, classes: number, kind: 'probabilities' | 'logits'): Answers {
  return { probabilities: probabilitiesOf(values, classes, kind), classes };
}

/** Cross-entropy per image that has a label; what is no number counts as impossible. */
export function lossesOf({ probabilities, classes }: Answers, labels: Int32Array): Float64Array {
  const losses: number[] = [];
  for (const [image, label] of labels.entries()) {
    const p = label < 0 || label >= classes ? 1 : (probabilities[image * classes + label] as number);
    if (label >= 0 && label < classes) losses.push(-Math.log(Number.isNaN(p) ? SMALLEST : Math.max(p, SMALLEST)));
  }
  return Float64Array.from(losses);
}

/** How often the largest element is the label plus `shift`, of how many. */
export function hitsOf({ probabilities, classes }: Answers, labels: Int32Array, shift = 0): { readonly hits: number; readonly of: number } {
  let [hits, of] = [0, 0];
  for (const [image, label] of labels.entries()) {
    if (label < 0) continue;
    of++;
    const row = probabilities.subarray(image * classes, (image + 1) * classes);
    if (row.reduce((best, value, index) => (value > (row[best] as number) ? index : best), 0) === label + shift) hits++;
  }
  return { hits, of };
}

/** CHK7: whether so many hits are what guessing gives. */
export function isNearChance({ hits, of }: { readonly hits: number; readonly of: number }, classes: number): boolean {
  return of >= CHANCE.images && binomialTail(hits, of, 1 / classes) > CHANCE.p;
}

/** CHK6: the alternative by which the loss is clearly smaller, p shared out over all that were tried. */
export function betterByLoss(now: Float64Array, others: readonly (readonly [Alternative, Float64Array])[]): Alternative | null {
  if (now.length < BETTER.images) return null;
  const gain = (losses: Float64Array): number => now.reduce((sum, loss, i) => sum + loss - (losses[i] as number), 0) / now.length;
  const clear = others.filter(
    ([, losses]) =>
      gain(losses) > BETTER.nats && wilcoxonP(now.map((loss, i) => loss - (losses[i] as number))) < BETTER.p / Math.max(2, others.length),
  );
  const [best] = clear.sort(([, a], [, b]) => gain(b) - gain(a));
  return best?.[0] ?? null;
}

/** CHK9: the alternative by which answers say clearly more about the images. */
export function betterByInformation(now: Answers, others: readonly (readonly [Alternative, Answers])[]): Alternative | null {
  if (now.probabilities.length / now.classes < INFORMATION.images) return null;
  const of = ({ probabilities, classes }: Answers): number => answerInformation(probabilities, classes);
  const mine = of(now);
  const [best] = others.map(([alternative, answers]) => ({ alternative, value: of(answers) })).sort((a, b) => b.value - a.value);
  if (best === undefined || !(best.value > INFORMATION.factor * mine && best.value > mine + INFORMATION.nats)) return null;
  return best.alternative;
}
