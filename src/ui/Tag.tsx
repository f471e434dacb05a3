import { quantName } from '../format/numbers.ts';

/** The colour class of a bit-width: one table for tags, legend and chart. */
export function bitsClass(bits: number, signed: boolean): 'b4' | 'b8' | 'b8u' | 'b16' {
  if (bits <= 4) return 'b4';
  if (bits <= 8) return signed ? 'b8' : 'b8u';
  return 'b16';
}

/** `int8 2⁻⁵`, coloured by bits. */
export function BitsTag({ bits, signed, exponent = null }: { bits: number; signed: boolean; exponent?: number | null }) {
  return <span className={`tag ${bitsClass(bits, signed)}`}>{quantName({ bits, signed, exponent })}</span>;
}
