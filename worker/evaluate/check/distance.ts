import { twoSidedP } from './wilcoxon.ts';

/** Mean and mean square of each channel over each image, image after image. */
export interface ImageMoments {
  readonly channels: number;
  readonly mean: ArrayLike<number>;
  readonly square: ArrayLike<number>;
}

/** What a batch norm keeps. */
export interface MovingStatistics {
  readonly mean: readonly number[];
  readonly variance: readonly number[];
  readonly epsilon: number;
}

/** Mean squares over channels: of the normalised shift of the mean, and of the log ratio of variances. */
interface Distance {
  readonly shift: number;
  readonly spread: number;
}

/** Channels that hardly vary while trained say nothing; shares of the median variance. */
const DEAD = 1e-6;
/** CHK5: distances below these are what sets of images differ by anyway. */
const FLOOR = { range: 0.1, channels: 0.02 } as const;
/** CHK5: nearer by this factor, and by so much that chance gives it once in a hundred. */
const FACTOR = 2;
const P = 0.01;

/** How far some images are from what a batch norm saw in training. */
export class StatisticsDistance {
  readonly whole: Distance;
  /** Without one image each. */
  readonly #without: readonly Distance[];

  constructor(moments: ImageMoments, statistics: MovingStatistics) {
    const { channels, mean, square } = moments;
    const images = mean.length / channels;
    const live = liveChannels(statistics);
    const sums = new Float64Array(channels);
    const squares = new Float64Array(channels);
    for (let i = 0; i < images * channels; i++) {
      sums[i % channels] = (sums[i % channels] as number) + (mean[i] as number);
      squares[i % channels] = (squares[i % channels] as number) + (square[i] as number);
    }
    const distance = (without: number | null): Distance => {
      const count = without === null ? images : images - 1;
      let [shift, spread] = [0, 0];
      for (const c of live) {
        const left = without === null ? 0 : (mean[without * channels + c] as number);
        const leftSquare = without === null ? 0 : (square[without * channels + c] as number);
        const m = ((sums[c] as number) - left) / count;
        const v = Math.max(0, ((squares[c] as number) - leftSquare) / count - m * m);
        const kept = (statistics.variance[c] as number) + statistics.epsilon;
        shift += (m - (statistics.mean[c] as number)) ** 2 / kept / live.length;
        spread += Math.log((v + statistics.epsilon) / kept) ** 2 / live.length;
      }
      return { shift, spread };
    };
    this.whole = distance(null);
    this.#without = Array.from({ length: images }, (_, image) => distance(image));
  }

  /** Shift and spread together. */
  get total(): number {
    return this.whole.shift + this.whole.spread;
  }

  /**
   * Whether these images read so are clearly nearer than read as `other`. Of swapped channels the shift alone counts, for the spread hardly
   * changes. The jackknife over images says how far the logarithm of the ratio is uncertain.
   */
  isClearlyNearer(other: StatisticsDistance, kind: keyof typeof FLOOR): boolean {
    const ratio = (mine: Distance, theirs: Distance): number => {
      const of = ({ shift, spread }: Distance): number => shift + (kind === 'channels' ? 0 : spread) + FLOOR[kind];
      return Math.log(of(theirs) / of(mine));
    };
    const n = this.#without.length;
    const whole = ratio(this.whole, other.whole);
    const parts = this.#without.map((mine, image) => ratio(mine, other.#without[image] as Distance));
    const mean = parts.reduce((sum, part) => sum + part, 0) / n;
    const error = Math.sqrt(((n - 1) / n) * parts.reduce((sum, part) => sum + (part - mean) ** 2, 0));
    return whole > Math.log(FACTOR) && twoSidedP(whole / error) < P;
  }
}

function liveChannels({ variance }: MovingStatistics): readonly number[] {
  const sorted = [...variance].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const live = variance.flatMap((value, c) => (value > DEAD * median ? [c] : []));
  return live.length === 0 ? [...variance.keys()] : live;
}
