import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { hostValueOf } from './hostValue.ts';
import { Outputs, op } from './op.ts';

const constant = op('Const', {
  inputs: {},
  source: 'constant',
  shape: (_inputs, attrs) => attrs.tensor('value').shape,
  fold: (_inputs, _shapes, attrs) => hostValueOf(attrs.tensor('value')),
});

const placeholder = op('Placeholder', {
  inputs: {},
  source: 'placeholder',
  shape: (_inputs, attrs) => placeholderShape(attrs),
});

/** Its default stands in unless it is fed. */
const placeholderWithDefault = op('PlaceholderWithDefault', {
  inputs: { input: 'tensor' },
  shape: ({ input }, attrs) => attrs.shape('shape') ?? input,
  forward: ({ input }, k) => k.identity(input),
  gradient: (_inputs, { dy }) => ({ input: dy }),
});

/**
 * TensorFlow before graph version 24 wrote an unknown shape as one without dimensions, and stripping writes none at all: the cached
 * output shapes then know more.
 */
function placeholderShape(attrs: NodeAttrs): Shape {
  const shape = attrs.shape('shape');
  if (shape !== undefined && shape !== null && shape.length > 0) return shape;
  return attrs.outputShapes()?.[0] ?? shape ?? null;
}

const variables = ['Variable', 'VariableV2'].map((name) =>
  op(name, { inputs: {}, source: 'variable', shape: (_inputs, attrs) => attrs.shape('shape') ?? null }),
);

/** A handle; the value comes out of ReadVariableOp. */
const varHandle = op('VarHandleOp', { inputs: {}, shape: () => [] });

const readVariable = op('ReadVariableOp', {
  inputs: { resource: 'tensor' },
  source: 'variable',
  shape: (_inputs, attrs, context) => {
    const handle = context.producer(0)?.attr('shape');
    return (handle?.kind === 'shape' ? handle.value : undefined) ?? attrs.outputShapes()?.[0] ?? null;
  },
});

const randomOps = ['RandomUniform', 'TruncatedNormal'].map((name) =>
  op(name, { inputs: { shape: 'numbers' }, source: 'random', shape: ({ shape }) => shape?.map((size) => size ?? -1) ?? null }),
);

const assignOps = ['Assign', 'AssignSub'].map((name) =>
  op(name, { inputs: { ref: 'tensor', value: 'tensor' }, shape: ({ ref, value }) => ref ?? value }),
);

const assignVariable = op('AssignVariableOp', { inputs: { resource: 'tensor', value: 'tensor' }, shape: () => new Outputs<Shape>() });
const isInitialized = op('VarIsInitializedOp', { inputs: { resource: 'tensor' }, shape: () => [] });
const noOp = op('NoOp', { inputs: {}, shape: () => new Outputs<Shape>() });
const save = op('SaveV2', {
  inputs: { prefix: 'tensor', tensor_names: 'tensor', shape_and_slices: 'tensor', tensors: 'list' },
  shape: () => new Outputs<Shape>(),
});
const restore = op('RestoreV2', {
  inputs: { prefix: 'tensor', tensor_names: 'tensor', shape_and_slices: 'tensor' },
  shape: (_inputs, attrs) => new Outputs<Shape>(...attrs.types('dtypes').map(() => null)),
});

/** What a graph starts from, and the ops that fill, save and restore variables. */
export const sourceOps = [
  constant,
  placeholder,
  placeholderWithDefault,
  ...variables,
  varHandle,
  readVariable,
  ...randomOps,
  ...assignOps,
  assignVariable,
  isInitialized,
  noOp,
  save,
  restore,
];
