import fc from 'fast-check';
import type { Graph } from '../../../worker/graph/graph.ts';
import { Net } from './build.ts';

const KINDS = [
  'conv',
  'depthwise',
  'conv+bn',
  'depthwise+bn',
  'depthwise2+bn3',
  'conv+smallbn',
  'conv+smallbn-nogamma',
  'conv+bias',
  'bn',
  'relu',
  'relu6',
  'leaky',
  'identity',
  'identity',
  'maxpool',
  'avgpool',
  'add',
  'concat',
  'concat-concat',
] as const;

/** What a random network is drawn from. */
export const networkPlan = fc.record({
  layers: fc.array(fc.tuple(fc.constantFrom(...KINDS), fc.nat(50)), { minLength: 1, maxLength: 10 }),
  ending: fc.constantFrom('none', 'mean', 'mean-keep', 'mean-reshape', 'fc'),
  outputs: fc.array(fc.nat(50), { maxLength: 2 }),
});

/** A random network: every layer reads the last tensor, sums and concats also an earlier one. */
export function randomNetwork({ layers, ending, outputs }: typeof networkPlan extends fc.Arbitrary<infer P> ? P : never): {
  graph: Graph;
  outputs: string[];
} {
  const net = new Net();
  let x = net.input();
  let channels = 3;
  const made: { name: string; channels: number }[] = [];
  const earlier = (pick: number) => made[pick % made.length] ?? { name: x, channels };
  layers.forEach(([kind, pick], i) => {
    const scope = `net/l${i}`;
    const other = earlier(pick);
    switch (kind) {
      case 'conv':
      case 'conv+bn':
      case 'conv+smallbn':
      case 'conv+smallbn-nogamma':
      case 'conv+bias': {
        const to = 2 + (pick % 4);
        x = net.conv(scope, x, channels, to);
        channels = to;
        if (kind === 'conv+bn') x = net.batchNorm(scope, x, channels);
        if (kind === 'conv+smallbn') x = net.smallBatchNorm(scope, x, channels, { add: pick % 2 === 0 ? 'Add' : 'AddV2' });
        if (kind === 'conv+smallbn-nogamma') x = net.smallBatchNorm(scope, x, channels, { gamma: false });
        if (kind === 'conv+bias') x = net.bias(scope, x, channels);
        break;
      }
      case 'depthwise':
      case 'depthwise+bn':
        x = net.depthwise(scope, x, channels);
        if (kind === 'depthwise+bn') x = net.batchNorm(scope, x, channels, 'FusedBatchNormV2');
        break;
      case 'depthwise2+bn3':
        x = net.depthwise(scope, x, channels, 2);
        channels *= 2;
        x = net.batchNorm(scope, x, channels, 'FusedBatchNormV3');
        break;
      case 'bn':
        x = net.batchNorm(scope, x, channels);
        break;
      case 'add':
        x = net.math(`${scope}/add`, pick % 2 === 0 ? 'Add' : 'AddV2', x, other.channels === channels ? other.name : x);
        break;
      case 'concat':
        x = net.concat(`${scope}/concat`, [x, other.name]);
        channels += other.channels;
        break;
      case 'concat-concat':
        x = net.concat(`${scope}/outer`, [net.concat(`${scope}/inner`, [x, other.name]), x]);
        channels = 2 * channels + other.channels;
        break;
      case 'maxpool':
        x = net.pool(`${scope}/MaxPool`, 'MaxPool', x, 3, 1, 'SAME');
        break;
      case 'avgpool': {
        // One pixel: SAME never hangs over the border, so the numbers stay.
        x = net.pool(`${scope}/AvgPool`, 'AvgPool', x, 1, 1, pick % 2 === 0 ? 'SAME' : 'VALID');
        break;
      }
      case 'leaky':
        x = net.add(`${scope}/LeakyRelu`, 'LeakyRelu', [x], {
          T: { kind: 'type', value: 'float32' },
          alpha: { kind: 'float', value: 0.1 },
        });
        break;
      default:
        x = net.math(`${scope}/${kind}`, kind === 'relu' ? 'Relu' : kind === 'relu6' ? 'Relu6' : 'Identity', x);
    }
    made.push({ name: x, channels });
  });
  if (ending !== 'none') x = net.mean('net/gap', x, [1, 2], ending === 'mean-keep');
  if (ending === 'mean-reshape')
    x = net.add('net/flat', 'Reshape', [x, net.ints('net/flat/shape', [-1, channels])], { T: { kind: 'type', value: 'float32' } });
  if (ending === 'fc') x = net.math('net/fc/MatMul', 'MatMul', x, net.weights('net/fc/weights', [channels, 4]));
  const names = [x, ...outputs.map((pick) => earlier(pick).name)].filter((name) => name !== 'input');
  return { graph: net.graph(), outputs: [...new Set(names)] };
}
