/** Numbers as the field writes them; one place, so that table, inspector, tags and status line agree. */

const SUPERSCRIPTS: Readonly<Record<string, string>> = {
  '-': '⁻',
  '0': '⁰',
  '1': '¹',
  '2': '²',
  '3': '³',
  '4': '⁴',
  '5': '⁵',
  '6': '⁶',
  '7': '⁷',
  '8': '⁸',
  '9': '⁹',
};

/** `2⁻⁷` for -7. */
export function powerOfTwo(exponent: number): string {
  return `2${Array.from(String(exponent), (digit) => SUPERSCRIPTS[digit] ?? digit).join('')}`;
}

/** `int8`, `uint8`, `float`. */
export function bitsName(bits: number, signed: boolean): string {
  return `${signed ? 'int' : 'uint'}${bits}`;
}

/** `int8 2⁻⁷`; without the scale while the threshold is not known. */
export function quantName(tag: { readonly bits: number; readonly signed: boolean; readonly exponent: number | null }): string {
  const name = bitsName(tag.bits, tag.signed);
  return tag.exponent === null ? name : `${name} ${powerOfTwo(tag.exponent)}`;
}

const formats = new Map<number, Intl.NumberFormat>();

/** Made once each: a hundred numbers are printed with every look at a run, and making one is slow. */
function english(decimals: number): Intl.NumberFormat {
  const known = formats.get(decimals);
  if (known !== undefined) return known;
  const made = new Intl.NumberFormat('en-US', { maximumFractionDigits: decimals });
  formats.set(decimals, made);
  return made;
}

/** `1,728`, with a true minus sign. */
export function count(value: number): string {
  return minus(english(0).format(value));
}

/** `digits` significant digits, no exponent in the everyday range, a true minus sign: `0.993`, `58.5`, `−0.214`, `1.2e−9`. */
export function real(value: number, digits = 3): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude < 1e-4 || magnitude >= 1e7) return minus(value.toExponential(Math.max(0, digits - 1)));
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(magnitude)));
  return minus(english(Math.min(decimals, 12)).format(value));
}

/** Fixed decimals for a column: `5.871`, `−0.214`. */
export function fixed(value: number, decimals: number): string {
  // What rounds to zero has no sign.
  return minus(value.toFixed(decimals).replace(/^-(?=[0.]+$)/, ''));
}

/** `0.993 → 1 (2⁰)`: the raw threshold and the power of two in use. */
export function threshold(raw: number, used: number): string {
  return `${real(raw)} → ${real(used)} (${powerOfTwo(Math.round(Math.log2(used)))})`;
}

/** `38.2 dB`; a tensor that is represented exactly has no noise. */
export function decibels(value: number): string {
  return Number.isFinite(value) ? `${fixed(value, 1)} dB` : 'exact';
}

/** A share of 1 as `0.002 %`; tiny shares stay visible as `< 0.001 %`. */
export function share(value: number): string {
  if (value === 0) return '0 %';
  const percent = value * 100;
  if (percent < 0.001) return '< 0.001 %';
  return `${percent >= 10 ? fixed(percent, 1) : real(percent, percent >= 1 ? 2 : 3)} %`;
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** `1.9 MB`, decimal units. */
export function bytes(value: number): string {
  let unit = 0;
  let scaled = value;
  while (scaled >= 999.5 && unit < BYTE_UNITS.length - 1) {
    scaled /= 1000;
    unit++;
  }
  return `${unit === 0 || scaled >= 99.5 ? Math.round(scaled) : Number(scaled.toPrecision(2))} ${BYTE_UNITS[unit]}`;
}

/** `128×128×3`; unknown dimensions as `?`, a scalar as `scalar`, an unknown rank as `unknown`. */
export function shape(value: readonly (number | null)[] | null): string {
  if (value === null) return 'unknown';
  if (value.length === 0) return 'scalar';
  return value.map((dimension) => (dimension === null || dimension < 0 ? '?' : String(dimension))).join('×');
}

/** `640 ms`, `4.2 s`, `3 min 20 s`. */
export function duration(ms: number): string {
  if (ms < 950) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${fixed(seconds, seconds < 9.95 ? 1 : 0)} s`;
  const whole = Math.round(seconds);
  const rest = whole % 60;
  return rest === 0 ? `${Math.floor(whole / 60)} min` : `${Math.floor(whole / 60)} min ${rest} s`;
}

/** `1 node`, `3 nodes`. */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function minus(text: string): string {
  return text.replaceAll('-', '−');
}
