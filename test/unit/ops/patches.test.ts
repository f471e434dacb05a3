import { expect, it } from 'vitest';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import type { AttrValue } from '../../../worker/formats/attrValue.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { Net } from '../transforms/build.ts';

/** What TensorFlow 1.14 gives for the numbers 0 … 119 as [2, 5, 6, 2]: shape, Σ y[i] · (i + 1), the first window. */
const RECORDED: readonly (readonly [
  size: number[],
  strides: number[],
  rates: number[],
  padding: string,
  shape: number[],
  sum: number,
  first: number[],
])[] = [
  [[2, 2], [2, 2], [1, 1], 'VALID', [2, 2, 3, 8], 335360, [0, 1, 2, 3, 12, 13, 14, 15]],
  [[3, 3], [2, 1], [1, 1], 'SAME', [2, 3, 6, 18], 11360768, [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 12, 13, 14, 15]],
  [[2, 3], [1, 2], [2, 1], 'SAME', [2, 5, 3, 12], 3547584, [0, 0, 0, 0, 0, 0, 12, 13, 14, 15, 16, 17]],
  [[2, 2], [3, 3], [1, 2], 'VALID', [2, 2, 2, 8], 165376, [0, 1, 4, 5, 12, 13, 16, 17]],
];

const list = (ints: number[]): AttrValue => ({
  kind: 'list',
  value: { strings: [], ints: [1, ...ints, 1], floats: [], bools: [], types: [], shapes: [] },
});

it.each(RECORDED)(
  'ExtractImagePatches %j, steps %j, rates %j, %s as TensorFlow',
  async (size, strides, rates, padding, shape, sum, first) => {
    const net = new Net();
    net.input('x', [-1, 5, 6, 2]);
    net.add('patches', 'ExtractImagePatches', ['x'], {
      T: { kind: 'type', value: 'float32' },
      ksizes: list(size),
      strides: list(strides),
      rates: list(rates),
      padding: { kind: 'string', value: padding },
    });
    const backend = await createBackend('reference');
    const x = makeTensor(
      'float32',
      [2, 5, 6, 2],
      Float32Array.from({ length: 120 }, (_, i) => i),
    );
    const results = await runGraph(net.graph(), { variables: noVariables, feeds: new Map([['x', x]]), fetches: ['patches'], backend });
    backend.dispose();
    const patches = results.get('patches');
    const values = patches === undefined ? [] : [...tensorNumbers(patches)].map(Number);
    expect(patches?.shape).toEqual(shape);
    expect(values.slice(0, first.length)).toEqual(first);
    expect(values.reduce((total, value, i) => total + value * (i + 1), 0)).toBe(sum);
  },
);
