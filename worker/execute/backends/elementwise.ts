import {
  type Comparison,
  type ElementFunction,
  type PairFunction,
  type Reduction,
  SELU_SCALE,
  SELU_SCALE_ALPHA,
} from '../../ops/kernels.ts';

/** Functions of one element in float64. */
export const FUNCTIONS: Readonly<Record<ElementFunction, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  exp: Math.exp,
  log: Math.log,
  ceil: Math.ceil,
  floor: Math.floor,
  round: roundHalfToEven,
  relu: (x) => Math.max(x, 0),
  elu: (x) => (x < 0 ? Math.expm1(x) : x),
  selu: (x) => (x < 0 ? SELU_SCALE_ALPHA * Math.expm1(x) : SELU_SCALE * x),
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  erf,
};

/** Functions of two elements in float64. */
export const PAIRS: Readonly<Record<PairFunction, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => x * y,
  div: (x, y) => x / y,
  floorDiv: (x, y) => Math.floor(x / y),
  maximum: Math.max,
  minimum: Math.min,
  pow: (x, y) => x ** y,
};

export const COMPARISONS: Readonly<Record<Comparison, (x: number, y: number) => boolean>> = {
  equal: (x, y) => x === y,
  notEqual: (x, y) => x !== y,
  less: (x, y) => x < y,
  lessEqual: (x, y) => x <= y,
  greater: (x, y) => x > y,
  greaterEqual: (x, y) => x >= y,
};

/** Where a reduction starts and how it goes on; a mean is a sum that is divided at its end. */
export const REDUCTIONS: Readonly<Record<Reduction, { readonly start: number; readonly join: (x: number, y: number) => number }>> = {
  sum: { start: 0, join: PAIRS.add },
  mean: { start: 0, join: PAIRS.add },
  max: { start: Number.NEGATIVE_INFINITY, join: Math.max },
  min: { start: Number.POSITIVE_INFINITY, join: Math.min },
  prod: { start: 1, join: PAIRS.mul },
};

/** Half to even, as IEEE 754's roundToIntegralTiesToEven. */
export function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  const rounded = rest < 0.5 || (rest === 0.5 && below % 2 === 0) ? below : below + 1;
  return rounded === 0 ? x * 0 : rounded;
}

/** erf(x) = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (2n+1)!!, all terms of one sign (Abramowitz and Stegun 7.1.6); 1 to the last digit beyond 6. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
