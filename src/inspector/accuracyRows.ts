import type { NetworkSummary } from '../../worker/protocol.ts';

/** Published top-1 and top-5 on ImageNet by what was measured; none for a variant, whose accuracy is another. */
export function accuracyRows({
  accuracy,
  variant,
}: Pick<NetworkSummary, 'accuracy' | 'variant'>): (readonly [name: string, value: string])[] {
  if (accuracy === null || variant.length > 0) return [];
  const rows = [
    ['Published, float', accuracy.float],
    ['Static INT8', accuracy.staticInt8],
    ['Retrained INT8', accuracy.retrainedInt8],
    ['Retrained INT4 weights', accuracy.retrainedInt4],
  ] as const;
  return rows.flatMap(([name, value]) => (value === null ? [] : [[name, `${value[0].toFixed(1)} % · ${value[1].toFixed(1)} %`] as const]));
}
