import { derivedSeed, type Random, random } from './random.ts';
import { SHAPES } from './shapes.ts';

/** Height and width of every picture; three channels, red green blue. */
export const IMAGE_SIZE = 32;
export const IMAGE_BYTES = IMAGE_SIZE * IMAGE_SIZE * 3;

/** Families of pictures that share none: a picture is fixed by seed, split and index alone. */
export const SPLITS = { train: 1, calibration: 2, test: 3 } as const;
export type Split = keyof typeof SPLITS;

type Colour = readonly [number, number, number];

const SUBSAMPLES = 3;

/** The label of picture `index` of any split: the classes take turns. */
export function labelOf(index: number): number {
  return index % SHAPES.length;
}

/**
 * Picture `index` of a split: 32×32×3 bytes, row major, red green blue. One shape of the class `labelOf(index)`, of random colour, size, position,
 * rotation and stretch, on a shaded and striped background, crossed by stray lines, under noise.
 */
export function drawImage(seed: number, split: Split, index: number): Uint8Array {
  const source = random(derivedSeed(seed, SPLITS[split], index));
  const background = drawnBackground(source);
  const colour = contrasting(source, background.mean);
  const coverage = shapeCoverage(source, labelOf(index));
  const lines = strayLines(source);
  const noise = source.between(3, 16);
  const opacity = source.between(0.8, 1);

  const pixels = new Uint8Array(IMAGE_BYTES);
  for (let y = 0; y < IMAGE_SIZE; y++) {
    for (let x = 0; x < IMAGE_SIZE; x++) {
      const amount = opacity * (coverage[y * IMAGE_SIZE + x] ?? 0);
      const line = lines.find(({ covers }) => covers(x + 0.5, y + 0.5));
      for (let channel = 0; channel < 3; channel++) {
        const behind = background.at(x, y, channel);
        const shaded = line === undefined ? behind + ((colour[channel] ?? 0) - behind) * amount : (line.colour[channel] ?? 0);
        pixels[(y * IMAGE_SIZE + x) * 3 + channel] = Math.min(255, Math.max(0, Math.round(shaded + noise * source.normal())));
      }
    }
  }
  return pixels;
}

/** Pictures `first` to `first + count` of a split, one after the other, and their labels. */
export function drawImages(seed: number, split: Split, first: number, count: number): { pixels: Uint8Array; labels: Uint8Array } {
  const pixels = new Uint8Array(count * IMAGE_BYTES);
  const labels = new Uint8Array(count);
  for (let index = 0; index < count; index++) {
    pixels.set(drawImage(seed, split, first + index), index * IMAGE_BYTES);
    labels[index] = labelOf(first + index);
  }
  return { pixels, labels };
}

/** What the network is fed: bytes to float32 in [−1, 1] by x/127.5 − 1. */
export function networkInput(pixels: Uint8Array): Float32Array {
  const values = new Float32Array(pixels.length);
  for (let index = 0; index < pixels.length; index++) values[index] = (pixels[index] as number) / 127.5 - 1;
  return values;
}

function anyColour(source: Random): Colour {
  return [source.between(0, 255), source.between(0, 255), source.between(0, 255)];
}

/** A colour at least 100 levels (Euclidean) away from `other`. */
function contrasting(source: Random, other: Colour): Colour {
  for (;;) {
    const colour = anyColour(source);
    if (Math.hypot(colour[0] - other[0], colour[1] - other[1], colour[2] - other[2]) >= 100) return colour;
  }
}

/** A linear shade between two near colours with a sine grating over it. */
function drawnBackground(source: Random): { mean: Colour; at: (x: number, y: number, channel: number) => number } {
  const mean = anyColour(source);
  const slope: Colour = [source.between(-40, 40), source.between(-40, 40), source.between(-40, 40)];
  const angle = source.between(0, 2 * Math.PI);
  const grating = {
    strength: source.between(0, 18),
    frequency: source.between(0.2, 1.2),
    angle: source.between(0, Math.PI),
    phase: source.between(0, 6),
  };
  return {
    mean,
    at: (x, y, channel) => {
      const ramp = ((x - 15.5) * Math.cos(angle) + (y - 15.5) * Math.sin(angle)) / 16;
      const wave = Math.sin(grating.frequency * (x * Math.cos(grating.angle) + y * Math.sin(grating.angle)) + grating.phase);
      return (mean[channel] ?? 0) + (slope[channel] ?? 0) * ramp + grating.strength * wave;
    },
  };
}

/** Share of each pixel that the shape covers. */
function shapeCoverage(source: Random, label: number): Float64Array {
  const inside = SHAPES[label]?.inside ?? (() => false);
  const radius = source.between(7, 13.5);
  const centreX = 16 + source.between(-1, 1) * (15.5 - radius);
  const centreY = 16 + source.between(-1, 1) * (15.5 - radius);
  const angle = source.between(0, 2 * Math.PI);
  const stretch = source.between(0.85, 1.18);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const coverage = new Float64Array(IMAGE_SIZE * IMAGE_SIZE);
  for (let y = 0; y < IMAGE_SIZE; y++) {
    for (let x = 0; x < IMAGE_SIZE; x++) {
      let hits = 0;
      for (let sample = 0; sample < SUBSAMPLES * SUBSAMPLES; sample++) {
        const dx = (x + ((sample % SUBSAMPLES) + 0.5) / SUBSAMPLES - centreX) / radius;
        const dy = (y + (Math.floor(sample / SUBSAMPLES) + 0.5) / SUBSAMPLES - centreY) / radius;
        if (inside((dx * cos + dy * sin) * stretch, (dy * cos - dx * sin) / stretch)) hits++;
      }
      coverage[y * IMAGE_SIZE + x] = hits / (SUBSAMPLES * SUBSAMPLES);
    }
  }
  return coverage;
}

/** No or one thin line in front of everything. */
function strayLines(source: Random): { colour: Colour; covers: (x: number, y: number) => boolean }[] {
  return Array.from({ length: source.below(2) }, () => {
    const colour = anyColour(source);
    const angle = source.between(0, Math.PI);
    const [normalX, normalY] = [Math.cos(angle), Math.sin(angle)];
    const offset = normalX * source.between(2, 30) + normalY * source.between(2, 30);
    const half = source.between(0.4, 0.9);
    return { colour, covers: (x: number, y: number) => Math.abs(x * normalX + y * normalY - offset) <= half };
  });
}
