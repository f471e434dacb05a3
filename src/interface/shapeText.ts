/** Reads `128×128×3`, `128, 128, 3` or `128x128x3`; null where it is not a shape of positive whole numbers. */
export function parseShape(text: string): number[] | null {
  const parts = text.trim().split(/\s*[×x*,\s]\s*/i);
  const dimensions = parts.map(Number);
  return dimensions.every((dimension, index) => parts[index] !== '' && Number.isInteger(dimension) && dimension > 0) ? dimensions : null;
}
