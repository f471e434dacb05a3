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
 * Gradients that are not the recorded ones: within 1e-4 of their norm. Those of 16-bit thresholds are sums of what rounding took away, a
 * few thousandths of the largest threshold gradient or less; there the last bit of a bias counts, and TensorFlow 1.14's Rsqrt and Sqrt are
 * approximations of the processor's that differ in it. They are held to 1e-5 of the largest. Where batch norms take statistics that last bit
 * also moves single codes over an edge, and with them every threshold: there all are held to 1e-4 of the largest.
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
    const near = far <= 1e-4 || (frozen ? wide.has(name) && off <= 1e-5 : isThreshold(name) && off <= 1e-4);
    return near ? [] : [`${name}: ${far}, ${off} of the largest threshold's`];
  });
}
