import type { QuantizerRow, Scene } from '../../worker/protocol.ts';
import type { ThresholdRow } from './thresholdRows.ts';

/** Thresholds that left their bin, by variable, with how many bins they went. */
export function movedThresholds(rows: readonly Pick<ThresholdRow, 'variable' | 'deviation'>[]): (readonly [string, number])[] {
  return rows.filter(({ deviation }) => deviation !== 0).map(({ variable, deviation }) => [variable, deviation] as const);
}

/**
 * The deviation of each box: that of the threshold on it (on its output, its chips, or a node that it stands for) that moved furthest.
 * Boxes without one are left out.
 */
export function boxTints(
  { nodes }: Pick<Scene, 'nodes'>,
  rows: readonly Pick<QuantizerRow, 'name' | 'node' | 'threshold'>[],
  deviations: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const byName = new Map<string, number>();
  const byNode = new Map<string, number>();
  for (const { name, node, threshold } of rows) {
    const deviation = deviations.get(threshold);
    if (deviation === undefined) continue;
    byName.set(name, deviation);
    byNode.set(node, deviation);
  }
  const tints = new Map<string, number>();
  for (const { id, tag, chips, members } of nodes) {
    let furthest = 0;
    const take = (deviation: number | undefined): void => {
      if (deviation !== undefined && Math.abs(deviation) > Math.abs(furthest)) furthest = deviation;
    };
    for (const each of [tag, ...chips.map((chip) => chip.tag)]) if (each !== null) take(byName.get(each.quantizer));
    for (const member of members) take(byNode.get(member));
    if (furthest !== 0) tints.set(id, furthest);
  }
  return tints;
}
