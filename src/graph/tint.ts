/** The class of a deviation: how a box, a bar or a key of the legend is tinted. Beyond three bins nothing is told apart. */
export function tintClass(deviation: number): string {
  if (deviation === 0) return 'tint-0';
  return `tint-${deviation > 0 ? 'up' : 'down'}-${Math.min(3, Math.abs(deviation))}`;
}

/** `+1`, `−2`: bins that a threshold moved. */
export function deviationText(deviation: number): string {
  return deviation > 0 ? `+${deviation}` : `−${-deviation}`;
}
