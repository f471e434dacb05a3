import type { Example, Feature } from '../../worker/formats/example.ts';

const bytes = (...texts: string[]) => ({ kind: 'bytes', values: texts.map((text) => new TextEncoder().encode(text)) }) as const;

/** Examples with every kind of feature: as ImageNet's records have them, and the ends of each type. */
export function examples(): Example[] {
  return [
    new Map<string, Feature>([
      ['image/encoded', bytes('\x01\x02\x03')],
      ['image/format', bytes('JPEG')],
      ['image/class/label', { kind: 'int64', values: [449] }],
      ['image/class/synset', bytes('n01440764')],
      ['image/filename', bytes('ILSVRC2012_val_00000293.JPEG')],
      ['image/object/bbox/xmin', { kind: 'float', values: [0.25, -1.5, 2 ** -20] }],
    ]),
    new Map<string, Feature>([
      ['empty', bytes()],
      ['several', bytes('a', '', 'Größe')],
      ['whole numbers', { kind: 'int64', values: [0, -1, 127, 128, -(2 ** 53) + 1, 2 ** 53 - 1] }],
      ['no numbers', { kind: 'float', values: [] }],
    ]),
    new Map(),
  ];
}
