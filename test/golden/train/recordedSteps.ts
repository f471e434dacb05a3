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

/** Gradients that are not the recorded ones: not within 1e-4 of their norm, nor thresholds' within what `open` says is undecided. */
export function farGradients(
  ours: ReadonlyMap<string, ArrayLike<number>>,
  recorded: readonly (readonly [variable: string, gradient: ArrayLike<number>])[],
  open: (threshold: string, gradient: number, largest: number) => number = () => 0,
): readonly string[] {
  const isThreshold = (name: string): boolean => /threshold$/.test(name);
  const largest = Math.max(...recorded.map(([name, gradient]) => (isThreshold(name) ? Math.abs(gradient[0] ?? 0) : 0)));
  return recorded.flatMap(([name, theirs]) => {
    const found = ours.get(name) ?? [];
    const far = distance(found, theirs);
    const [mine = Number.NaN, wanted = 0] = [found[0], theirs[0]];
    const near = far <= 1e-4 || (isThreshold(name) && Math.abs(mine - wanted) <= open(name, mine, largest));
    return near ? [] : [`${name}: ${far}, ${Math.abs(mine - wanted) / largest} of the largest threshold's`];
  });
}
