import { describe, expect, it } from 'vitest';
import { type ChoiceRule, choice } from '../../../worker/data/calibrationSet/choice.ts';

/** Reads what is asked for until the choice is made. */
function chosen(rule: Partial<ChoiceRule>, unreadable: (image: number) => boolean = () => false) {
  const made = choice({ count: 200, size: 50, seed: 0, classOf: null, ...rule });
  const asked: number[] = [];
  for (let wanted = made.wanted(); wanted.length > 0; wanted = made.wanted()) {
    asked.push(...wanted);
    made.read(wanted.filter((image) => !unreadable(image)));
  }
  return { images: made.chosen(), asked };
}

const counts = (images: readonly number[], classOf: (image: number) => number) => {
  const found: Record<number, number> = {};
  for (const image of images) found[classOf(image)] = (found[classOf(image)] ?? 0) + 1;
  return found;
};

describe('which images a calibration set takes', () => {
  it('CSET1 a seed names a choice of different images; another seed names another one', () => {
    const { images } = chosen({ seed: 7 });
    expect(new Set(images).size).toBe(50);
    expect(chosen({ seed: 7 }).images).toEqual(images);
    expect(chosen({ seed: 8 }).images).not.toEqual(images);
    expect(chosen({ seed: 7, size: 20 }).images).toEqual(images.slice(0, 20));
    expect(chosen({ seed: null }).images).toEqual(Array.from({ length: 50 }, (_, image) => image));
  });

  it('CSET1 a set smaller than what is asked for is taken whole', () => {
    expect([...chosen({ count: 12 }).images].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, image) => image));
  });

  it('CSET2 classes are as equal as they can be: by one at most, save those that have no more images', () => {
    const classOf = (image: number): number => (image < 3 ? 9 : image % 7);
    const found = counts(chosen({ classOf }).images, classOf);
    expect(found[9]).toBe(3);
    const others = [0, 1, 2, 3, 4, 5, 6].map((label) => found[label] ?? 0);
    expect(others.reduce((sum, count) => sum + count, 0)).toBe(47);
    expect(Math.max(...others) - Math.min(...others)).toBe(1);
  });

  it('CSET2 each prefix is balanced too: round by round', () => {
    const classOf = (image: number): number => image % 10;
    const { images } = chosen({ classOf, seed: 3 });
    for (let round = 0; round < 5; round++) expect(new Set(images.slice(10 * round, 10 * round + 10).map(classOf)).size).toBe(10);
  });

  it('CSET3 an image that cannot be read makes way for the next of the permutation, and of its class; no image is asked for twice', () => {
    const whole = chosen({ seed: 5, size: 200 }).images;
    const unreadable = (image: number): boolean => image % 3 === 0;
    const { images, asked } = chosen({ seed: 5 }, unreadable);
    expect(images).toEqual(whole.filter((image) => !unreadable(image)).slice(0, 50));
    expect(new Set(asked).size).toBe(asked.length);
    const classOf = (image: number): number => image % 10;
    const balanced = counts(chosen({ classOf }, unreadable).images, classOf);
    expect(Object.values(balanced)).toEqual(Array.from({ length: 10 }, () => 5));
  });

  it('CSET3 where nothing can be read nothing is chosen', () => {
    expect(chosen({}, () => true)).toMatchObject({ images: [], asked: { length: 200 } });
  });
});
