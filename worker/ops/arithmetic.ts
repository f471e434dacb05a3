import { binary, isWhole, unary } from './elementwise.ts';
import { zipHost } from './hostValue.ts';
import type { Kernels, Value } from './kernels.ts';
import { op } from './op.ts';
import { broadcastShapes, mergeShapes } from './shapes.ts';

const sums = ['Add', 'AddV2'].map((name) =>
  binary(
    name,
    (x, y, k) => k.add(x, y),
    (x, y) => x + y,
  ),
);
const sub = binary(
  'Sub',
  (x, y, k) => k.sub(x, y),
  (x, y) => x - y,
);
const mul = binary(
  'Mul',
  (x, y, k) => k.mul(x, y),
  (x, y) => x * y,
);
const maximum = binary('Maximum', (x, y, k) => k.maximum(x, y), Math.max);
const minimum = binary('Minimum', (x, y, k) => k.minimum(x, y), Math.min);
const pow = binary(
  'Pow',
  (x, y, k) => k.pow(x, y),
  (x, y) => x ** y,
);
const squaredDifference = binary(
  'SquaredDifference',
  (x, y, k) => {
    const difference = k.sub(x, y);
    return k.mul(difference, difference);
  },
  (x, y) => (x - y) ** 2,
);

const realDiv = binary(
  'RealDiv',
  (x, y, k) => k.div(x, y),
  (x, y) => x / y,
);
/** Quotients of whole numbers are cut off behind the point, as in C. */
function truncatedQuotient(x: Value, y: Value, k: Kernels): Value {
  if (!isWhole(x)) return k.div(x, y);
  return k.cast(k.div(k.cast(x, 'float64'), k.cast(y, 'float64')), x.dtype);
}
const divs = ['Div', 'TruncateDiv'].map((name) =>
  op(name, {
    inputs: { x: 'tensor', y: 'tensor' },
    shape: ({ x, y }, attrs) => broadcastShapes(x, y, attrs),
    forward: ({ x, y }, k) => truncatedQuotient(x, y, k),
    fold: ({ x, y }, _shapes, attrs) => {
      const whole = attrs.type('T', 'int32').includes('int');
      return zipHost(x, y, (a, b) => (whole ? Math.trunc(a / b) : a / b));
    },
  }),
);
const floorDiv = binary(
  'FloorDiv',
  (x, y, k) => k.floorDiv(x, y),
  (x, y) => Math.floor(x / y),
);
const floorMod = binary(
  'FloorMod',
  (x, y, k) => k.sub(x, k.mul(k.floorDiv(x, y), y)),
  (x, y) => x - Math.floor(x / y) * y,
);

const neg = unary(
  'Neg',
  (x, k) => k.neg(x),
  (x) => -x,
);
const abs = unary('Abs', (x, k) => k.abs(x), Math.abs);
const sqrt = unary('Sqrt', (x, k) => k.sqrt(x), Math.sqrt);
const rsqrt = unary(
  'Rsqrt',
  (x, k) => k.rsqrt(x),
  (x) => 1 / Math.sqrt(x),
);
const square = unary(
  'Square',
  (x, k) => k.mul(x, x),
  (x) => x * x,
);
const reciprocals = ['Reciprocal', 'Inv'].map((name) =>
  unary(
    name,
    (x, k) => k.div(k.constant(x.dtype, [], [1]), x),
    (x) => 1 / x,
  ),
);
const exp = unary('Exp', (x, k) => k.exp(x), Math.exp);
const log = unary('Log', (x, k) => k.log(x), Math.log);
const ceil = unary('Ceil', (x, k) => k.ceil(x), Math.ceil);
const floor = unary('Floor', (x, k) => k.floor(x), Math.floor);
/** Half to even. */
const rounds = ['Round', 'Rint'].map((name) => unary(name, (x, k) => k.round(x)));

/** The sum of any number of tensors of one shape. */
const addN = op('AddN', {
  inputs: { inputs: 'list' },
  shape: ({ inputs }, attrs) => inputs.reduce((a, b) => mergeShapes(a, b, attrs, 'added together'), null),
  forward: ({ inputs: [first, ...others] }, k) => others.reduce((sum, x) => k.add(sum, x), k.identity(first as Value)),
});

/** Half the sum of squares: regularization in training graphs. */
const l2Loss = op('L2Loss', { inputs: { t: 'tensor' }, shape: () => [] });

// biome-ignore format: a list
export const arithmeticOps = [
  ...sums, sub, mul, realDiv, ...divs, floorDiv, floorMod, maximum, minimum, pow, squaredDifference,
  neg, abs, sqrt, rsqrt, square, ...reciprocals, exp, log, ceil, floor, ...rounds, addN, l2Loss,
];
