import { expect, it } from 'vitest';
import { documentName } from '../../../worker/engine/documentName.ts';

it('EXP14: a network is called after its file, whatever a checkpoint adds to the name', () => {
  const names = ['x.pb', 'x.pbtxt', 'x.ckpt.meta', 'x.ckpt-5000.meta', 'mobilenet_v1_1.0.pb', 'x.ckpt.index.meta', 'x'];
  expect(names.map(documentName)).toEqual(['x', 'x', 'x', 'x', 'mobilenet_v1_1.0', 'x.ckpt.index', 'x']);
});
