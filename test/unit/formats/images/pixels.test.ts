import { describe, expect, it } from 'vitest';
import { imageKind } from '../../../../worker/formats/images/image.ts';
import { drawn, imageForms } from '../../../images/forms.ts';
import { decoder } from '../../../images/nodeDecoder.ts';
import { asImage, type RecordedImage } from '../../../images/recordedImage.ts';
import tensorflow from './tensorflow.json' with { type: 'json' };

/** What TensorFlow 2.15 made of the same files; `npm run test:interop` asks the TensorFlow at hand. */
const recorded: Readonly<Record<string, RecordedImage>> = tensorflow;
const forms = imageForms();

describe('pixels are those of TensorFlow', () => {
  it.each(forms)('IMG1: $name', async ({ name, kind, bytes }) => {
    const expected = recorded[name];
    if (expected === undefined) throw new Error(`${name} is not recorded.`);
    expect(imageKind(bytes)).toBe(kind);
    expect(await decoder.decode(bytes, name, { orientation: false })).toEqual(asImage(expected));
  });

  it('IMG1: nothing recorded is left over', () => {
    expect(Object.keys(recorded)).toEqual(forms.map(({ name }) => name));
  });
});

/** Largest difference between decoded channels and what was drawn. */
async function distance(name: string, wanted: (x: number, y: number) => readonly number[]): Promise<number> {
  const form = forms.find((one) => one.name === name);
  if (form === undefined) throw new Error(`There is no form ${name}.`);
  const { width, pixels } = await decoder.decode(form.bytes, name, { orientation: false });
  let most = 0;
  for (let i = 0; i < pixels.length / 3; i++) {
    wanted(i % width, Math.floor(i / width)).forEach((value, channel) => {
      most = Math.max(most, Math.abs(value - (pixels[3 * i + channel] ?? 0)));
    });
  }
  return most;
}

describe('pixels are those that were drawn', () => {
  const colours = (x: number, y: number): number[] => [0, 1, 2].map((channel) => drawn(channel)(x, y));
  const shade = (x: number, y: number): number[] => Array.from({ length: 3 }, () => drawn(0)(x, y));

  it.each([
    ['PNG, colour, 8 bits', colours],
    ['PNG, colour, 8 bits, interlaced', colours],
    ['PNG, colour and alpha, 8 bits', colours],
    ['PNG, data in five parts', colours],
    ['PNG, grey, 8 bits', shade],
    ['PNG, grey and alpha, 8 bits, interlaced', shade],
  ] as const)('IMG2: %s, to the last bit', async (name, wanted) => {
    expect(await distance(name, wanted)).toBe(0);
  });

  it('IMG2: of 16 bits the upper eight count', async () => {
    const upper = (x: number, y: number): number[] => [0, 1, 2].map((channel) => Math.round((drawn(channel)(x, y) / 255) * 65535) >> 8);
    expect(await distance('PNG, colour, 16 bits', upper)).toBe(0);
  });

  // Coefficients are stored as multiples of up to 16: an edge is off by as much.
  it.each([
    ['JPEG, Adobe RGB', colours],
    ['JPEG, no markers, components R G B', colours],
    ['JPEG, grey', shade],
    ['JPEG, progressive, grey', shade],
  ] as const)('IMG1: %s, up to what the coefficients lose', async (name, wanted) => {
    expect(await distance(name, wanted)).toBeLessThan(32);
  });

  it('IMG3: CMYK is a product, with and without Adobe inverting it', async () => {
    const product = (x: number, y: number): number[] => colours(x, y).map((value) => (value * drawn(3)(x, y)) / 255);
    const flipped = (x: number, y: number): number[] => colours(x, y).map((value) => ((255 - value) * (255 - drawn(3)(x, y))) / 255);
    expect(await distance('JPEG, CMYK, Adobe', product)).toBeLessThan(48);
    expect(await distance('JPEG, CMYK', flipped)).toBeLessThan(48);
  });
});
