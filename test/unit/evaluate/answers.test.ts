import { describe, expect, it } from 'vitest';
import { addPairSums, NO_SUMS, outputAgreement, type PairSums, SUMS, writePairSums } from '../../../worker/evaluate/agreement.ts';
import { answerImage, noAnswers, type Scored } from '../../../worker/evaluate/answers.ts';
import { answerOf, isSame } from '../../../worker/evaluate/changed.ts';

// Made by numpy: rows of one decimal, among them ties and a row of equal numbers; orders by a stable sort of the falling values.
// biome-ignore format: a table
const LOGITS = [
  [-1.6, -2.6, -0.5, 0.8, 2.3, 0.2, -1.1], [-1.6, 1.5, 3.3, 0.5, -2.5, -1.9, 3.2], [0.4, -3.5, -0.2, 0.4, -1.3, 0.4, -1.4],
  [1.1, -0.1, -1.2, 0.8, 1.7, -3.3, -0.5], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [-0.8, -2.2, -2.7, 0.4, -2.2, 2.3, 1.4],
].map((row) => Float32Array.from(row));
/** Their softmax as float32. */
// biome-ignore format: a table
const PROBABILITIES = [
  [0.013793856836855412, 0.0050744786858558655, 0.04143903777003288, 0.1520521193742752, 0.681450366973877, 0.08344797790050507, 0.022742222994565964],
  [0.0034684680867940187, 0.07699289172887802, 0.4657798111438751, 0.028324101120233536, 0.0014101736014708877, 0.0025695045478641987, 0.4214550852775574],
  [0.2552950978279114, 0.005167660303413868, 0.14010891318321228, 0.2552950978279114, 0.04663820564746857, 0.2552950978279114, 0.0421999953687191],
  [0.2393166720867157, 0.07208079844713211, 0.023993611335754395, 0.1772901564836502, 0.4360634386539459, 0.0029381720814853907, 0.04831720516085625],
  [0.1428571492433548, 0.1428571492433548, 0.1428571492433548, 0.1428571492433548, 0.1428571492433548, 0.1428571492433548, 0.1428571492433548],
  [0.0276351161301136, 0.006814735010266304, 0.0041333455592393875, 0.0917518213391304, 0.006814735010266304, 0.6134428977966309, 0.24940729141235352],
];
const LABELS = [1, 6, 5, 0, 4, 2];
const TOP_FIVE = [4, 3, 5, 2, 6, 2, 6, 1, 3, 0, 0, 3, 5, 2, 4, 4, 0, 3, 1, 6, 0, 1, 2, 3, 4, 5, 6, 3, 0, 1];
const RANKS = [6, 1, 2, 1, 4, 6];
/** scipy's logsumexp(row) − row[label], and −log of the float32 probability. */
// biome-ignore format: a table
const LOSSES = {
  logits: [5.283531809166128, 0.8640421585039046, 1.365335236506404, 1.4299676348521428, 1.9459101490553135, 5.488668011413305],
  probabilities: [5.283531481329396, 0.8640420664646685, 1.365335156533187, 1.4299676162618395, 1.9459101043518308, 5.488668137163133],
};

function answersTo(rows: readonly ArrayLike<number>[], loss: Scored['loss'], labels: readonly number[] = LABELS) {
  const answers = noAnswers(rows.length);
  for (const [image, row] of rows.entries()) answerImage(answers, image, row, labels[image] ?? -1, loss);
  return answers;
}

