/** The name of the list where the page writes the first one. */
export const BITS_FILE = 'bits.txt';

/** Bits by quantizer, as `bits_list` takes them: a name and a width a line, negative for signed. Other lines are left as they are. */
export function readBits(text: string): ReadonlyMap<string, number> {
  const bits = new Map<string, number>();
  for (const line of text.split(/\r\n|\r|\n/)) {
    const [name, width, ...rest] = line.split(',').map((field) => field.trim());
    if (name !== undefined && rest.length === 0 && /^[+-]?\d+$/.test(width ?? '')) bits.set(name, Number(width));
  }
  return bits;
}

/** The list with other bits for some quantizers; null takes one off. What a person wrote stays, in its order. */
export function withBits(text: string, changes: ReadonlyMap<string, number | null>): string {
  const left = new Map(changes);
  const lines = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
  const kept = lines.flatMap((line) => {
    const name = line.split(',')[0]?.trim() ?? '';
    if (!left.has(name)) return [line];
    const width = left.get(name);
    left.delete(name);
    return typeof width === 'number' ? [`${name}, ${width}`] : [];
  });
  const added = [...left].flatMap(([name, width]) => (width === null ? [] : [`${name}, ${width}`]));
  return [...kept, ...added].map((line) => `${line}\n`).join('');
}
