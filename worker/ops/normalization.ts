import type { Shape } from '../formats/tensor.ts';
import type { NodeAttrs } from './attrs.ts';
import { scalarLike, scaled } from './gradients.ts';
import type { Kernels, Value } from './kernels.ts';
import { Outputs, op, type Upstream } from './op.ts';
import { mergeShapes, ofRank } from './shapes.ts';
import { requireNhwc } from './spatial.ts';

/**
 * Training: y by the statistics of the batch itself, its mean and its variance as of a sample (n / (n − 1) times that of the batch, as
 * TensorFlow hands it to the moving averages), and mean and variance once more for the gradient.
 */
function normalizeByBatch(
  x: Value,
  { scale, offset }: { readonly scale: Value; readonly offset: Value },
  epsilon: number,
  k: Kernels,
): readonly [Value, ...Value[]] {
  const [images = 1, height = 1, width = 1] = x.shape;
  const count = images * height * width;
  const mean = channelMean(x, k);
  const off = k.sub(x, mean);
  const variance = channelMean(k.mul(off, off), k);
  const bessel = k.constant('float32', [], [count / Math.max(1, count - 1)]);
  const y = k.batchNorm(x, { scale, offset, mean, variance }, epsilon);
  return [y, mean, k.mul(variance, bessel), k.identity(mean), variance];
}

/**
 * Derivatives of `normalizeByBatch`, those by the statistics that it hands out among them: with x̂ = (x − m) / √(v + ε) and n values per
 * channel, dγ = Σ dy·x̂, dβ = Σ dy, dx = γ / √(v + ε) · (dy − (dβ + x̂·dγ) / n) + dm / n + 2 · dv · (x − m) / n. Batch norms folded for training
 * are reached through m and v alone, which is their FoldFusedBatchNormGradient (facts 3.2).
 */
function batchGradients(x: Value, scale: Value, epsilon: number, { dys, ys }: Pick<Upstream, 'dys' | 'ys'>, k: Kernels) {
  const [images = 1, height = 1, width = 1, channels = 1] = x.shape;
  const count = images * height * width;
  const [dy, dMean, dSample, dMeanAgain, dVariance] = dys;
  const [, mean = x, sampleVariance = x] = ys;
  const off = k.sub(x, mean);
  const variance = scaled(sampleVariance, Math.max(1, count - 1) / count, k);
  const inverse = k.rsqrt(k.add(variance, scalarLike(x, epsilon, k)));
  const normalized = k.mul(off, inverse);
  const [byOffset, byScale] = dy === undefined ? [] : [k.sumTo(dy, [channels]), k.sumTo(k.mul(dy, normalized), [channels])];
  const parts = (): readonly Value[] => {
    const byMean = sumOf([dMean, dMeanAgain], k);
    const byVariance = sumOf([dSample && scaled(dSample, count / Math.max(1, count - 1), k), dVariance], k);
    const through =
      dy && byOffset && byScale
        ? k.mul(k.sub(dy, scaled(k.add(byOffset, k.mul(normalized, byScale)), 1 / count, k)), k.mul(scale, inverse))
        : undefined;
    const spread = byVariance && k.mul(off, scaled(byVariance, 2 / count, k));
    const shift = byMean && scaled(byMean, 1 / count, k);
    return [through, spread, shift].filter((part) => part !== undefined);
  };
  return {
    x: () => parts().reduce((sum, part) => k.add(sum, part)),
    ...(byScale && { scale: byScale }),
    ...(byOffset && { offset: byOffset }),
  };
}

function sumOf(values: readonly (Value | undefined)[], k: Kernels): Value | undefined {
  return values.reduce((sum, value) => (sum && value ? k.add(sum, value) : (sum ?? value)), undefined);
}

/** Derivatives of y = (x − mean) · scale / √(variance + ε) + offset by all that is in it. */
function movingGradients(
  x: Value,
  { scale, mean, variance }: { readonly scale: Value; readonly mean: Value; readonly variance: Value },
  epsilon: number,
  dy: Value,
  k: Kernels,
) {
  const inverse = k.rsqrt(k.add(variance, scalarLike(x, epsilon, k)));
  const factor = k.mul(scale, inverse);
  const byOffset = k.sumTo(dy, scale.shape);
  const byScale = k.mul(k.sumTo(k.mul(dy, k.sub(x, mean)), scale.shape), inverse);
  return {
    x: () => k.mul(dy, factor),
    scale: byScale,
    offset: byOffset,
    mean: () => k.neg(k.mul(byOffset, factor)),
    variance: () => scaled(k.mul(k.mul(byScale, scale), k.mul(inverse, inverse)), -0.5, k),
  };
}

/** Mean per channel: of each image first, so that no float32 sum grows long. */
function channelMean(x: Value, k: Kernels): Value {
  return k.reduce(k.reduce(x, 'mean', [1, 2], false), 'mean', [0], false);
}

/** Keras' layer normalization is a batch norm in training mode with one channel per row, channels first. @throws GraffitistError `op-unsupported` */
function channelAxis(attrs: NodeAttrs): 1 | 3 {
  if (attrs.string('data_format', 'NHWC') === 'NCHW' && attrs.bool('is_training', true)) return 1;
  requireNhwc(attrs);
  return 3;
}

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
      ofRank(x, 4, attrs, 'the input');
      const axis = channelAxis(attrs);
      let channels: Shape = [x?.[axis] ?? -1];
      channels = mergeShapes(channels, scale, attrs, 'input channels and scale');
      channels = mergeShapes(channels, offset, attrs, 'scale and offset');
      // While training, moving statistics are not read and may be empty.
      if (!attrs.bool('is_training', true)) {
        channels = mergeShapes(channels, mean, attrs, 'scale and mean');
        channels = mergeShapes(channels, variance, attrs, 'mean and variance');
      }
      const first = x?.with(axis, channels?.[0] ?? -1) ?? null;
      return new Outputs<Shape>(first, ...Array.from({ length: 4 }, () => channels), ...(outputs === 6 ? [null] : []));
    },
    forward: ({ x, scale, offset, mean, variance }, k, attrs) => {
      const epsilon = attrs.float('epsilon', 1e-4);
      const first = channelAxis(attrs) === 1;
      const image = first ? k.transpose(x, [0, 2, 3, 1]) : x;
      const [y, ...statistics] = attrs.bool('is_training', true)
        ? normalizeByBatch(image, { scale, offset }, epsilon, k)
        : [k.batchNorm(image, { scale, offset, mean, variance }, epsilon)];
      return new Outputs(first ? k.transpose(y, [0, 3, 1, 2]) : y, ...statistics);
    },
    gradient: ({ x, scale, mean, variance }, { dy, dys, ys }, k, attrs) => {
      const epsilon = attrs.float('epsilon', 1e-4);
      if (!attrs.bool('is_training', true)) return movingGradients(x, { scale, mean, variance }, epsilon, dy, k);
      if (channelAxis(attrs) === 3) return batchGradients(x, scale, epsilon, { dys, ys }, k);
      const last = (value: Value): Value => k.transpose(value, [0, 2, 3, 1]);
      const found = batchGradients(last(x), scale, epsilon, { dys: [dys[0] && last(dys[0]), ...dys.slice(1)], ys }, k);
      return { ...found, x: () => k.transpose(found.x(), [0, 3, 1, 2]) };
    },
    keeps: ['x', 'scale', 'mean', 'variance', 'further'],
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
