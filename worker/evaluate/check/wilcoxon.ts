/**
 * Wilcoxon's signed-rank test, two-sided, by the normal approximation with its correction for ties: how likely it is that paired
 * differences are as uneven as these where either sign is as likely. Differences of 0 are left out. 1 where nothing is left.
 */
export function wilcoxonP(differences: ArrayLike<number>): number {
  const given = Array.from(differences).filter((difference) => difference !== 0);
  const sizes = given.map(Math.abs).sort((a, b) => a - b);
  const ranks = new Map<number, number>();
  let ties = 0;
  for (let first = 0; first < sizes.length; ) {
    let end = first + 1;
    while (end < sizes.length && sizes[end] === sizes[first]) end++;
    const count = end - first;
    ranks.set(sizes[first] as number, (first + 1 + end) / 2);
    ties += count ** 3 - count;
    first = end;
  }
  const n = given.length;
  const positive = given.reduce((sum, difference) => (difference > 0 ? sum + (ranks.get(difference) ?? 0) : sum), 0);
  const variance = (n * (n + 1) * (2 * n + 1)) / 24 - ties / 48;
  if (n === 0 || variance <= 0) return 1;
  return twoSidedP((positive - (n * (n + 1)) / 4) / Math.sqrt(variance));
}

/** Probability of a standard normal value at least as far from 0. erfc by Numerical Recipes' Chebyshev fit (relative error below 1.2·10⁻⁷). */
export function twoSidedP(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.5 * x);
  const terms = [
    -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277,
  ];
  const polynomial = terms.reduceRight((sum, term) => sum * t + term, 0);
  return t * Math.exp(-x * x + polynomial);
}

/** How likely so many hits or more are by chance: the upper tail of the binomial distribution. */
export function binomialTail(hits: number, of: number, share: number): number {
  let log = of * Math.log1p(-share);
  let below = 0;
  for (let k = 0; k < hits; k++) {
    below += Math.exp(log);
    log += Math.log((of - k) / (k + 1)) + Math.log(share) - Math.log1p(-share);
  }
  return Math.max(0, 1 - below);
}
