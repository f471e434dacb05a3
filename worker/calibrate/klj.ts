/**
 * The KL-J threshold search (facts 6.3; Settle et al., arXiv:1805.07941, algorithm 1, on cumulative distributions): every number of
 * bins `i` above the quantizer's `levels` is a candidate that clips the rest; the clipped curve is resampled to `levels` points and
 * back, and the candidate whose result differs least from the data's cumulative distribution wins.
 */

/** The best candidate: its index and its distance. The threshold is (index + 0.5)·bin width. */
export interface Candidate {
  readonly index: number;
  readonly distance: number;
}

/** Of two candidates the one with the smaller distance; on a tie the first, as a plain search in order finds it. */
export function betterCandidate(a: Candidate, b: Candidate): Candidate {
  if (a.distance === b.distance) return a.index <= b.index ? a : b;
  return a.distance < b.distance ? a : b;
}

/** Candidates are `levels` + 1 … bins; there are none where levels + 1 > bins, and the maximum is the threshold. */
export function hasCandidates(bins: number, levels: number): boolean {
  return levels + 1 <= bins;
}

/** Running sum of counts / total, in float64 and in order. */
export function cumulative(counts: ArrayLike<number>): Float64Array {
  let total = 0;
  for (let k = 0; k < counts.length; k++) total += counts[k] as number;
  const cdf = new Float64Array(counts.length);
  let sum = 0;
  for (let k = 0; k < counts.length; k++) {
    sum += (counts[k] as number) / total;
    cdf[k] = sum;
  }
  return cdf;
}

/**
 * A search over one histogram. Distances are sums of terms that are never negative, always added in the same order, so a candidate
 * is dropped as soon as its partial sum exceeds the best known distance, and the outcome is that of the full search.
 */
export class KljSearch {
  readonly #cdf: Float64Array;
  readonly #levels: number;
  /** What clipping from bin i on costs: Σ_{j ≥ i} (c_j − 1)·log2 c_j. */
  readonly #tail: Float64Array;
  /** First bin whose cumulative count is not 0: bins before it take no part. */
  readonly #start: number;
  readonly #coarse: Float64Array;

  /** `counts` per bin, `levels` = 2^(bits − sign). */
  constructor(counts: ArrayLike<number>, levels: number) {
    const cdf = cumulative(counts);
    const bins = cdf.length;
    const tail = new Float64Array(bins + 1);
    for (let j = bins - 1; j >= 0; j--) {
      const c = cdf[j] as number;
      tail[j] = (tail[j + 1] as number) + (c === 0 ? 0 : (c - 1) * Math.log2(c));
    }
    let start = 0;
    while (start < bins && cdf[start] === 0) start++;
    this.#cdf = cdf;
    this.#levels = levels;
    this.#tail = tail;
    this.#start = start;
    this.#coarse = new Float64Array(levels + 1);
  }

  /**
   * Distance of candidate `index`, or some number above `limit` once it is known to exceed it:
   * Σ over bins of (c − q)·log2(c / q), the symmetric Kullback-Leibler form on cumulative distributions.
   */
  distance(index: number, limit = Number.POSITIVE_INFINITY): number {
    const cdf = this.#cdf;
    const n = this.#levels;
    const last = index - 1;
    let sum = this.#tail[index] as number;
    if (sum > limit) return sum;

    // The curve through the first `index` points, its last one raised to 1, resampled at n equally spaced places.
    const coarse = this.#coarse;
    if (n === 1) coarse[0] = cdf[0] as number;
    else {
      const step = last / (n - 1);
      for (let k = 0; k < n - 1; k++) {
        const place = k * step;
        const j = place | 0;
        const left = cdf[j] as number;
        const right = j + 1 >= last ? 1 : (cdf[j + 1] as number);
        coarse[k] = left + (place - j) * (right - left);
      }
      coarse[n - 1] = 1;
    }
    coarse[n] = coarse[n - 1] as number;

    // Back to `index` points, compared bin by bin.
    const back = (n - 1) / last;
    for (let j = this.#start; j < index; j++) {
      const place = j * back;
      const k = place | 0;
      const left = coarse[k] as number;
      const q = j === last ? (coarse[n - 1] as number) : left + (place - k) * ((coarse[k + 1] as number) - left);
      const c = cdf[j] as number;
      if (c !== q) {
        sum += (c - q) * Math.log2(c / q);
        if (sum > limit) return sum;
      }
    }
    return sum;
  }

  /** The best of candidates from, from + stride, … below `end`, given one that is already known. */
  best(known: Candidate, from: number, end: number, stride: number): Candidate {
    let best = known;
    for (let index = from; index < end; index += stride) {
      const distance = this.distance(index, best.distance);
      if (distance <= best.distance) best = betterCandidate(best, { index, distance });
    }
    return best;
  }

  get firstCandidate(): number {
    return this.#levels + 1;
  }

  get lastCandidate(): number {
    return this.#cdf.length;
  }
}
