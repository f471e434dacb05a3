import { describe, expect, it } from 'vitest';
import { SUMS } from '../../../worker/evaluate/agreement.ts';
import { answerImage, noAnswers } from '../../../worker/evaluate/answers.ts';
import { confusionMatrix } from '../../../worker/evaluate/confusion.ts';
import { Tally } from '../../../worker/evaluate/tally.ts';
import { numbers } from '../compute/nets.ts';

const CLASSES = 7;
const scored = { output: 'y', classes: CLASSES, loss: 'logits' } as const;

/** Random scores and labels (a few have none), and what a plain loop over them counts. */
function made(images: number) {
  const next = numbers(11);
  const row = () => Float32Array.from({ length: CLASSES }, () => Math.round(next() * 8));
  const labels = Int32Array.from({ length: images }, () => Math.floor((next() + 1) * 4) - 1);
  return { first: Array.from({ length: images }, row), second: Array.from({ length: images }, row), labels };
}

/** The same through batches of `size`. */
function tallied({ first, second, labels }: ReturnType<typeof made>, size: number): Tally {
  const networks = [
    { title: 'float', scored },
    { title: 'int8', scored },
  ];
  const tally = new Tally(networks, ['y']);
  for (let from = 0; from < labels.length; from += size) {
    const some = labels.subarray(from, from + size);
    const answers = [first, second].map((rows) => {
      const into = noAnswers(some.length);
      for (const [image, label] of some.entries()) answerImage(into, image, rows[from + image] ?? [], label, 'logits');
      return into;
    });
    const images = Array.from(some, (_, image) => from + image);
    tally.add(
      { images, names: images.map((image) => `image ${image}`), labels: some },
      { answers, pairs: new Float64Array(some.length * SUMS) },
    );
  }
  return tally;
}

const largest = (row: ArrayLike<number>) => Array.from(row).indexOf(Math.max(...Array.from(row)));

describe('the tally of an evaluation', () => {
  const data = made(500);
  const labelled = Array.from(data.labels.keys()).filter((image) => (data.labels[image] ?? -1) >= 0);
  const answers = [data.first, data.second].map((rows) => rows.map(largest));
  const right = answers.map((of) => labelled.filter((image) => of[image] === data.labels[image]));

  it('EVA1 does not depend on how images come in batches', () => {
    const [whole, parts] = [tallied(data, 500), tallied(data, 7)];
    expect(parts.networks()).toEqual(whole.networks());
    expect(parts.comparison()).toEqual(whole.comparison());
    expect(parts.images).toBe(500);
  });

  it('EVA25 says the answer to every image, and its label, in the order of the images', () => {
    const each = tallied(data, 64).perImage();
    expect(Array.from(each.images)).toEqual(Array.from(data.labels.keys()));
    expect(each.labels).toEqual(data.labels);
    expect(each.answers.map((given) => Array.from(given))).toEqual(answers);
  });

  it('EVA8 counts what a plain loop over the images counts', () => {
    const tally = tallied(data, 64);
    for (const [k, network] of tally.networks().entries()) {
      expect(network.top1).toMatchObject({ hits: right[k]?.length, of: labelled.length });
      expect(network.classes.reduce((sum, { count }) => sum + count, 0)).toBe(labelled.length);
      expect(network.classes.reduce((sum, { top1 }) => sum + top1, 0)).toBe(right[k]?.length);
      expect(network.classes.reduce((sum, { top5 }) => sum + top5, 0)).toBe(network.top5?.hits);
      for (const { label, answer, count } of network.confusion) {
        expect(count).toBe(labelled.filter((image) => data.labels[image] === label && answers[k]?.[image] === answer).length);
      }
      expect(network.confusion.reduce((sum, { count }) => sum + count, 0)).toBe(labelled.length);
    }
    const changed = Array.from(data.labels.keys()).filter((image) => answers[0]?.[image] !== answers[1]?.[image]);
    const comparison = tally.comparison();
    expect(comparison?.changed.map(({ image }) => image)).toEqual(changed);
    expect(comparison?.agreement).toMatchObject({ hits: 500 - changed.length, of: 500 });
    expect(comparison?.top1).toMatchObject({
      onlyFirst: right[0]?.filter((image) => !right[1]?.includes(image)).length,
      onlySecond: right[1]?.filter((image) => !right[0]?.includes(image)).length,
    });
    expect(comparison?.top1?.difference.value).toBeCloseTo(((right[1]?.length ?? 0) - (right[0]?.length ?? 0)) / labelled.length, 15);
    expect(comparison?.changed.find(({ label }) => label === null)).toBeDefined();
  });

  it('EVA6 images without a finite answer count as wrong, are in no loss, and are named', () => {
    const bad = { ...data, first: data.first.map((row, image) => (image % 100 === 3 ? row.map(() => Number.NaN) : row)) };
    const tally = tallied(bad, 64);
    const [float] = tally.networks();
    const lost = labelled.filter((image) => image % 100 === 3);
    expect(float?.notFinite).toBe(5);
    expect(float?.top1?.of).toBe(labelled.length);
    expect(float?.confusion.filter(({ answer }) => answer === -1).reduce((sum, { count }) => sum + count, 0)).toBe(lost.length);
    expect(Number.isFinite(float?.loss?.value)).toBe(true);
    expect(tally.warnings()).toMatchObject([{ rule: 'EVA6', text: expect.stringContaining('5 images (image 3, image 103, image 203 …)') }]);
    expect(tally.comparison()?.changed.find(({ image }) => image === 3)?.answers[0]).toMatchObject({ index: -1 });
  });

  it('EVA8 of one network without labels there are no rates', () => {
    const tally = new Tally([{ title: 'float', scored }], ['y']);
    tally.add({ images: [0], names: ['a'], labels: Int32Array.of(-1) }, { answers: [noAnswers(1)], pairs: new Float64Array(0) });
    expect(tally.networks()).toMatchObject([{ top1: null, top5: null, loss: null, classes: [], confusion: [] }]);
    expect(tally.comparison()).toBeNull();
  });

  it('EVA8 the confusion as a matrix has a column for no answer where one is missing', () => {
    const cells = [
      { label: 0, answer: 1, count: 2 },
      { label: 1, answer: 1, count: 3 },
    ];
    expect(confusionMatrix(cells, 2)).toEqual({
      answers: [0, 1],
      rows: [
        [0, 2],
        [0, 3],
      ],
    });
    expect(confusionMatrix([...cells, { label: 1, answer: -1, count: 1 }], 2)).toEqual({
      answers: [-1, 0, 1],
      rows: [
        [0, 0, 2],
        [1, 0, 3],
      ],
    });
  });
});
