import { describe, expect, it } from 'vitest';
import { type ImageMoments, StatisticsDistance } from '../../../worker/evaluate/check/distance.ts';
import { answerInformation } from '../../../worker/evaluate/check/diversity.ts';
import { binomialTail, twoSidedP, wilcoxonP } from '../../../worker/evaluate/check/wilcoxon.ts';
import { probabilitiesOf } from '../../../worker/evaluate/softmax.ts';
import { random } from '../../../worker/random.ts';

describe('what a look at images is judged by', () => {
  // scipy.stats.wilcoxon(d, zero_method='wilcox', correction=False, method='approx')
  it.each([
    [[-0.35, 0.13, 1.96, 0.96, -1.34, 0.29, -0.32, 0.45, -1.31], 0.9527650219907529],
    [[0.7, 0.7, 2.1, 0.8, 1, -1, 2.8, -1.4, 1.6, 0.2, -0.4, -0.2, -0.2, 0.9, 0.4, 2, -1.3, 0.5, -0.4, 1.3], 0.07286303640926302],
    [[-1, 0, 1, 2, -1, 1, -1, 0, -1, -1, -1, -1, 0, -1, 1, 0], 0.4385780260809998],
    [[], 1],
    [[0, 0], 1],
  ])('CHK6 the signed-rank test is that of scipy, ties and zeros included', (differences, p) => {
    expect(wilcoxonP(differences)).toBeCloseTo(p, 6);
  });

  it('CHK5, CHK7 tails of the normal and the binomial distribution are those of scipy', () => {
    const normal = [
      [0, 1],
      [0.5, 0.6170750774519738],
      [1.96, 0.04999579029644087],
      [2.58, 0.00988003151554129],
      [5, 5.733031437583866e-7],
      [9, 2.2571768119076647e-19],
    ] as const;
    for (const [z, p] of normal) expect(twoSidedP(-z) / p).toBeCloseTo(1, 6);
    const binomial = [
      [0, 20, 0.1, 1],
      [3, 20, 0.1, 0.32307319481053404],
      [8, 20, 0.1, 0.00041563501884547615],
      [1, 51, 1 / 1001, 0.049697113195555045],
      [2, 51, 1 / 1001, 0.0012316659685283541],
      [40, 64, 0.5, 0.029970594783499616],
    ] as const;
    for (const [hits, of, share, p] of binomial) expect(binomialTail(hits, of, share)).toBeCloseTo(p, 10);
  });

  it('CHK9 information of answers, and probabilities of logits, are those of scipy', () => {
    const rows = Float64Array.from([0.7, 0.2, 0.1, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4, 0, 0, 1]);
    expect(answerInformation(rows, 3)).toBeCloseTo(0.4543766271387881, 12);
    const logits = probabilitiesOf([1, 2, -1, 0, 0, 5], 3, 'logits');
    const expected = [
      0.25949646034241913, 0.7053845126982412, 0.03511902695933973, 0.006648354478866004, 0.006648354478866004, 0.986703291042268,
    ];
    for (const [i, p] of expected.entries()) expect(logits[i]).toBeCloseTo(p, 12);
    expect(answerInformation(Float64Array.from([1, 0, 1, 0]), 2)).toBe(0);
  });

  /** Images whose channels have these means and this spread, each image a little off. */
  function moments(means: readonly number[], spread: number, images = 16): ImageMoments {
    const { uniform } = random(1, 'moments');
    const mean = Array.from({ length: images }, () => means.map((one) => one + 0.4 * (uniform() - 0.5))).flat();
    return { channels: means.length, mean, square: mean.map((one) => one * one + spread) };
  }
  const statistics = { mean: [0, 1, 5], variance: [1, 1, 1e-12], epsilon: 1e-3 };
  const distance = (means: readonly number[], spread: number) => new StatisticsDistance(moments(means, spread), statistics);

  it('CHK5 shift and log ratio of variances; a channel that never varied does not count', () => {
    const { whole } = distance([1, 3, 99], 1);
    expect(whole.shift).toBeCloseTo((1 + 4) / 2, 0);
    const exact = new StatisticsDistance(
      { channels: 1, mean: [2, 2], square: [4 + Math.E, 4 + Math.E] },
      { mean: [0], variance: [1], epsilon: 0 },
    );
    expect([exact.whole.shift, exact.whole.spread]).toEqual([4, expect.closeTo(1, 12)]);
  });

  it('CHK5 nearer only where the factor is 2 and chance is unlikely; of channels the shift alone', () => {
    const right = distance([0, 1, 5], 1);
    expect(right.isClearlyNearer(distance([1, 3, 5], 1), 'range')).toBe(true);
    expect(right.isClearlyNearer(distance([0, 1, 5], 40), 'range')).toBe(true);
    expect(right.isClearlyNearer(distance([0, 1, 5], 40), 'channels')).toBe(false);
    expect(right.isClearlyNearer(distance([0.05, 1, 5], 1.1), 'range')).toBe(false);
    expect(right.isClearlyNearer(right, 'range')).toBe(false);
    // One image that is far from all others proves nothing.
    const odd = moments([0, 1, 5], 1);
    const outlier = { ...odd, mean: Array.from(odd.mean, (value, i) => (i < 2 ? value + 30 : value)) };
    const square = Array.from(outlier.mean, (value) => value * value + 1);
    expect(right.isClearlyNearer(new StatisticsDistance({ ...outlier, square }, statistics), 'range')).toBe(false);
  });
});
