import type { Graph } from '../../../worker/graph/graph.ts';
import { readQuantizers } from '../../../worker/quantize/readQuantizers.ts';

/** ‖ours − theirs‖ as a share of ‖theirs‖; where theirs is 0, 0 if ours is too and Infinity if not. */
export function distance(ours: ArrayLike<number>, theirs: ArrayLike<number>): number {
  if (ours.length !== theirs.length) return Number.POSITIVE_INFINITY;
  let [difference, size] = [0, 0];
  for (let i = 0; i < theirs.length; i++) {
    difference += ((ours[i] as number) - (theirs[i] as number)) ** 2;
    size += (theirs[i] as number) ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / size);
}

/** Threshold variables of 16-bit quantizers. */
export function wideThresholds(graph: Graph): ReadonlySet<string> {
  return new Set(readQuantizers(graph).flatMap(({ bits, threshold }) => (bits > 8 ? [threshold] : [])));
}

/**
 * Gradients that are not the recorded ones: not within 1e-4 of their norm, and of thresholds not within `slack` of the largest threshold
 * gradient either (16-bit ones, sums of what rounding took away, are a few thousandths of it or less).
 */
export function farGradients(
  ours: ReadonlyMap<string, ArrayLike<number>>,
  recorded: readonly (readonly [variable: string, gradient: ArrayLike<number>])[],
  wide: ReadonlySet<string>,
  slack: { readonly wide: number; readonly narrow: number },
): readonly string[] {
  const isThreshold = (name: string): boolean => /threshold$/.test(name);
  const largest = Math.max(...recorded.map(([name, gradient]) => (isThreshold(name) ? Math.abs(gradient[0] ?? 0) : 0)));
  return recorded.flatMap(([name, theirs]) => {
    const found = ours.get(name) ?? [];
    const far = distance(found, theirs);
    const off = Math.abs((found[0] ?? Number.NaN) - (theirs[0] ?? 0)) / largest;
    const near = far <= 1e-4 || (isThreshold(name) && off <= (wide.has(name) ? slack.wide : slack.narrow));
    return near ? [] : [`${name}: ${far}, ${off} of the largest threshold's`];
  });
}
