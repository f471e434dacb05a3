import { describe, expect, it } from 'vitest';
import { choose, permutation, random, randomFrom } from '../../worker/random.ts';

describe('the random numbers of a seed', () => {
  it('TRN1 are those of xoshiro128**: the words of its authors for the state 1, 2, 3, 4', () => {
    const source = randomFrom([1, 2, 3, 4]);
    const published = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804];
    expect(published.map(() => source.word())).toEqual(published);
  });

  it('TRN1 are the same for a seed, and other ones for each further part of it', () => {
    const draw = (...seed: (number | string)[]) => {
      const source = random(...seed);
      return Array.from({ length: 8 }, () => source.word());
    };
    expect(draw(7, 'order', 0)).toEqual(draw(7, 'order', 0));
    const streams = [draw(7, 'order', 0), draw(7, 'order', 1), draw(8, 'order', 0), draw(7, 'order'), draw('7', 'order', 0)];
    expect(new Set(streams.flat()).size).toBe(8 * streams.length);
  });

  it('TRN1 fall evenly: every place of every item of a permutation', () => {
    const source = random(3);
    const counts = Array.from({ length: 25 }, () => 0);
    const rounds = 20_000;
    for (let round = 0; round < rounds; round++) {
      permutation(5, source).forEach((item, place) => {
        counts[5 * item + place] = (counts[5 * item + place] ?? 0) + 1;
      });
    }
    // χ² of 16 degrees of freedom: beyond 39.3 once in a thousand seeds.
    const squared = counts.reduce((sum, count) => sum + (count - rounds / 5) ** 2 / (rounds / 5), 0);
    expect(squared).toBeLessThan(39.3);
  });

  it('TRN1 permutations hold everything once, choices nothing twice', () => {
    expect([...permutation(100, random(1))].sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, i) => i));
    const chosen = choose(100, 40, random(1));
    expect([new Set(chosen).size, Math.max(...chosen) < 100]).toEqual([40, true]);
    expect(choose(3, 40, random(1)).length).toBe(3);
  });
});
