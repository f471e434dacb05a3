import { describe, expect, it } from 'vitest';
import { changedRows, changeOf, countChanges } from '../../../src/data/changedRows.ts';
import { classRows, sortedClasses } from '../../../src/data/classRows.ts';
import { type ConfusionView, confusionGrid, imagesOfCell } from '../../../src/data/confusionGrid.ts';
import { stepBy } from '../../../src/data/confusionKeys.ts';
import { cellAt, fitted, showing, zoomed } from '../../../src/data/confusionWindow.ts';
import { parseNumbers, parseSize, RULE_WORDS, ruleNamed, ruleSentence, spelledOut } from '../../../src/data/imageRuleWords.ts';
import { cellText, certaintyText, changeText, className, pairedText, percent, rateText, verdict } from '../../../src/data/sentences.ts';
import { prepareRule } from '../../../worker/data/imageRule.ts';
import { preprocess } from '../../../worker/data/preprocess.ts';
import type { ChangedImage, ConfusionCell, Evaluation, ImageRule, ImageRuleName, NetworkScore } from '../../../worker/protocol.ts';

const scored = { output: 'softmax', classes: 3, loss: 'probabilities' } as const;

function network(title: string, confusion: readonly ConfusionCell[]): NetworkScore {
  const labels = [...new Set(confusion.map(({ label }) => label))].sort((a, b) => a - b);
  const classes = labels.map((label) => {
    const of = confusion.filter((cell) => cell.label === label);
    const count = of.reduce((sum, cell) => sum + cell.count, 0);
    const top1 = of.filter((cell) => cell.answer === label).reduce((sum, cell) => sum + cell.count, 0);
    return { label, count, top1, top5: count };
  });
  return { title, scored, notFinite: 0, top1: null, top5: null, loss: null, classes, confusion };
}

/** Four images of three classes; class 1 has none. */
const evaluation: Evaluation = {
  images: 4,
  perImage: {
    images: Int32Array.of(10, 11, 12, 13),
    labels: Int32Array.of(0, 0, 0, 2),
    answers: [Int32Array.of(0, 0, 2, 2), Int32Array.of(0, 2, 2, -1)],
  },
  rule: { name: 'signed' },
  leftOut: { count: 0, first: [] },
  classNames: ['cat', 'dog', 'hen'],
  networks: [
    network('float', [
      { label: 0, answer: 0, count: 2 },
      { label: 0, answer: 2, count: 1 },
      { label: 2, answer: 2, count: 1 },
    ]),
    network('int8', [
      { label: 0, answer: 0, count: 1 },
      { label: 0, answer: 2, count: 2 },
      { label: 2, answer: -1, count: 1 },
    ]),
  ],
  comparison: null,
  warnings: [],
  backend: 'wasm',
  ms: 1,
};

describe('an evaluation in sentences', () => {
  it('writes shares with the decimals that so many images bear', () => {
    expect(percent(0.335332, 100)).toBe('33.5 %');
    expect(percent(0.335332, 10_000)).toBe('33.53 %');
    expect(rateText({ hits: 91, of: 100, value: 0.91, low: 0.838, high: 0.952 })).toBe('91.0 % (83.8 … 95.2)');
  });

  it('says which way the second network went, with its interval turned the same way', () => {
    const top1 = { difference: { value: -0.463, low: -0.473, high: -0.453 }, onlyFirst: 4702, onlySecond: 72, p: 0 };
    expect(pairedText(['float', 'INT8'], top1, 1000)).toBe(
      'INT8 loses 46.3 points (95 %: 45.3 … 47.3); 4,702 images only float has right, 72 only INT8.',
    );
    const better = { difference: { value: 0.02, low: -0.01, high: 0.05 }, onlyFirst: 1, onlySecond: 3, p: 0.625 };
    expect(pairedText(['a', 'b'], better, 100)).toBe('b gains 2.0 points (95 %: −1.0 … 5.0); 1 image only a has right, 3 only b.');
    expect(certaintyText(better.p)).toContain('do not tell the two apart');
    expect(certaintyText(1e-9)).toBe('McNemar’s test: p < 0.001.');
  });

  it('reads a cell of the matrix, and the change of one', () => {
    const place = { label: 0, answer: 1 };
    expect(cellText(['cat', 'dog'], place, 12, 293)).toBe('label cat answered dog: 12 images (4.1 %)');
    expect(changeText(['cat', 'dog'], place, 12, 40)).toBe('label cat answered dog: 12 → 40 images (+28)');
    expect(changeText([], place, 3, 1)).toBe('label 0 answered 1: 3 → 1 image (−2)');
    expect(className(['cat'], -1)).toBe('not finite');
  });

  it('comes to accuracy where there are labels, else to agreement', () => {
    const rate = { hits: 1, of: 4, value: 0.25, low: 0, high: 1 };
    const [first] = evaluation.networks;
    if (first === undefined) throw new Error('no network');
    expect(verdict({ ...evaluation, networks: [{ ...first, top1: rate }] })).toBe('Evaluated 4 images: top-1 25.0 %.');
    expect(verdict({ ...evaluation, comparison: { agreement: rate, top1: null, outputs: [], changed: [] } })).toBe(
      'Evaluated 4 images: top-1 agrees on 25.0 %.',
    );
  });
});

