import { Graph } from '../../worker/graph/graph.ts';
import { SlimNodes, text } from './slimNodes.ts';

const SIZE = 224;
/** Output channels of the convolutions of each block; a pool follows each. */
const BLOCKS = [
  [64, 64],
  [128, 128],
  [256, 256, 256],
  [512, 512, 512],
  [512, 512, 512],
];
export const VGG_OUTPUT = 'vgg_16/fc8/squeezed';

/** slim's vgg_16 for inference; `weights` gives the tensor to read for a name and shape: constants, or variables. */
export function vggGraph(weights: (net: SlimNodes, name: string, shape: readonly number[]) => string): Graph {
  const net = new SlimNodes();
  const layer = (scope: string, input: string, filter: readonly number[], padding: 'SAME' | 'VALID'): string => {
    const x = net.convolution(scope, input, weights(net, `${scope}/weights`, filter), 1, padding);
    const bias = weights(net, `${scope}/biases`, [filter[3] ?? 0]);
    return net.op(`${scope}/BiasAdd`, 'BiasAdd', [x, bias], { data_format: text('NHWC') });
  };
  const activated = (scope: string, ...rest: Parameters<typeof layer> extends [string, ...infer Rest] ? Rest : never): string =>
    net.op(`${scope}/Relu`, 'Relu', [layer(scope, ...rest)]);
  let x = net.placeholder('input', [-1, SIZE, SIZE, 3]);
  let channels = 3;
  BLOCKS.forEach((widths, block) => {
    widths.forEach((width, i) => {
      x = activated(`vgg_16/conv${block + 1}/conv${block + 1}_${i + 1}`, x, [3, 3, channels, width], 'SAME');
      channels = width;
    });
    x = net.pool(`vgg_16/pool${block + 1}/MaxPool`, 'MaxPool', x, 2, 2, 'VALID');
  });
  x = activated('vgg_16/fc6', x, [7, 7, 512, 4096], 'VALID');
  x = activated('vgg_16/fc7', x, [1, 1, 4096, 4096], 'SAME');
  x = layer('vgg_16/fc8', x, [1, 1, 4096, 1000], 'SAME');
  net.op(VGG_OUTPUT, 'Squeeze', [x], {
    squeeze_dims: { kind: 'list', value: { strings: [], ints: [1, 2], floats: [], bools: [], types: [], shapes: [] } },
  });
  return new Graph(net.nodes);
}
