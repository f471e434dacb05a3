import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { op } from './op.ts';
import { ofRank } from './shapes.ts';
import { poolGeometry } from './spatial.ts';

const maxPool = op('MaxPool', {
  inputs: { input: 'tensor' },
  shape: ({ input }, attrs) => poolShape(input, attrs),
  forward: ({ input }, k, attrs) => k.maxPool(input, poolGeometry(input.shape, attrs).geometry),
});

const avgPool = op('AvgPool', {
  inputs: { value: 'tensor' },
  shape: ({ value }, attrs) => poolShape(value, attrs),
  forward: ({ value }, k, attrs) => k.avgPool(value, poolGeometry(value.shape, attrs).geometry),
});

function poolShape(input: Shape, attrs: NodeAttrs): Shape {
  ofRank(input, 4, attrs, 'the input');
  const { output } = poolGeometry(input, attrs);
  return [input?.[0] ?? -1, ...output, input?.[3] ?? -1];
}

export const poolingOps = [maxPool, avgPool];
