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
 * Gradients that are not the recorded ones: not within 1e-4 of their norm. While batch norms take statistics 16-bit thresholds, sums of what
 * rounding took away, a few thousandths of the largest threshold gradient or less, are held to 1e-8 of the largest; and an 8-bit threshold's sum that
 * nearly cancels to 2e-9 of it. (Of 246 recorded ones that is one, 1.0847150e-6 in the third step: 1.0849774e-6 where every sum is taken in float64
 * and 1.0849258e-6 here, so that TensorFlow's own sum in float32 is the one that is off.)
 */
export function farGradients(
  ours: ReadonlyMap<string, ArrayLike<number>>,
  recorded: readonly (readonly [variable: string, gradient: ArrayLike<number>])[],
  wide: ReadonlySet<string>,
  frozen: boolean,
): readonly string[] {
  const isThreshold = (name: string): boolean => /threshold$/.test(name);
  const largest = Math.max(...recorded.map(([name, gradient]) => (isThreshold(name) ? Math.abs(gradient[0] ?? 0) : 0)));
  return recorded.flatMap(([name, theirs]) => {
    const found = ours.get(name) ?? [];
    const far = distance(found, theirs);
    const off = Math.abs((found[0] ?? Number.NaN) - (theirs[0] ?? 0)) / largest;
    const near = far <= 1e-4 || (!frozen && isThreshold(name) && off <= (wide.has(name) ? 1e-8 : 2e-9));
    return near ? [] : [`${name}: ${far}, ${off} of the largest threshold's`];
  });
}
