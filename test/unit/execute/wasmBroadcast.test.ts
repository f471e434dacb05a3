import { expect, it } from 'vitest';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import type { Comparison } from '../../../worker/ops/kernels.ts';

const ROWS = [-2, 0.5, 3, 1, 1, Number.NaN, 0, -0.5, 7, 1, 2, 4];
const CHANNELS = [1, 0.5, 3];
const CHOICE = ROWS.map((_, i) => Number(i % 3 !== 1));

/** What each kernel makes of rows [2, 2, 3] and channels or a scalar, in both orders, on one backend. */
async function results(name: 'wasm' | 'reference', shape: readonly number[]): Promise<Record<string, readonly number[]>> {
  const backend = await createBackend(name);
  const { kernels: k } = backend;
  const count = shape.reduce((product, size) => product * size, 1);
  const x = backend.upload(makeTensor('float32', [2, 2, 3], ROWS));
  const y = backend.upload(makeTensor('float32', shape, CHANNELS.slice(0, count)));
  const choice = backend.upload(makeTensor('bool', [2, 2, 3], CHOICE));
  const orders: readonly Comparison[] = ['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'];
  const made = {
    minimum: k.minimum(x, y),
    'minimum, turned': k.minimum(y, x),
    maximum: k.maximum(x, y),
    'maximum, turned': k.maximum(y, x),
    ...Object.fromEntries(orders.map((how) => [how, k.compare(x, y, how)])),
    ...Object.fromEntries(orders.map((how) => [`${how}, turned`, k.compare(y, x, how)])),
    select: k.select(choice, x, y),
    'select, turned': k.select(choice, y, x),
  };
  const read: [string, readonly number[]][] = [];
  for (const [key, value] of Object.entries(made)) {
    const tensor = await backend.read(value);
    expect(tensor.shape).toEqual([2, 2, 3]);
    read.push([key, [...tensorNumbers(tensor)].map(Number)]);
  }
  backend.dispose();
  return Object.fromEntries(read);
}

it.each([
  ['channels', [3]],
  ['channels with leading ones', [1, 1, 3]],
  ['a scalar', []],
])('minimum, maximum, comparison and choice with %s are those of the reference, NaN included', async (_, shape) => {
  expect(await results('wasm', shape)).toEqual(await results('reference', shape));
});
