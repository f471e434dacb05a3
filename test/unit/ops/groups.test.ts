import { expect, it } from 'vitest';
import { tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { intList } from '../../../worker/transforms/nodes.ts';
import { floatOutputs, sampleInput } from '../../golden/floatRun.ts';
import { Net } from '../transforms/build.ts';

const FLOAT = { T: { kind: 'type', value: 'float32' } } as const;
const CONV = { ...FLOAT, strides: intList(1, 2, 2, 1), padding: { kind: 'string', value: 'SAME' } } as const;

/** Pieces of the last axis, by SplitV. */
function pieces(net: Net, name: string, x: string, count: number, size: number): string[] {
  net.add(name, 'SplitV', [x, net.ints(`${name}/sizes`, Array(count).fill(size)), net.ints(`${name}/axis`, [3])], {
    ...FLOAT,
    num_split: { kind: 'int', value: count },
  });
  return Array.from({ length: count }, (_, port) => (port === 0 ? name : `${name}:${port}`));
}

it.each([
  [2, 6, 8],
  [6, 6, 12],
  [3, 6, 3],
])('a convolution in %i groups from %i to %i channels is that many convolutions side by side', async (groups, from, to) => {
  const net = new Net();
  const x = net.math('x', 'Relu', net.input('input', [-1, 7, 5, from]));
  const filter = net.weights('w', [3, 3, from / groups, to]);
  net.add('grouped', 'Conv2D', [x, filter], CONV);
  const [images, filters] = [pieces(net, 'xs', x, groups, from / groups), pieces(net, 'ws', filter, groups, to / groups)];
  const parts = images.map((image, k) => net.add(`part_${k}`, 'Conv2D', [image, filters[k] ?? ''], CONV));
  net.add('joined', 'ConcatV2', [...parts, net.ints('axis', [3])], { ...FLOAT, N: { kind: 'int', value: groups } });
  const run = { variables: noVariables, inputs: ['input'], shape: [7, 5, from], outputs: ['grouped', 'joined'] };
  const [grouped, joined] = await floatOutputs(net.graph(), run);
  expect(grouped).toEqual(joined);
  expect(grouped?.length).toBe(2 * 4 * 3 * to);
});

it('a batch norm in training mode, channels first, normalizes each channel of what it is given', async () => {
  const net = new Net();
  const rows = 8;
  const x = net.add('rows', 'Reshape', [net.input('input', [-1, 4, 3]), net.ints('shape', [1, rows, 3, 1])], FLOAT);
  const [ones, zeros] = [net.weights('ones', [rows], [1, 1]), net.weights('zeros', [rows], [0, 0])];
  const empty = net.weights('empty', [0]);
  net.add('ln', 'FusedBatchNormV3', [x, ones, zeros, empty, empty], {
    ...FLOAT,
    U: FLOAT.T,
    epsilon: { kind: 'float', value: 0.5 },
    is_training: { kind: 'bool', value: true },
    data_format: { kind: 'string', value: 'NCHW' },
  });
  const run = { variables: noVariables, inputs: ['input'], shape: [4, 3], outputs: ['ln'] };
  const [found = []] = await floatOutputs(net.graph(), run);
  const input = [...tensorNumbers(sampleInput([4, 3]))];
  input.forEach((value, i) => {
    const row = input.slice(i - (i % 3), i - (i % 3) + 3);
    const mean = row.reduce((a, b) => a + b, 0) / 3;
    const variance = row.reduce((a, b) => a + (b - mean) ** 2, 0) / 3;
    expect(found[i]).toBeCloseTo((value - mean) / Math.sqrt(variance + 0.5), 6);
  });
});
