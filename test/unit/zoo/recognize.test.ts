import { describe, expect, it } from 'vitest';
import { Graph, GraphNode } from '../../../worker/graph/graph.ts';
import { networkNamed } from '../../../worker/zoo/networks.ts';
import { recognizeNetwork } from '../../../worker/zoo/recognize.ts';
import { readGraph } from '../../golden/runCase.ts';
import { describeShared } from '../../shared.ts';
import { Net } from '../transforms/build.ts';

/** Every name of a graph, changed. */
function renamed(graph: Graph, change: (name: string) => string): Graph {
  return new Graph(
    graph.nodes.map((node) =>
      node.with({
        name: change(node.name),
        inputs: node.edges.map(({ node: name, port }) => ({ node: change(name), port })),
        controls: node.controls.map(change),
      }),
    ),
  );
}

const TABLE_FILES = ['mobilenet_v1', 'resnet_v1_50', 'inception_v3', 'vgg16', 'darknet19'].flatMap((name) => [
  [name, 'eval.pb', name === 'vgg16' ? 'either' : 'evaluation'] as const,
  [name, 'train.meta', name === 'vgg16' ? 'either' : 'training'] as const,
]);

describeShared('recognising a network of the table', () => {
  it.each([...TABLE_FILES, ['yolo_v2_tiny', 'eval.pb', 'evaluation'] as const])('ZOO1 %s, %s', (name, file, form) => {
    const network = networkNamed(name);
    const found = recognizeNetwork(readGraph('cases/nets', name, `${name}_${file}`));
    expect(found).toEqual({
      network,
      interface: { inputs: [network?.input], outputs: [network?.output], shape: network?.shape },
      firstLayer: network?.firstLayer,
      lastLayer: network?.lastLayer,
      variant: [],
      form,
    });
  });

  it.each([
    ['an outer scope', 'tower_0/MobilenetV1', 'tower_0/MobilenetV1'],
    ['another scope', 'backbone', 'backbone'],
    ['another scope in an outer one', 'model/net', 'model/net'],
  ])('ZOO1 in %s', (_, scope, expected) => {
    const graph = renamed(readGraph('cases/nets/mobilenet_v1/mobilenet_v1_eval.pb'), (name) => {
      const inner = name.replace(/^MobilenetV1\/MobilenetV1(?=\/)/, `${scope}/${scope.split('/').at(-1)}`);
      return inner === name ? name.replace(/^MobilenetV1(?=\/)/, scope) : inner;
    });
    const found = recognizeNetwork(graph);
    expect(found?.network.name).toBe('mobilenet_v1');
    expect(found?.interface.outputs).toEqual([`${expected}/Predictions/Softmax`]);
    expect(found?.lastLayer).toBe(`${expected}/Logits/Conv2d_1c_1x1/Conv2D`);
  });

  it('ZOO1 at top level, as DW2TF writes without prefix', () => {
    const found = recognizeNetwork(
      renamed(readGraph('cases/nets/darknet19/darknet19_eval.pb'), (name) => name.replace(/^darknet19\//, '')),
    );
    expect(found?.network.name).toBe('darknet19');
    expect(found?.interface).toEqual({ inputs: ['net1'], outputs: ['softmax1/Softmax'], shape: [256, 256, 3] });
  });

  it('ZOO2 the depth of a network tells it from its relatives', () => {
    const graph = readGraph('cases/nets/resnet_v1_50/resnet_v1_50_eval.pb');
    expect(recognizeNetwork(renamed(graph, (name) => name.replace('resnet_v1_50', 'resnet_v1_101')))?.network.name).toBe('resnet_v1_50');
    expect(recognizeNetwork(readGraph('cases/nets/small_resnet_v1/small_resnet_v1_eval.pb'))).toBeNull();
  });

  it('ZOO3 MobileNets of other width, depth, input and classes are variants', () => {
    const variant = (...parts: string[]) => {
      const found = recognizeNetwork(readGraph(...parts));
      return [found?.network.name, found?.interface.shape, found?.variant];
    };
    const narrow = ['8 instead of 32 channels in the first layer', 'input 128×128×3'];
    expect(variant('models/mobilenet_v1_0.25_128/frozen_graph.pb')).toEqual(['mobilenet_v1', [128, 128, 3], narrow]);
    expect(variant('cases/imagenet_mobilenet/fused_bn.pb')).toEqual(['mobilenet_v1', [128, 128, 3], narrow]);
    expect(variant('cases/cifar_mobilenet/cifar_mnv1_eval.pb')).toEqual([
      'mobilenet_v1',
      [32, 32, 3],
      ['16 of 28 layers', '16 instead of 32 channels in the first layer', 'input 32×32×3', '10 outputs'],
    ]);
    expect(variant('cases/nets/small_mobilenet_v2/small_mobilenet_v2_frozen.pb')).toEqual([
      'mobilenet_v2',
      [64, 64, 3],
      ['26 of 53 layers', '8 instead of 32 channels in the first layer', 'input 64×64×3', '10 outputs'],
    ]);
  });

  it('ZOO4 a quantized graph is recognised as one, for inference and for training', () => {
    for (const recipe of ['recipe3a_int8', 'recipe3c_int4'])
      expect(recognizeNetwork(readGraph('cases/nets/inception_v3', `${recipe}.pb.gz`))).toMatchObject({
        network: { name: 'inception_v3' },
        form: 'quantized',
      });
  });
});

describe('what is no network of the table', () => {
  it('ZOO1 names alone do not make one', () => {
    const net = new Net();
    const first = net.conv('vgg_16/conv1/conv1_1', net.input(), 3, 4);
    net.conv('vgg_16/fc8', first, 4, 4);
    expect(recognizeNetwork(net.graph())).toBeNull();
    expect(recognizeNetwork(new Graph([GraphNode.make({ name: 'vgg_16/fc8/Conv2D', op: 'NoOp' })]))).toBeNull();
  });
});
