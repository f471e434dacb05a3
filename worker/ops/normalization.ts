import type { Shape } from '../formats/tensor.ts';
import { Outputs, op } from './op.ts';
import { mergeShapes, ofRank } from './shapes.ts';
import { requireNhwc } from './spatial.ts';

/** The three versions differ in element types and in how many statistics they hand out for the gradient. */
const fusedBatchNorms = (
  [
    ['FusedBatchNorm', 5],
    ['FusedBatchNormV2', 5],
    ['FusedBatchNormV3', 6],
  ] as const
).map(([name, outputs]) =>
  op(name, {
    inputs: { x: 'tensor', scale: 'tensor', offset: 'tensor', mean: 'tensor', variance: 'tensor' },
    shape: ({ x, scale, offset, mean, variance }, attrs) => {
      requireNhwc(attrs);
      ofRank(x, 4, attrs, 'the input');
      let channels: Shape = [x?.[3] ?? -1];
      channels = mergeShapes(channels, scale, attrs, 'input channels and scale');
      channels = mergeShapes(channels, offset, attrs, 'scale and offset');
      // While training, moving statistics are not read and may be empty.
      if (!attrs.bool('is_training', true)) {
        channels = mergeShapes(channels, mean, attrs, 'scale and mean');
        channels = mergeShapes(channels, variance, attrs, 'mean and variance');
      }
      const first = x && [...x.slice(0, 3), channels?.[0] ?? -1];
      return new Outputs<Shape>(first, ...Array.from({ length: 4 }, () => channels), ...(outputs === 6 ? [null] : []));
    },
    forward: ({ x, scale, offset, mean, variance }, k, attrs) => {
      if (attrs.bool('is_training', true)) {
        throw attrs.unsupported(
          'a batch norm that computes the statistics of its batch is not executed.',
          'Open the evaluation graph, where is_training is false.',
        );
      }
      return k.batchNorm(x, { scale, offset, mean, variance }, attrs.float('epsilon', 1e-4));
    },
  }),
);

/** Local response normalization across channels. */
const lrn = op('LRN', {
  inputs: { input: 'tensor' },
  shape: ({ input }, attrs) => ofRank(input, 4, attrs, 'the input'),
  forward: ({ input }, k, attrs) =>
    k.responseNorm(input, {
      radius: attrs.int('depth_radius', 5),
      bias: attrs.float('bias', 1),
      alpha: attrs.float('alpha', 1),
      beta: attrs.float('beta', 0.5),
    }),
});

export const normalizationOps = [...fusedBatchNorms, lrn];
