/** What an output of shape [images, classes] answers, row by row. */
import { logSumExp } from './softmax.ts';

/** So many of the largest elements are kept per image. */
export const TOP = 5;

/** What is scored of a network. */
export interface Scored {
  readonly classes: number;
  /** How the loss takes the output (EVA5). */
  readonly loss: 'probabilities' | 'logits';
}

/** One network's answers to some images, in their order. */
export interface Answers {
  /** `TOP` per image: elements by falling value; −1 beyond the classes, and everywhere where the output is not finite. */
  readonly top: Int32Array;
  /** Their values; NaN where there is none. */
  readonly values: Float64Array;
  /** How many elements stand before the label's own; −1: no label, or the output is not finite. */
  readonly rank: Int32Array;
  /** Cross-entropy with the label in nats; NaN: no label, or the output is not finite. */
  readonly loss: Float64Array;
}

/** Room for the answers to so many images. */
export function noAnswers(images: number): Answers {
  return {
    top: new Int32Array(TOP * images).fill(-1),
    values: new Float64Array(TOP * images).fill(Number.NaN),
    rank: new Int32Array(images).fill(-1),
    loss: new Float64Array(images).fill(Number.NaN),
  };
}

/** The smallest positive float32: what a probability that was rounded to 0 counts as. */
const SMALLEST = 2 ** -149;

/**
 * Writes the answers to one image to its place. EVA2: of equal elements the lower index is first, as in TensorFlow's top_k.
 * EVA5: the loss is −log p of probabilities, −log softmax of anything else, in float64.
 * @param row the image's output. @param label its class, within the row; −1: none. @param image its place in `into`
 */
export function answerImage(into: Answers, image: number, row: ArrayLike<number>, label: number, loss: Scored['loss']): void {
  if (!allFinite(row)) return;
  const top = into.top.subarray(image * TOP, (image + 1) * TOP);
  const values = into.values.subarray(image * TOP, (image + 1) * TOP);
  for (let index = 0; index < row.length; index++) insert(top, values, index, row[index] as number);
  if (label < 0) return;
  const own = row[label] as number;
  let rank = 0;
  for (let index = 0; index < row.length; index++) {
    const value = row[index] as number;
    if (value > own || (value === own && index < label)) rank++;
  }
  into.rank[image] = rank;
  into.loss[image] = loss === 'probabilities' ? -Math.log(Math.max(own, SMALLEST)) : logSumExp(row) - own;
}

/** Puts an element among the largest so far, behind those that are as large. */
function insert(top: Int32Array, values: Float64Array, index: number, value: number): void {
  // NaN in `values` stands for an empty place: nothing is smaller than it.
  if ((values[TOP - 1] as number) >= value) return;
  let at = TOP - 1;
  while (at > 0 && !((values[at - 1] as number) >= value)) {
    values[at] = values[at - 1] as number;
    top[at] = top[at - 1] as number;
    at--;
  }
  values[at] = value;
  top[at] = index;
}

function allFinite(row: ArrayLike<number>): boolean {
  for (let index = 0; index < row.length; index++) if (!Number.isFinite(row[index])) return false;
  return true;
}