describe('the confusion matrix', () => {
  const counts = (view: ConfusionView) => {
    const grid = confusionGrid(evaluation, view);
    return grid.labels.map((_, row) => grid.answers.map((_, column) => grid.cell(row, column)?.shade ?? 0));
  };

  it('has the classes that occur, a column of its own for what is no number, the same for both networks', () => {
    for (const view of ['first', 'second', 'difference'] as const) {
      const grid = confusionGrid(evaluation, view);
      expect([grid.labels, grid.answers]).toEqual([
        [0, 2],
        [-1, 0, 2],
      ]);
    }
  });

  it('shades by the share of the label, and a difference by how much it changed', () => {
    expect(counts('first')).toEqual([
      [0, 2 / 3, 1 / 3],
      [0, 0, 1],
    ]);
    expect(counts('difference')).toEqual([
      [0, -1 / 3, 1 / 3],
      [1, 0, -1],
    ]);
  });

  it('knows the images of a cell; of a difference those of one network alone', () => {
    expect(imagesOfCell(evaluation, { label: 0, answer: 2 }, 'first')).toEqual([2]);
    expect(imagesOfCell(evaluation, { label: 0, answer: 2 }, 'second')).toEqual([1, 2]);
    expect(imagesOfCell(evaluation, { label: 0, answer: 2 }, 'difference')).toEqual([1]);
  });

  it('is walked by keys that stay within it and leave combinations alone', () => {
    const key = (name: string, more: object = {}) => ({
      key: name,
      shiftKey: false,
      ctrlKey: false,
      metaKey: false,
      altKey: false,
      ...more,
    });
    const size = { rows: 5, columns: 30 };
    expect(stepBy(key('ArrowUp'), { row: 0, column: 3 }, size)).toEqual({ row: 0, column: 3 });
    expect(stepBy(key('ArrowRight', { shiftKey: true }), { row: 0, column: 3 }, size)).toEqual({ row: 0, column: 13 });
    expect(stepBy(key('End'), { row: 2, column: 3 }, size)).toEqual({ row: 2, column: 29 });
    expect(stepBy(key('ArrowDown', { ctrlKey: true }), { row: 0, column: 0 }, size)).toBeNull();
    expect(stepBy(key('a'), { row: 0, column: 0 }, size)).toBeNull();
  });

  it('zooms around a point and brings a cell into sight', () => {
    const sizes = { rows: 1000, columns: 1000, width: 800, height: 200 };
    const all = fitted(sizes);
    expect(all).toEqual({ scale: 0.2, left: 0, top: 0 });
    const at = { x: 100, y: 100 };
    const near = zoomed(all, 10, at, sizes);
    expect(near.scale).toBe(2);
    expect(cellAt(near, at, sizes)).toEqual(cellAt(all, at, sizes));
    const seen = showing(near, { row: 999, column: 0 }, sizes);
    expect([seen.left, seen.top]).toEqual([0, 1800]);
    expect(zoomed(near, 1e-3, at, sizes)).toEqual(all);
  });
});

