import { binary, isWhole, unary } from './elementwise.ts';
import { ofDy, ofPair, ofX, ofY, scalarLike, scaled } from './gradients.ts';
import { zipHost } from './hostValue.ts';
import type { Comparison, Kernels, Value } from './kernels.ts';
import { op } from './op.ts';
import { broadcastShapes, mergeShapes } from './shapes.ts';

const sums = ['Add', 'AddV2'].map((name) =>
  binary(
    name,
    (x, y, k) => k.add(x, y),
    (x, y) => x + y,
    ofPair(
      (d) => d,
      (d) => d,
    ),
  ),
);
const sub = binary(
  'Sub',
  (x, y, k) => k.sub(x, y),
  (x, y) => x - y,
  ofPair(
    (d) => d,
    (d, _x, _y, k) => k.neg(d),
  ),
);
const mul = binary(
  'Mul',
  (x, y, k) => k.mul(x, y),
  (x, y) => x * y,
  ofPair(
    (d, _x, y, k) => k.mul(d, y),
    (d, x, _y, k) => k.mul(d, x),
    ['x', 'y'],
  ),
);
/** Where both are equal x takes the derivative, as in TensorFlow. */
const picked = (how: Comparison) =>
  ofPair(
    (d, x, y, k) => k.select(k.compare(x, y, how), d, scalarLike(d, 0, k)),
    (d, x, y, k) => k.select(k.compare(x, y, how), scalarLike(d, 0, k), d),
    ['x', 'y'],
  );
const maximum = binary('Maximum', (x, y, k) => k.maximum(x, y), Math.max, picked('greaterEqual'));
const minimum = binary('Minimum', (x, y, k) => k.minimum(x, y), Math.min, picked('lessEqual'));
const pow = binary(
  'Pow',
  (x, y, k) => k.pow(x, y),
  (x, y) => x ** y,
  ofPair(
    (d, x, y, k) => k.mul(d, k.mul(y, k.pow(x, k.sub(y, scalarLike(y, 1, k))))),
    // ln x only where there is one, as in TensorFlow.
    (d, x, _y, k, z) => {
      const positive = k.compare(x, scalarLike(x, 0, k), 'greater');
      const one = scalarLike(x, 1, k);
      return k.mul(d, k.mul(z, k.log(k.select(positive, x, one))));
    },
    ['x', 'y', 'output'],
  ),
);
const squaredDifference = binary(
  'SquaredDifference',
  (x, y, k) => {
    const difference = k.sub(x, y);
    return k.mul(difference, difference);
  },
  (x, y) => (x - y) ** 2,
  ofPair(
    (d, x, y, k) => k.mul(d, scaled(k.sub(x, y), 2, k)),
    (d, x, y, k) => k.mul(d, scaled(k.sub(x, y), -2, k)),
    ['x', 'y'],
  ),
);
const quotient = ofPair(
  (d, _x, y, k) => k.div(d, y),
  (d, x, y, k) => k.neg(k.div(k.mul(d, k.div(x, y)), y)),
  ['x', 'y'],
);

const realDiv = binary(
  'RealDiv',
  (x, y, k) => k.div(x, y),
  (x, y) => x / y,
  quotient,
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
    ...(name === 'Div' ? quotient : {}),
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
  ofDy((dy, k) => k.neg(dy)),
);
const abs = unary(
  'Abs',
  (x, k) => k.abs(x),
  Math.abs,
  ofX((dy, x, k) => k.sub(k.passBetween(dy, x, 0, Number.POSITIVE_INFINITY), k.passBetween(dy, x, Number.NEGATIVE_INFINITY, 0))),
);
const sqrt = unary(
  'Sqrt',
  (x, k) => k.sqrt(x),
  Math.sqrt,
  ofY((dy, y, k) => k.div(scaled(dy, 0.5, k), y)),
);
const rsqrt = unary(
  'Rsqrt',
  (x, k) => k.rsqrt(x),
  (x) => 1 / Math.sqrt(x),
  ofY((dy, y, k) => k.mul(scaled(dy, -0.5, k), k.mul(y, k.mul(y, y)))),
);
const square = unary(
  'Square',
  (x, k) => k.mul(x, x),
  (x) => x * x,
  ofX((dy, x, k) => k.mul(dy, scaled(x, 2, k))),
);
const reciprocals = ['Reciprocal', 'Inv'].map((name) =>
  unary(
    name,
    (x, k) => k.div(k.constant(x.dtype, [], [1]), x),
    (x) => 1 / x,
    ofY((dy, y, k) => k.neg(k.mul(dy, k.mul(y, y)))),
  ),
);
const exp = unary(
  'Exp',
  (x, k) => k.exp(x),
  Math.exp,
  ofY((dy, y, k) => k.mul(dy, y)),
);
const log = unary(
  'Log',
  (x, k) => k.log(x),
  Math.log,
  ofX((dy, x, k) => k.div(dy, x)),
);
const ceil = unary('Ceil', (x, k) => k.ceil(x), Math.ceil);
const floor = unary('Floor', (x, k) => k.floor(x), Math.floor);
/** Half to even. */
const rounds = ['Round', 'Rint'].map((name) => unary(name, (x, k) => k.round(x)));

/** The sum of any number of tensors of one shape. */
const addN = op('AddN', {
  inputs: { inputs: 'list' },
  shape: ({ inputs }, attrs) => inputs.reduce((a, b) => mergeShapes(a, b, attrs, 'added together'), null),
  forward: ({ inputs: [first, ...others] }, k) => others.reduce((sum, x) => k.add(sum, x), k.identity(first as Value)),
  gradient: ({ inputs }, { dy }) => ({ inputs: inputs.map(() => dy) }),
});

/** Half the sum of squares: regularization in training graphs. */
const l2Loss = op('L2Loss', {
  inputs: { t: 'tensor' },
  shape: () => [],
  forward: ({ t }, k) =>
    scaled(
      k.reduce(
        k.mul(t, t),
        'sum',
        t.shape.map((_, axis) => axis),
        false,
      ),
      0.5,
      k,
    ),
  gradient: ({ t }, { dy }, k) => ({ t: () => k.mul(dy, t) }),
  keeps: ['t'],
});

// biome-ignore format: a list
export const arithmeticOps = [
  ...sums, sub, mul, realDiv, ...divs, floorDiv, floorMod, maximum, minimum, pow, squaredDifference,
  neg, abs, sqrt, rsqrt, square, ...reciprocals, exp, log, ceil, floor, ...rounds, addN, l2Loss,
];
