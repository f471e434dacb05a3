import { unary } from './elementwise.ts';
import { ofX, ofY, scalarLike, scaled } from './gradients.ts';
import { type Kernels, SELU_SCALE, SELU_SCALE_ALPHA, type Value } from './kernels.ts';
import { op } from './op.ts';
import { sameAs } from './shapes.ts';

const INFINITE = Number.POSITIVE_INFINITY;

const relu = unary(
  'Relu',
  (x, k) => k.relu(x),
  undefined,
  ofY((dy, y, k) => k.passBetween(dy, y, 0, INFINITE)),
);
const relu6 = unary(
  'Relu6',
  (x, k) => k.clip(x, 0, 6),
  undefined,
  ofY((dy, y, k) => k.passBetween(dy, y, 0, 6)),
);
/** dy where y is not negative, dy · slope(y) where it is. */
const twoSided = (positive: number, slope: (y: Value, k: Kernels) => Value) =>
  ofY((dy, y, k) => k.select(k.compare(y, scalarLike(y, 0, k), 'less'), k.mul(dy, slope(y, k)), scaled(dy, positive, k)));
const elu = unary(
  'Elu',
  (x, k) => k.elu(x),
  undefined,
  twoSided(1, (y, k) => k.add(y, scalarLike(y, 1, k))),
);
const selu = unary(
  'Selu',
  (x, k) => k.selu(x),
  undefined,
  twoSided(SELU_SCALE, (y, k) => k.add(y, scalarLike(y, SELU_SCALE_ALPHA, k))),
);
const sigmoid = unary(
  'Sigmoid',
  (x, k) => k.sigmoid(x),
  undefined,
  ofY((dy, y, k) => k.mul(dy, k.mul(y, k.sub(scalarLike(y, 1, k), y)))),
);
const tanh = unary(
  'Tanh',
  (x, k) => k.tanh(x),
  undefined,
  ofY((dy, y, k) => k.mul(dy, k.sub(scalarLike(y, 1, k), k.mul(y, y)))),
);
const softplus = unary(
  'Softplus',
  (x, k) => k.softplus(x),
  undefined,
  ofX((dy, x, k) => k.mul(dy, k.sigmoid(x))),
);
const onePlusAbs = (x: Value, k: Kernels): Value => k.add(k.abs(x), scalarLike(x, 1, k));
const softsign = unary(
  'Softsign',
  (x, k) => k.div(x, onePlusAbs(x, k)),
  undefined,
  ofX((dy, x, k) => k.div(k.div(dy, onePlusAbs(x, k)), onePlusAbs(x, k))),
);
/** The derivative of erf is 2 / √π · e^(−x²). */
const erf = unary(
  'Erf',
  (x, k) => k.erf(x),
  undefined,
  ofX((dy, x, k) => k.mul(scaled(dy, 2 / Math.sqrt(Math.PI), k), k.exp(k.neg(k.mul(x, x))))),
);

const leakyRelu = op('LeakyRelu', {
  inputs: { features: 'tensor' },
  shape: sameAs('features'),
  forward: ({ features }, k, attrs) => k.leakyRelu(features, attrs.float('alpha', 0.2)),
  gradient: ({ features }, { dy }, k, attrs) => ({
    features: () => {
      const positive = k.compare(features, scalarLike(features, 0, k), 'greater');
      return k.select(positive, dy, scaled(dy, attrs.float('alpha', 0.2), k));
    },
  }),
  keeps: ['features'],
});

/** Σ along the last axis, which stays. */
function rowSums(x: Value, k: Kernels): Value {
  return k.reduce(x, 'sum', [x.shape.length - 1], true);
}

const softmax = unary(
  'Softmax',
  (x, k) => k.softmax(x),
  undefined,
  ofY((dy, y, k) => k.mul(k.sub(dy, rowSums(k.mul(dy, y), k)), y)),
);

/** x − max − log Σ e^(x − max), over the last axis. */
const logSoftmax = unary(
  'LogSoftmax',
  (x, k) => {
    const shifted = k.sub(x, k.reduce(x, 'max', [x.shape.length - 1], true));
    return k.sub(shifted, k.log(rowSums(k.exp(shifted), k)));
  },
  undefined,
  ofY((dy, y, k) => k.sub(dy, k.mul(k.exp(y), rowSums(dy, k)))),
);

export const activationOps = [relu, relu6, elu, selu, sigmoid, tanh, softplus, softsign, erf, leakyRelu, softmax, logSoftmax];
