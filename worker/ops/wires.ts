import { scalarLike } from './gradients.ts';
import type { HostValue } from './hostValue.ts';
import { Outputs, op } from './op.ts';
import { mergeShapes, sameAs } from './shapes.ts';

/** Ops that hand on what they read: names, barriers for gradients, checks. */
const handedOn = ['Identity', 'StopGradient', 'PreventGradient', 'Snapshot', 'CheckNumerics'].map((name) =>
  op(name, {
    inputs: { input: 'tensor' },
    shape: sameAs('input'),
    forward: ({ input }, k) => k.identity(input),
    fold: ({ input }) => input,
    gradient: name === 'PreventGradient' ? undefined : name === 'StopGradient' ? 'none' : (_inputs, { dy }) => ({ input: dy }),
  }),
);

/** Hands on several tensors: what a function with a gradient of its own leaves in a graph (Keras's swish). */
const identityN = op('IdentityN', {
  inputs: { input: 'list' },
  shape: ({ input }) => new Outputs(...input),
  forward: ({ input }, k) => new Outputs(...input.map((x) => k.identity(x))),
  gradient: ({ input }, { dys }, k) => ({
    input: input.map((x, i) => dys[i] ?? (() => k.fill(x.shape, scalarLike(x, 0, k)))),
  }),
  fold: ({ input }) => new Outputs<HostValue | undefined>(...input),
});

const ensureShape = op('EnsureShape', {
  inputs: { input: 'tensor' },
  shape: ({ input }, attrs) => mergeShapes(input, attrs.shape('shape') ?? null, attrs, 'the shape and the one that is ensured'),
  forward: ({ input }, k) => k.identity(input),
  gradient: (_inputs, { dy }) => ({ input: dy }),
  fold: ({ input }) => input,
});

export const wireOps = [...handedOn, identityN, ensureShape];
