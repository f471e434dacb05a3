import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { drawImage, drawImages, IMAGE_BYTES, labelOf, networkInput, SPLITS, type Split } from '../../../scripts/sample/images.ts';
import { derivedSeed, random } from '../../../scripts/sample/random.ts';
import { CLASSES, SHAPES } from '../../../scripts/sample/shapes.ts';

const SEED = 2019;

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}

describe('sample pictures', () => {
  it('are the same for the same seed, on every machine', () => {
    const first = Object.keys(SPLITS).map((split) => hash(drawImages(SEED, split as Split, 0, 20).pixels));
    expect(first).toEqual(['4220e617d5473be6', '1b34679ec2cec80b', '4b18916c8be85afe']);
    expect(hash(drawImages(SEED + 1, 'test', 0, 20).pixels)).not.toBe(first[2]);
  });

  it('do not depend on which others were drawn', () => {
    const { pixels } = drawImages(SEED, 'test', 40, 3);
    expect(pixels.slice(IMAGE_BYTES, 2 * IMAGE_BYTES)).toEqual(drawImage(SEED, 'test', 41));
  });

  it('differ from each other within and between splits', () => {
    const hashes = Object.keys(SPLITS).flatMap((split) =>
      Array.from({ length: 40 }, (_, index) => hash(drawImage(SEED, split as Split, index))),
    );
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('show the ten classes in turn', () => {
    const { labels } = drawImages(SEED, 'test', 7, 30);
    expect([...labels]).toEqual(Array.from({ length: 30 }, (_, index) => labelOf(index + 7)));
    const counts = CLASSES.map((_, label) => [...labels].filter((value) => value === label).length);
    expect(counts).toEqual(Array(10).fill(3));
  });

  it('reach the network as floats from -1 to 1', () => {
    expect([...networkInput(Uint8Array.of(0, 255, 51))]).toEqual([-1, 1, Math.fround(51 / 127.5 - 1)]);
  });
});

describe('shapes', () => {
  it('stay within the frame and cover some of it', () => {
    for (const { name, inside } of SHAPES) {
      let covered = 0;
      for (let y = -1.5; y <= 1.5; y += 0.05) {
        for (let x = -1.5; x <= 1.5; x += 0.05) {
          if (!inside(x, y)) continue;
          covered++;
          expect(Math.hypot(x, y), name).toBeLessThan(1.2);
        }
      }
      expect(covered * 0.05 ** 2, name).toBeGreaterThan(0.5);
    }
  });

  it.each([
    ['circle', 0, 0, true],
    ['ring', 0, 0, false],
    ['ring', 0.8, 0, true],
    ['square', 0.75, 0.75, true],
    ['triangle', 0, 0.9, true],
    ['triangle', 0, -0.9, false],
    ['cross', 0.7, 0.7, false],
    ['star', 0, 1, true],
    ['star', 0, -1, false],
    ['diamond', 0.5, 0.5, false],
    ['crescent', 0.5, 0, false],
    ['crescent', -0.8, 0, true],
    ['bars', 0.31, 0, false],
    ['bars', 0.62, 0, true],
    ['spiral', 0, 0, false],
  ])('%s at (%d, %d): %s', (name, x, y, expected) => {
    expect(SHAPES.find((shape) => shape.name === name)?.inside(x, y)).toBe(expected);
  });
});

describe('random', () => {
  it('is mulberry32: its first values for seed 1', () => {
    const source = random(1);
    expect([source.uniform(), source.uniform(), source.uniform()].map((value) => value * 2 ** 32)).toEqual([
      2693262067, 11749833, 2265367787,
    ]);
  });

  it('has the moments that it says', () => {
    const source = random(7);
    const values = Array.from({ length: 20000 }, () => source.normal());
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    expect(Math.abs(mean)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1)).toBeLessThan(0.03);
    const draws = Array.from({ length: 1000 }, () => source.below(4));
    expect(new Set(draws)).toEqual(new Set([0, 1, 2, 3]));
  });

  it('derives unrelated seeds', () => {
    const seeds = Array.from({ length: 5000 }, (_, index) => derivedSeed(SEED, 1, index));
    expect(new Set(seeds).size).toBe(5000);
    expect(derivedSeed(1, 2)).not.toBe(derivedSeed(2, 1));
  });
});
