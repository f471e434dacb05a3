import { op } from './op.ts';
import { sameAs } from './shapes.ts';

const relu = op('Relu', {
  inputs: { features: 'tensor' },
  shape: sameAs('features'),
  forward: ({ features }, k) => k.relu(features),
});

const relu6 = op('Relu6', {
  inputs: { features: 'tensor' },
  shape: sameAs('features'),
  forward: ({ features }, k) => k.clip(features, 0, 6),
});

const leakyRelu = op('LeakyRelu', {
  inputs: { features: 'tensor' },
  shape: sameAs('features'),
  forward: ({ features }, k, attrs) => k.leakyRelu(features, attrs.float('alpha', 0.2)),
});

const softmax = op('Softmax', {
  inputs: { logits: 'tensor' },
  shape: sameAs('logits'),
  forward: ({ logits }, k) => k.softmax(logits),
});

export const activationOps = [relu, relu6, leakyRelu, softmax];
