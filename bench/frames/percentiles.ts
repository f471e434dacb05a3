/** Frame times of a scenario in a line: the median, what 95 % stay below, and the worst, in ms. */
export function frameTimes(times: readonly number[]): { frames: number; p50: number; p95: number; worst: number } {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    frames: sorted.length,
    p50: tenths(percentile(sorted, 0.5)),
    p95: tenths(percentile(sorted, 0.95)),
    worst: tenths(sorted.at(-1) ?? 0),
  };
}

/** @param sorted ascending */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export const tenths = (value: number): number => Math.round(value * 10) / 10;
