/** Binary digits after the point that are computed with. */
const DIGITS = 120n;
/** ln 2 with 128 digits after the point. */
const LN2 = 0xb17217f7d1cf79abc9e3b39803f2f6afn;

/**
 * 2^x, correctly rounded to float64, as the C library's `pow` gives it; that of JavaScript engines may be off in the last place. Only for
 * what is written to files.
 */
export function exp2(x: number): number {
  const whole = Math.floor(x);
  const fraction = x - whole;
  // 2^f = exp(f · ln 2) for f in [0, 1], by its power series in fixed point.
  const y = (BigInt(Math.floor(fraction * 2 ** 100)) * LN2) >> (100n + 128n - DIGITS);
  let term = 1n << DIGITS;
  let sum = term;
  for (let n = 1n; term > 0n; n += 1n) {
    term = (term * y) >> DIGITS;
    term /= n;
    sum += term;
  }
  const dropped = DIGITS - 52n;
  const rounded = (sum + (1n << (dropped - 1n))) >> dropped;
  return Number(rounded) * 2 ** (whole - 52);
}
