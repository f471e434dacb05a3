import { bitsName } from '../format/numbers.ts';

/** `int8` for -8, `uint8` for 8: the sign convention of the original, in words. */
export function bitsText(value: number): string {
  return bitsName(Math.abs(value), value < 0);
}

/** Reads `int8`, `uint8`, `-8` or `8`; null where it is none of these or no width from 1 (signed 2) to 32. */
export function parseBits(text: string): number | null {
  const match = /^(u?int|[+-]?)(\d{1,2})$/i.exec(text.trim());
  if (match === null) return null;
  const [, sign = '', digits = ''] = match;
  const width = Number(digits);
  const signed = sign === '-' || sign.toLowerCase() === 'int';
  return width >= (signed ? 2 : 1) && width <= 32 ? (signed ? -width : width) : null;
}
