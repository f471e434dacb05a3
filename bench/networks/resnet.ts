import { Graph } from '../../worker/graph/graph.ts';
import type { Model } from '../../worker/graph/model.ts';
import { noVariables } from '../../worker/graph/variables.ts';
import { SlimNodes, text } from './slimNodes.ts';

const SIZE = 224;
const CLASSES = 1000;
/** Units of the four blocks of resnet_v1_152. */
const UNITS = [3, 8, 36, 3];
const STRIDES = [2, 2, 2, 1];

/**
 * slim's resnet_v1_152 for inference, with its variables and its names; `depth` times as many units in every block.
 * No values: variables are what a checkpoint would hold.
 */
export function resnetModel(depth: number): Model {
  const net = new SlimNodes();
  const root = 'resnet_v1_152';
  const padded = (scope: string, input: string, by: number): string =>
    net.op(`${scope}Pad`, 'Pad', [input, net.integers(`${scope}Pad/paddings`, [4, 2], [0, 0, by, by, by, by, 0, 0])], {
      Tpaddings: { kind: 'type', value: 'int32' },
    });
  const normalized = (scope: string, input: string, filter: readonly number[], stride: number, same: boolean): string => {
    const x = net.convolution(scope, input, net.variable(`${scope}/weights`, filter), stride, same ? 'SAME' : 'VALID');
    const statistics = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) =>
      net.variable(`${scope}/BatchNorm/${name}`, [filter[3] ?? 0]),
    );
    return net.op(`${scope}/BatchNorm/FusedBatchNorm`, 'FusedBatchNorm', [x, ...statistics], {
      epsilon: { kind: 'float', value: 1e-5 },
      is_training: { kind: 'bool', value: false },
      data_format: text('NHWC'),
    });
  };
  const layer = (scope: string, input: string, filter: readonly number[], stride = 1, same = true): string =>
    net.op(`${scope}/Relu`, 'Relu', [normalized(scope, input, filter, stride, same)]);

  let x = layer(`${root}/conv1`, padded(`${root}/`, net.placeholder('input', [-1, SIZE, SIZE, 3]), 3), [7, 7, 3, 64], 2, false);
  x = net.pool(`${root}/pool1/MaxPool`, 'MaxPool', x, 3, 2, 'SAME');
  let channels = 64;
  UNITS.forEach((count, block) => {
    const width = 64 * 2 ** block;
    for (let unit = 1; unit <= count * depth; unit++) {
      const scope = `${root}/block${block + 1}/unit_${unit}/bottleneck_v1`;
      const stride = unit === count * depth ? (STRIDES[block] ?? 1) : 1;
      let shortcut = x;
      if (channels !== 4 * width) shortcut = normalized(`${scope}/shortcut`, x, [1, 1, channels, 4 * width], stride, true);
      else if (stride > 1) shortcut = net.pool(`${scope}/shortcut/MaxPool`, 'MaxPool', x, 1, stride, 'SAME');
      const narrow = layer(`${scope}/conv1`, x, [1, 1, channels, width]);
      const filtered =
        stride > 1
          ? layer(`${scope}/conv2`, padded(`${scope}/`, narrow, 1), [3, 3, width, width], stride, false)
          : layer(`${scope}/conv2`, narrow, [3, 3, width, width]);
      const wide = normalized(`${scope}/conv3`, filtered, [1, 1, width, 4 * width], 1, true);
      x = net.op(`${scope}/Relu`, 'Relu', [net.op(`${scope}/add`, 'Add', [shortcut, wide])]);
      channels = 4 * width;
    }
  });
  x = net.pool(`${root}/pool5/AvgPool`, 'AvgPool', x, 7, 1, 'VALID');
  x = net.convolution(`${root}/logits`, x, net.variable(`${root}/logits/weights`, [1, 1, channels, CLASSES]), 1);
  const bias = net.variable(`${root}/logits/biases`, [CLASSES]);
  x = net.op(`${root}/logits/BiasAdd`, 'BiasAdd', [x, bias], { data_format: text('NHWC') });
  x = net.op(`${root}/predictions/Softmax`, 'Softmax', [x]);
  return {
    graph: new Graph(net.nodes),
    variables: noVariables,
    inputs: ['input'],
    outputs: [x],
    inputShape: [SIZE, SIZE, 3],
    shapes: new Map(),
  };
}
