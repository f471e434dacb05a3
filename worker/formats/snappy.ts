import { readVarint, WireError } from './wire.ts';

/** A block of an index takes 256 KiB; what claims to be far larger is none. */
const LARGEST = 64 * 2 ** 20;

/**
 * Unpacks a block in Snappy's raw format: the length, then runs of literal bytes and of copies from what was unpacked before.
 * @throws WireError
 */
export function unpackSnappy(packed: Uint8Array): Uint8Array {
  const { value: length, next } = readVarint(packed, 0, packed.length);
  if (length > LARGEST) throw new WireError(`a packed block claims ${length} bytes`, 0);
  const out = new Uint8Array(length);
  let [at, filled] = [next, 0];
  while (at < packed.length) {
    const element = readElement(packed, at);
    const end = filled + element.length;
    if (end > length) throw new WireError('a packed block is longer than it says', at);
    if (element.kind === 'literal') {
      if (element.next > packed.length) throw new WireError('a packed block is cut off', at);
      out.set(packed.subarray(element.next - element.length, element.next), filled);
    } else {
      if (element.back < 1 || element.back > filled) throw new WireError('a packed block copies from nowhere', at);
      // Byte by byte: a copy may reach into itself and repeats then.
      for (let i = filled; i < end; i++) out[i] = out[i - element.back] ?? 0;
    }
    filled = end;
    at = element.next;
  }
  if (filled !== length) throw new WireError('a packed block is shorter than it says', at);
  return out;
}

type Element =
  | { readonly kind: 'literal'; readonly length: number; readonly next: number }
  | { readonly kind: 'copy'; readonly length: number; readonly back: number; readonly next: number };

/** The lowest two bits of its first byte tell an element's kind. */
function readElement(packed: Uint8Array, at: number): Element {
  const tag = packed[at] ?? 0;
  const [kind, rest] = [tag & 3, tag >> 2];
  if (kind === 0) {
    const bytes = rest < 60 ? 0 : rest - 59;
    const length = (bytes === 0 ? rest : little(packed, at + 1, bytes)) + 1;
    return { kind: 'literal', length, next: at + 1 + bytes + length };
  }
  if (kind === 1) return { kind: 'copy', length: (rest & 7) + 4, back: ((rest >> 3) << 8) | little(packed, at + 1, 1), next: at + 2 };
  const bytes = kind === 2 ? 2 : 4;
  return { kind: 'copy', length: rest + 1, back: little(packed, at + 1, bytes), next: at + 1 + bytes };
}

function little(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let i = count - 1; i >= 0; i--) value = value * 256 + (bytes[at + i] ?? 0);
  return value;
}
