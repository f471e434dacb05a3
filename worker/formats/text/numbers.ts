import type { Lexer } from './lexer.ts';

export type IntegerType = 'int32' | 'int64' | 'uint32' | 'uint64';

const LIMITS: Readonly<Record<IntegerType, readonly [least: bigint, most: bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/** An integer in decimal, octal (`017`) or hex (`0x1f`), perhaps behind a minus. @throws TextError where it is none or too large */
export function integerValue(lexer: Lexer, type: IntegerType): bigint {
  const negative = sign(lexer);
  const { kind, text } = lexer;
  const octal = /^0[0-7]+$/.test(text);
  if (kind !== 'number' || !(octal || /^(0|[1-9]\d*|0[xX][0-9a-fA-F]+)$/.test(text)) || text.length > 30) {
    throw lexer.error(`expected an integer, found ${kind === 'end' ? 'the end of the text' : text.slice(0, 40)}`);
  }
  const size = BigInt(octal ? `0o${text.slice(1)}` : text);
  const value = negative ? -size : size;
  const [least, most] = LIMITS[type];
  if (value < least || value > most) throw lexer.error(`${value} does not fit into ${type}`);
  lexer.advance();
  return value;
}

/** A number with point or exponent, an integer, `inf`, `infinity` or `nan`, perhaps behind a minus, perhaps with `f` behind it. @throws TextError */
export function floatValue(lexer: Lexer): number {
  const negative = sign(lexer);
  const value = unsignedFloat(lexer);
  lexer.advance();
  return negative ? -value : value;
}

function unsignedFloat(lexer: Lexer): number {
  const { kind, text } = lexer;
  if (kind === 'name' && /^inf(inity)?f?$/i.test(text)) return Number.POSITIVE_INFINITY;
  if (kind === 'name' && /^nanf?$/i.test(text)) return Number.NaN;
  if (kind === 'number') {
    if (/^0[xX][0-9a-fA-F]+$/.test(text)) return Number(text);
    if (/^0[0-7]+$/.test(text)) return Number(`0o${text.slice(1)}`);
    if (/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[fF]?$/.test(text)) return Number.parseFloat(text);
  }
  throw lexer.error(`expected a number, found ${kind === 'end' ? 'the end of the text' : text.slice(0, 40)}`);
}

function sign(lexer: Lexer): boolean {
  if (!lexer.is('-')) return false;
  lexer.advance();
  return true;
}

/**
 * The shortest decimal that reads back as this number, as Python prints it: with a point, or with an exponent of two digits or more
 * below 10⁻⁴ and from 10¹⁶ on.
 */
export function numberText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0.0';
  const [mantissa = '', power = ''] = value.toExponential().split('e');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) return `${mantissa}e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;
  if (exponent < 0) return value.toFixed(mantissa.replace(/\D/g, '').length - 1 - exponent);
  const text = String(value);
  return text.includes('.') ? text : `${text}.0`;
}

/** The decimal of six digits or more that reads back as this float32, as newer versions of Python's protobuf print it. */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return numberText(value);
  let digits = 6;
  while (digits < 9 && Math.fround(Number(value.toPrecision(digits))) !== value) digits++;
  return numberText(Number(value.toPrecision(digits)));
}
