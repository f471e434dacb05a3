import type { BatchAnswers } from '../compute/messages.ts';
import type { ChangedImage, DataWarning, ImageAnswers, NetworkComparison, NetworkScore, OutputAgreement } from '../protocol.ts';
import { addPairSums, NO_SUMS, outputAgreement, type PairSums, SUMS } from './agreement.ts';
import { type Answers, TOP } from './answers.ts';
import { answerOf, isSame } from './changed.ts';
import { ClassCounts } from './classScores.ts';
import { ConfusionCounts } from './confusion.ts';
import { pairedComparison } from './paired.ts';
import { meanWithInterval, NO_MOMENTS, rate, withSample } from './rate.ts';

/** What is counted of a network. */
export interface TalliedNetwork {
  readonly title: string;
  readonly scored: NetworkScore['scored'];
}

/** Images of a batch as the tally needs them. */
export interface TalliedImages {
  readonly images: readonly number[];
  readonly names: readonly string[];
  /** −1: none */
  readonly labels: Int32Array;
}

/** So many images are named in a warning. */
const NAMED = 3;

/**
 * Adds up answers batch by batch, in the order of the images: the same numbers whatever worker gave which. What it holds does not grow
 * with the set, save four bytes per image and network, and the list of images that changed their answer.
 */
export class Tally {
  readonly #networks: readonly NetworkTally[];
  readonly #outputs: readonly string[];
  #sums: PairSums[];
  #images = 0;
  #same = 0;
  #paired = { images: 0, onlyFirst: 0, onlySecond: 0 };
  readonly #changed: ChangedImage[] = [];
  readonly #numbers: number[] = [];
  readonly #labels: number[] = [];

  /** @param outputs of two networks, those that are compared */
  constructor(networks: readonly TalliedNetwork[], outputs: readonly string[]) {
    this.#networks = networks.map((network) => new NetworkTally(network));
    this.#outputs = networks.length === 2 ? outputs : [];
    this.#sums = this.#outputs.map(() => NO_SUMS);
  }

  get images(): number {
    return this.#images;
  }

  add(batch: TalliedImages, { answers, pairs }: BatchAnswers): void {
    for (const [k, network] of this.#networks.entries()) {
      const given = answers[k];
      if (given !== undefined) network.add(batch, given);
    }
    for (let image = 0; image < batch.images.length; image++) {
      this.#sums = this.#sums.map((sums, output) => addPairSums(sums, pairs, (image * this.#sums.length + output) * SUMS));
    }
    this.#images += batch.images.length;
    for (const image of batch.images) this.#numbers.push(image);
    for (const label of batch.labels) this.#labels.push(label);
    const [first, second] = answers;
    if (first === undefined || second === undefined || this.#networks.some(({ scored }) => scored === null)) return;
    for (const [image, number] of batch.images.entries()) this.#compare(batch, image, number, [first, second]);
  }

  networks(): NetworkScore[] {
    return this.#networks.map((network) => network.score());
  }

  /** EVA25: the answer of every network to every image. */
  perImage(): ImageAnswers {
    return {
      images: Int32Array.from(this.#numbers),
      labels: Int32Array.from(this.#labels),
      answers: this.#networks.map(({ answers }) => Int32Array.from(answers)),
    };
  }

  /** Null of a single network. */
  comparison(): NetworkComparison | null {
    if (this.#networks.length < 2) return null;
    const answering = this.#networks.every(({ scored }) => scored !== null);
    return {
      agreement: answering ? rate(this.#same, this.#images) : null,
      top1: pairedComparison(this.#paired),
      outputs: this.#outputs.map((output, k): OutputAgreement => outputAgreement(output, this.#sums[k] ?? NO_SUMS)),
      changed: this.#changed,
    };
  }

  warnings(): DataWarning[] {
    const answers = this.#networks.flatMap((network) => network.warning() ?? []);
    const outputs = this.#outputs.flatMap((output, k): DataWarning[] => {
      const count = this.#sums[k]?.notFinite ?? 0;
      if (count === 0) return [];
      const text = `Output '${output}' holds NaN or infinities for ${countText(count)}; its SQNR and cosine are without them.`;
      return [{ rule: 'EVA6', text, remedy: null }];
    });
    return [...answers, ...outputs];
  }

  #compare({ names, labels }: TalliedImages, at: number, image: number, answers: readonly [Answers, Answers]): void {
    const label = labels[at] ?? -1;
    if (label >= 0) {
      const [first, second] = answers.map(({ rank }) => rank[at] === 0);
      this.#paired.images += 1;
      if (first && !second) this.#paired.onlyFirst += 1;
      if (second && !first) this.#paired.onlySecond += 1;
    }
    if (isSame(...answers, at)) this.#same += 1;
    else {
      const name = names[at] ?? String(image);
      this.#changed.push({ image, name, label: label < 0 ? null : label, answers: [answerOf(answers[0], at), answerOf(answers[1], at)] });
    }
  }
}

/** What one network has right and wrong. */
class NetworkTally {
  readonly title: string;
  readonly scored: NetworkScore['scored'];
  readonly #classes = new ClassCounts();
  readonly #confusion: ConfusionCounts;
  #loss = NO_MOMENTS;
  #notFinite = 0;
  readonly #named: string[] = [];
  readonly answers: number[] = [];

  constructor({ title, scored }: TalliedNetwork) {
    this.title = title;
    this.scored = scored;
    this.#confusion = new ConfusionCounts(scored?.classes ?? 0);
  }

  add({ images, names, labels }: TalliedImages, { top, rank, loss }: Answers): void {
    if (this.scored === null) return;
    for (let image = 0; image < images.length; image++) {
      const answer = top[image * TOP] as number;
      this.answers.push(answer);
      if (answer < 0) {
        this.#notFinite += 1;
        if (this.#named.length < NAMED) this.#named.push(names[image] ?? String(image));
      }
      const label = labels[image] ?? -1;
      if (label < 0) continue;
      this.#classes.add(label, rank[image] as number, TOP);
      this.#confusion.add(label, answer);
      if (answer >= 0) this.#loss = withSample(this.#loss, loss[image] as number);
    }
  }

  score(): NetworkScore {
    const { count, top1, top5 } = this.#classes.total();
    const labelled = count > 0;
    return {
      title: this.title,
      scored: this.scored,
      notFinite: this.#notFinite,
      top1: labelled ? rate(top1, count) : null,
      top5: labelled ? rate(top5, count) : null,
      loss: meanWithInterval(this.#loss),
      classes: this.#classes.scores(),
      confusion: this.#confusion.cells(),
    };
  }

  warning(): DataWarning | null {
    if (this.#notFinite === 0) return null;
    const names = `${this.#named.join(', ')}${this.#notFinite > this.#named.length ? ' …' : ''}`;
    return {
      rule: 'EVA6',
      text: `${this.title} gives NaN or infinities for ${countText(this.#notFinite)} (${names}); they count as wrong, and are in no loss.`,
      remedy: 'Look for the layer whose values grow without bound.',
    };
  }
}

function countText(images: number): string {
  return `${images.toLocaleString('en-US')} image${images === 1 ? '' : 's'}`;
}
