const BACKSLASH = 0x5c;

const SIMPLE: Readonly<Record<string, number>> = {
  n: 10,
  r: 13,
  t: 9,
  a: 7,
  b: 8,
  f: 12,
  v: 11,
  '\\': 0x5c,
  "'": 0x27,
  '"': 0x22,
  '?': 0x3f,
};

/** Escapes as C has them: letters, up to three octal digits, `\x` with one or two, `\u` with four and `\U` with eight hex digits. */
export function unescapeBytes(raw: Uint8Array, fault: (message: string) => Error): Uint8Array {
  const out = new Uint8Array(raw.length);
  let length = 0;
  const digits = (from: number, most: number, base: number): number => {
    let count = 0;
    while (count < most && Number.parseInt(String.fromCharCode(raw[from + count] ?? 0), base) >= 0) count++;
    return count;
  };
  const value = (from: number, count: number, base: number): number =>
    Number.parseInt(String.fromCharCode(...raw.subarray(from, from + count)), base);
  for (let at = 0; at < raw.length; at++) {
    const byte = raw[at] ?? 0;
    if (byte !== BACKSLASH) {
      out[length++] = byte;
      continue;
    }
    const letter = String.fromCharCode(raw[++at] ?? 0);
    const simple = SIMPLE[letter];
    const octal = digits(at, 3, 8);
    if (simple !== undefined) {
      out[length++] = simple;
    } else if (octal > 0) {
      const number = value(at, octal, 8);
      if (number > 0xff) throw fault(`the escape \\${number.toString(8)} is no byte`);
      out[length++] = number;
      at += octal - 1;
    } else {
      const wanted = { x: 2, X: 2, u: 4, U: 8 }[letter];
      const hex = wanted === undefined ? 0 : digits(at + 1, wanted, 16);
      if (hex === 0 || (wanted !== 2 && hex !== wanted)) throw fault(`'\\${letter}' is no escape`);
      const number = value(at + 1, hex, 16);
      if (number > 0x10ffff) throw fault(`'\\${letter}' names no character`);
      at += hex;
      if (wanted === 2) {
        out[length++] = number;
        continue;
      }
      const text = new TextEncoder().encode(String.fromCodePoint(number));
      out.set(text, length);
      length += text.length;
    }
  }
  return out.subarray(0, length);
}
