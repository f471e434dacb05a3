/** What is known of the values of one tensor, per channel. */
export type Distribution =
  /** Normal values, from `low` on with the slope `slope` below it, up to `high` (per channel, or one for all). */
  | {
      readonly kind: 'normal';
      readonly mean: Float64Array;
      readonly deviation: Float64Array;
      /** 1: not rectified, 0: a relu, between: a leaky one. */
      readonly slope: number;
      readonly high: (channel: number) => number;
    }
  /** Only their means. */
  | { readonly kind: 'means'; readonly mean: Float64Array };

/**
 * The means of a distribution. For y normal with mean μ and deviation σ, a = μ/σ: E[max(y, 0)] = σφ(a) + μΦ(a) (Nagel et al., arXiv
 * 1906.04721, appendix C); a clip at h takes E[max(y − h, 0)] off it, a slope α below 0 adds α(μ − E[max(y, 0)]).
 */
export function meansOf(distribution: Distribution): Float64Array {
  if (distribution.kind === 'means') return distribution.mean;
  const { mean, deviation, slope, high } = distribution;
  return mean.map((mu, channel) => {
    const sigma = deviation[channel] ?? 0;
    const rectified = rectifiedMean(mu, sigma);
    const clip = high(channel);
    const over = Number.isFinite(clip) ? rectifiedMean(mu - clip, sigma) : 0;
    return rectified - over + slope * (mu - rectified);
  });
}

/** E[max(y, 0)]. */
function rectifiedMean(mu: number, sigma: number): number {
  if (!(sigma > 0)) return Math.max(mu, 0);
  const a = mu / sigma;
  return (sigma * Math.exp((-a * a) / 2)) / Math.sqrt(2 * Math.PI) + mu * normalCdf(a);
}

/** Φ, through erfc in Chebyshev form (Numerical Recipes, erfccheb's shorter form): relative error below 1.2e-7 everywhere. */
export function normalCdf(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + z / 2);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
  ];
  const exponent = terms.reduceRight((sum, term) => sum * t + term, 0);
  const tail = (t * Math.exp(-z * z + exponent)) / 2;
  return x < 0 ? tail : 1 - tail;
}