describe('classes and changes', () => {
  it('has a row per class with both shares, sorted either way', () => {
    const rows = classRows(evaluation);
    expect(rows.map(({ name, images, first, second, change }) => [name, images, first, second, change])).toEqual([
      ['cat', 3, 2 / 3, 1 / 3, 1 / 3 - 2 / 3],
      ['hen', 1, 1, 0, -1],
    ]);
    expect(sortedClasses(rows, { column: 'change', descending: false }).map(({ label }) => label)).toEqual([2, 0]);
    expect(sortedClasses(rows, { column: 'name', descending: true }).map(({ label }) => label)).toEqual([2, 0]);
  });

  it('tells images that got worse from those that got better', () => {
    const answer = (index: number) => ({ index, value: 1, margin: 1 });
    const image = (name: string, label: number | null, first: number, second: number): ChangedImage => ({
      image: 0,
      name,
      label,
      answers: [answer(first), answer(second)],
    });
    const changed = [image('a', 1, 1, 2), image('b', 1, 2, 1), image('c', 1, 0, 2), image('d', null, 0, 1)];
    expect(changed.map(changeOf)).toEqual(['got worse', 'got better', 'other', 'other']);
    expect(countChanges(changed)).toEqual({ all: 4, 'got worse': 1, 'got better': 1, other: 2 });
    expect(changedRows(changed, 'other', 'D').map(({ name }) => name)).toEqual(['d']);
  });
});

describe('rules for images in words', () => {
  const names = Object.keys(RULE_WORDS).filter((name): name is ImageRuleName => name !== 'custom');

  it('is a sentence with the size of the input in it', () => {
    expect(ruleSentence({ name: 'signed' }, [32, 32, 3])).toBe('Bilinear resize to 32×32, x / 127.5 − 1.');
    expect(ruleSentence({ name: 'none' }, null)).toBe('Values are fed as they are given.');
    for (const name of names) expect(ruleSentence({ name }, [8, 8, 3])).not.toContain('S×S');
    const custom = { name: 'custom', crop: { kind: 'none' }, channels: 'bgr', divisor: 1, mean: [1, 2, 3], scale: [0.5] } as const;
    expect(ruleSentence(custom, null)).toBe('Bilinear resize to the input’s size, blue-green-red, (x − (1, 2, 3)) · 0.5.');
  });

  it.each(names.filter((name) => name !== 'none'))('spells %s out as a rule of the same numbers', (name) => {
    const values = Uint8Array.from({ length: 300 * 280 * 3 }, (_, index) => (index * 37) % 256);
    const picture = { width: 280, height: 300, channels: 3, values };
    const fed = (rule: ImageRule): Float32Array => {
      const out = new Float32Array(24 * 24 * 3);
      preprocess(picture, prepareRule(rule, [24, 24, 3]), out, 0);
      return out;
    };
    const [named, custom] = [fed({ name }), fed(spelledOut({ name }))];
    const difference = Math.max(...named.map((value, index) => Math.abs(value - (custom[index] ?? Number.NaN))));
    expect(difference).toBeLessThanOrEqual(Math.max(...named.map(Math.abs)) * 1e-6);
  });

  it('takes another name with the size that was asked for', () => {
    expect(ruleNamed('vgg', { name: 'signed', size: [128, 96] })).toEqual({ name: 'vgg', size: [128, 96] });
    expect(ruleNamed('custom', { name: 'unit' })).toMatchObject({ name: 'custom', divisor: 255 });
  });

  it('reads numbers and sizes as people type them, and nothing else', () => {
    expect(parseNumbers('104, 117 123')).toEqual([104, 117, 123]);
    expect(parseNumbers('−1')).toEqual([-1]);
    expect(parseNumbers('a')).toBeUndefined();
    expect(parseNumbers('')).toBeUndefined();
    expect(parseSize('224')).toEqual([224, 224]);
    expect(parseSize('224×192')).toEqual([224, 192]);
    expect(parseSize('')).toBeNull();
    expect(parseSize('0')).toBeUndefined();
    expect(parseSize('1,2,3')).toBeUndefined();
  });
});