describe('answers to images', () => {
  it('EVA2 the five largest stand in the order of TensorFlow, of equal ones the lower index first', () => {
    for (const answers of [answersTo(LOGITS, 'logits'), answersTo(PROBABILITIES, 'probabilities')]) {
      expect([...answers.top]).toEqual(TOP_FIVE);
      expect([...answers.rank]).toEqual(RANKS);
    }
    // tf.math.top_k of TensorFlow 2.15.
    expect([...answersTo([[1, 3, 2, 3, 3, 0]], 'logits').top]).toEqual([1, 3, 4, 2, 0]);
  });

  it.each(['logits', 'probabilities'] as const)('EVA5 the loss of %s is that of scipy', (kind) => {
    const { loss } = answersTo(kind === 'logits' ? LOGITS : PROBABILITIES, kind);
    for (const [image, expected] of LOSSES[kind].entries()) expect(Math.abs((loss[image] ?? 0) - expected)).toBeLessThan(1e-14);
  });

  it('EVA5 a probability of 0 counts as the smallest float32, large logits do not overflow', () => {
    expect([...answersTo([[1, 0]], 'probabilities', [1]).loss]).toEqual([149 * Math.LN2]);
    expect([...answersTo([[1e4, 0]], 'logits', [1]).loss]).toEqual([1e4]);
  });

  it('EVA6 an output that is not finite has no answer, rank or loss', () => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const answers = answersTo([[0, bad, 1]], 'logits', [2]);
      expect([...answers.top]).toEqual([-1, -1, -1, -1, -1]);
      expect([answers.rank[0], answers.loss[0]]).toEqual([-1, Number.NaN]);
      expect(answerOf(answers, 0)).toEqual({ index: -1, value: Number.NaN, margin: Number.NaN });
      expect(isSame(answers, answers, 0)).toBe(false);
    }
  });

  it('EVA2 fewer than five classes leave places empty, and no label no rank', () => {
    const answers = answersTo([[0.25, 0.75]], 'probabilities', [-1]);
    expect([...answers.top]).toEqual([1, 0, -1, -1, -1]);
    expect([answers.rank[0], answers.loss[0]]).toEqual([-1, Number.NaN]);
    expect(answerOf(answers, 0)).toEqual({ index: 1, value: 0.75, margin: 0.5 });
  });
});

describe('how far two outputs agree', () => {
  const sumsOf = (x: readonly ArrayLike<number>[], y: readonly ArrayLike<number>[]): PairSums => {
    const written = new Float64Array(SUMS * x.length);
    for (const [k, row] of x.entries()) writePairSums(written, k * SUMS, row, y[k] ?? []);
    return x.reduce((sums, _, k) => addPairSums(sums, written, k * SUMS), NO_SUMS);
  };

  it('EVA7 SQNR and cosine are those of numpy', () => {
    const rounded = LOGITS.map((row) => row.map((value) => halfToEven(value * 4) / 4));
    const { sqnrDb, cosine, largestDifference } = outputAgreement('y', sumsOf(LOGITS, rounded));
    expect(sqnrDb).toBeCloseTo(28.238577445157375, 12);
    expect(cosine).toBeCloseTo(0.9992498502019671, 14);
    expect(largestDifference).toBe(0.10000002384185791);
  });

  it('EVA7 equal outputs have no noise; nothing and something have no common direction', () => {
    expect(outputAgreement('y', sumsOf(LOGITS, LOGITS))).toMatchObject({
      sqnrDb: Infinity,
      cosine: 1,
      largestDifference: 0,
    });
    expect(outputAgreement('y', sumsOf([[0, 0]], [[0, 0]]))).toMatchObject({ sqnrDb: Infinity, cosine: 1 });
    expect(outputAgreement('y', sumsOf([[0, 0]], [[1, 0]]))).toMatchObject({ sqnrDb: -Infinity, cosine: 0 });
  });

  it('EVA6 an image that is not finite is in no sum, and is counted', () => {
    expect(
      sumsOf(
        [
          [1, 2],
          [Number.NaN, 1],
          [3, 1],
        ],
        [
          [1, 1],
          [1, 1],
          [3, Infinity],
        ],
      ),
    ).toEqual({ xx: 5, yy: 2, xy: 3, noise: 1, largest: 1, notFinite: 2 });
  });
});

/** numpy's round. */
function halfToEven(x: number): number {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}
