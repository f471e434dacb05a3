import { unary } from './elementwise.ts';
import { op } from './op.ts';
import { sameAs } from './shapes.ts';

const relu = unary('Relu', (x, k) => k.relu(x));
const relu6 = unary('Relu6', (x, k) => k.clip(x, 0, 6));
const elu = unary('Elu', (x, k) => k.elu(x));
const selu = unary('Selu', (x, k) => k.selu(x));
const sigmoid = unary('Sigmoid', (x, k) => k.sigmoid(x));
const tanh = unary('Tanh', (x, k) => k.tanh(x));
const softplus = unary('Softplus', (x, k) => k.softplus(x));
const softsign = unary('Softsign', (x, k) => k.div(x, k.add(k.abs(x), k.constant(x.dtype, [], [1]))));
const erf = unary('Erf', (x, k) => k.erf(x));

const leakyRelu = op('LeakyRelu', {
  inputs: { features: 'tensor' },
  shape: sameAs('features'),
  forward: ({ features }, k, attrs) => k.leakyRelu(features, attrs.float('alpha', 0.2)),
});

const softmax = unary('Softmax', (x, k) => k.softmax(x));

/** x − max − log Σ e^(x − max), over the last axis. */
const logSoftmax = unary('LogSoftmax', (x, k) => {
  const last = [x.shape.length - 1];
  const shifted = k.sub(x, k.reduce(x, 'max', last, true));
  return k.sub(shifted, k.log(k.reduce(k.exp(shifted), 'sum', last, true)));
});

export const activationOps = [relu, relu6, elu, selu, sigmoid, tanh, softplus, softsign, erf, leakyRelu, softmax, logSoftmax];
