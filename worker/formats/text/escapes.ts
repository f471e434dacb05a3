const BACKSLASH = 0x5c;

/** Letters and signs behind a backslash, and the byte that each stands for. */
const SIMPLE_BYTES: ReadonlyMap<number, number> = new Map(
  Object.entries({ n: 10, r: 13, t: 9, a: 7, b: 8, f: 12, v: 11, '\\': 92, "'": 39, '"': 34, '?': 63 }).map(([sign, byte]) => [
    sign.charCodeAt(0),
    byte,
  ]),
);

/** Hex digits that an escape's letter wants: up to two behind `x`, exactly four or eight behind `u` and `U`. */
const HEX_DIGITS: ReadonlyMap<number, number> = new Map([
  [0x78, 2],
  [0x58, 2],
  [0x75, 4],
  [0x55, 8],
]);

/**
 * The bytes that a string stands for. Escapes as C has them: letters, up to three octal digits, `\x` with one or two, `\u` with four and
 * `\U` with eight hex digits.
 */
export function unescapeBytes(raw: Uint8Array, fault: (message: string) => Error): Uint8Array {
  const out = new Uint8Array(raw.length);
  let length = 0;
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at] ?? 0;
    if (byte !== BACKSLASH) {
      out[length++] = byte;
      continue;
    }
    const letter = raw[++at] ?? 0;
    const simple = SIMPLE_BYTES.get(letter);
    if (digit(letter) < 8) {
      const octal = readDigits(raw, at, 3, 8);
      if (octal.value > 0xff) throw fault(`the escape \\${octal.value.toString(8)} is no byte`);
      out[length++] = octal.value;
      at = octal.next - 1;
    } else if (simple !== undefined) {
      out[length++] = simple;
    } else {
      const most = HEX_DIGITS.get(letter) ?? 0;
      const hex = readDigits(raw, at + 1, most, 16);
      const count = hex.next - at - 1;
      if (count === 0 || (most > 2 && count !== most)) throw fault(`'\\${String.fromCharCode(letter)}' is no escape`);
      if (hex.value > 0x10ffff) throw fault(`'\\${String.fromCharCode(letter)}' names no character`);
      at = hex.next - 1;
      const bytes = most === 2 ? [hex.value] : new TextEncoder().encode(String.fromCodePoint(hex.value));
      out.set(bytes, length);
      length += bytes.length;
    }
  }
  return out.subarray(0, length);
}

function readDigits(raw: Uint8Array, from: number, most: number, base: number): { readonly value: number; readonly next: number } {
  let value = 0;
  let next = from;
  while (next < raw.length && next - from < most && digit(raw[next] ?? 0) < base) value = value * base + digit(raw[next++] ?? 0);
  return { value, next };
}

/** The value of a digit in any base up to 16; 99 for what is none. */
function digit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : 99;
}

const PRINTED: Readonly<Record<number, string>> = { 9: '\\t', 10: '\\n', 13: '\\r', 34: '\\"', 39: "\\'", 92: '\\\\' };

/** For every byte how TensorFlow prints it in a string. */
export const ESCAPED: readonly Uint8Array[] = Array.from({ length: 256 }, (_, byte) => {
  const text = PRINTED[byte] ?? (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`);
  return new TextEncoder().encode(text);
});
