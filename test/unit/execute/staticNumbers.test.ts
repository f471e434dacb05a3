import { expect, it } from 'vitest';
import { createBackend } from '../../../worker/execute/createBackend.ts';
import { runGraph } from '../../../worker/execute/execute.ts';
import { makeTensor, tensorNumbers } from '../../../worker/formats/tensorValues.ts';
import { noVariables } from '../../../worker/graph/variables.ts';
import { Net } from '../transforms/build.ts';

const type = (value: 'float32' | 'int32') => ({ kind: 'type', value }) as const;

it.each(['wasm', 'reference'] as const)('a size that was cast to float is divided as a float: %s', async (name) => {
  const net = new Net();
  net.add('size', 'Size', [net.input('input', [-1, 3])], { T: type('float32'), out_type: type('int32') });
  net.add('n', 'Cast', ['size'], { SrcT: type('int32'), DstT: type('float32') });
  net.math('share', 'RealDiv', net.math('less', 'Sub', 'n', net.scalar('one', 1)), 'n');
  const backend = await createBackend(name);
  try {
    const feeds = new Map([['input', makeTensor('float32', [2, 3], [1, 2, 3, 4, 5, 6])]]);
    const results = await runGraph(net.graph(), { variables: noVariables, feeds, fetches: ['share', 'size'], backend });
    expect(Array.from(tensorNumbers(results.get('share') ?? makeTensor('float32', [0], [])))).toEqual([Math.fround(5 / 6)]);
    expect(results.get('size')).toMatchObject({ dtype: 'int32' });
  } finally {
    backend.dispose();
  }
});
