import type { AttrValue } from '../formats/attrValue.ts';
import type { Shape } from '../formats/tensor.ts';
import { NodeAttrs } from './attrs.ts';
import { known } from './hostValue.ts';
import { op } from './op.ts';
import { ofRank } from './shapes.ts';
import { poolGeometry } from './spatial.ts';

const maxPool = op('MaxPool', {
  inputs: { input: 'tensor' },
  shape: ({ input }, attrs) => poolShape(input, attrs),
  forward: ({ input }, k, attrs) => k.maxPool(input, poolGeometry(input.shape, attrs).geometry),
  gradient: ({ input }, { dy }, k, attrs) => ({ input: () => k.maxPoolGrad(input, dy, poolGeometry(input.shape, attrs).geometry) }),
  keeps: ['input'],
});

/** Window and strides come as inputs. */
const maxPoolV2 = op('MaxPoolV2', {
  inputs: { input: 'tensor', ksize: 'numbers', strides: 'numbers' },
  shape: ({ input, ksize, strides }, attrs) => {
    const [size, steps] = [known(ksize), known(strides)];
    ofRank(input, 4, attrs, 'the input');
    return size === null || steps === null
      ? [input?.[0] ?? -1, -1, -1, input?.[3] ?? -1]
      : poolShape(input, withWindow(size, steps, attrs));
  },
  forward: ({ input, ksize, strides }, k, attrs) => k.maxPool(input, poolGeometry(input.shape, withWindow(ksize, strides, attrs)).geometry),
  gradient: ({ input, ksize, strides }, { dy }, k, attrs) => ({
    input: () => k.maxPoolGrad(input, dy, poolGeometry(input.shape, withWindow(ksize, strides, attrs)).geometry),
  }),
  keeps: ['input'],
});

function withWindow(ksize: readonly number[], strides: readonly number[], attrs: NodeAttrs): NodeAttrs {
  return new NodeAttrs(attrs.node.with({ attrs: { ksize: intList(ksize), strides: intList(strides) } }));
}

function intList(ints: readonly number[]): AttrValue {
  return { kind: 'list', value: { strings: [], ints, floats: [], bools: [], types: [], shapes: [] } };
}

const avgPool = op('AvgPool', {
  inputs: { value: 'tensor' },
  shape: ({ value }, attrs) => poolShape(value, attrs),
  forward: ({ value }, k, attrs) => k.avgPool(value, poolGeometry(value.shape, attrs).geometry),
  gradient: ({ value }, { dy }, k, attrs) => ({ value: () => k.avgPoolGrad(dy, value.shape, poolGeometry(value.shape, attrs).geometry) }),
});

function poolShape(input: Shape, attrs: NodeAttrs): Shape {
  ofRank(input, 4, attrs, 'the input');
  const { output } = poolGeometry(input, attrs);
  return [input?.[0] ?? -1, ...output, input?.[3] ?? -1];
}

export const poolingOps = [maxPool, maxPoolV2, avgPool];
