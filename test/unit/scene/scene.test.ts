import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Reading, Scene } from '../../../worker/protocol.ts';
import { buildScene, revealPath, type SceneInput, searchNodes } from '../../../worker/scene/scene.ts';
import { describeShared, shared } from '../../shared.ts';
import { Net } from '../transforms/build.ts';
import { microFiles, networkFiles, readGraph, sceneInput } from './cases.ts';
import { faults, rising } from './picture.ts';

const scene = (input: SceneInput, reading: Reading, open?: readonly string[]) =>
  buildScene(input, open === undefined ? { stage: 0, reading } : { stage: 0, reading, open });

/** The scene with every group open. */
async function opened(input: SceneInput, reading: Reading): Promise<Scene> {
  let open: string[] = [];
  for (;;) {
    const seen = await scene(input, reading, open);
    const groups = seen.nodes.filter(({ kind }) => kind === 'group').map(({ id }) => id);
    if (groups.length === open.length) return seen;
    open = groups;
  }
}

/** A scene as the layout sees it, to hold it against the rules of a drawing. */
function drawing(scene: Scene) {
  const index = new Map(scene.nodes.map(({ id }, i) => [id, i]));
  const at = (id: string | null) => (id === null ? -1 : (index.get(id) as number));
  return {
    boxes: scene.nodes.map((node) => ({ ...node, tail: 0, parent: at(node.parent) })),
    edges: scene.edges.map((edge) => ({ from: at(edge.from), to: at(edge.to), labelWidth: 0, labelHeight: 0 })),
    layout: {
      width: scene.width,
      height: scene.height,
      boxes: scene.nodes,
      edges: scene.edges.map(({ points, at: label }) => ({ points, label })),
    },
  };
}

const NEVER_A_BOX =
  /^(Variable|VariableV2|VarHandleOp|Const|Identity|Assign.*|Save.*|Restore.*|NoOp|LinearQuant|RandomUniform|TruncatedNormal|L2Loss)$/;

async function checkLayers(input: SceneInput): Promise<void> {
  const all = await opened(input, 'layers');
  const { boxes, edges, layout } = drawing(all);
  expect(faults(boxes, edges, layout)).toEqual([]);
  expect(rising(edges, layout)).toEqual([]);

  const shown = new Map<string, string>();
  for (const { id, members } of all.nodes) {
    for (const member of members) {
      expect(shown.get(member), `${member} is in two boxes`).toBeUndefined();
      shown.set(member, id);
    }
  }
  for (const { id, kind } of all.nodes) {
    if (kind === 'layer' || kind === 'op') expect(input.graph.node(id).op).not.toMatch(NEVER_A_BOX);
  }
  // What feeds a box is in a box.
  for (const member of shown.keys()) {
    const node = input.graph.node(member);
    if (shown.get(member) === member && node.op.startsWith('Placeholder')) continue;
    for (const edge of node.edges) expect(shown.has(edge.node), `${edge.node} feeds ${member}`).toBe(true);
  }
  // Every quantizer of the picture is on exactly one tag, or shares the chip of its threshold.
  const tags = [...all.nodes.flatMap(({ tag, chips }) => [tag, ...chips.map((chip) => chip.tag)]), ...all.edges.map(({ tag }) => tag)];
  const counts = new Map<string, number>();
  for (const tag of tags) if (tag !== null) counts.set(tag.quantizer, (counts.get(tag.quantizer) ?? 0) + 1);
  for (const quantizer of input.quantizers) {
    if (!shown.has(quantizer.node)) continue;
    const box = all.nodes.find(({ id }) => id === shown.get(quantizer.node));
    const shared = quantizer.group !== undefined && box?.chips.some(({ tag }) => tag?.group === quantizer.group);
    if (!shared) expect(counts.get(quantizer.name), quantizer.name).toBe(1);
    else expect(counts.get(quantizer.name) ?? 0, quantizer.name).toBeLessThanOrEqual(1);
  }

  const first = await scene(input, 'layers');
  const closed = drawing(first);
  expect(faults(closed.boxes, closed.edges, closed.layout)).toEqual([]);
  expect(rising(closed.edges, closed.layout)).toEqual([]);
  const members = first.nodes.flatMap((node) => node.members);
  expect(new Set(members).size).toBe(members.length);
  expect(new Set(members)).toEqual(new Set(shown.keys()));
}

describeShared('Layers reading of real graphs', () => {
  it.each(networkFiles().map((file) => [path.relative(shared('cases/nets'), file), file]))('LAY1 %s', async (_, file) => {
    const input = sceneInput(readGraph(file));
    await checkLayers(input);
    const first = await scene(input, 'layers');
    expect(first.nodes.length).toBeLessThanOrEqual(64);
    expect(first.nodes.filter(({ kind }) => kind === 'input').length).toBe(1);
  });

  it('LAY1 every micro case', async () => {
    const drawn: string[] = [];
    for (const file of microFiles()) {
      // One case is a file with duplicate names, which nobody can open.
      if (file.includes('dup')) continue;
      await checkLayers(sceneInput(readGraph(file))).catch((error: unknown) => {
        throw new Error(file, { cause: error });
      });
      drawn.push(file);
    }
    expect(drawn.length).toBeGreaterThan(250);
  });

  it('LAY1 the real MobileNet: 28 layers with their batch norm in small ops, quantized alike', async () => {
    const frozen = await opened(sceneInput(readGraph(shared('models/mobilenet_v1_0.25_128/frozen_graph.pb'))), 'layers');
    const layers = frozen.nodes.filter(({ kind }) => kind === 'layer');
    expect(layers.length).toBe(28);
    expect(layers[1]).toMatchObject({ title: 'Conv2d_1_depthwise', subtitle: 'Depthwise 3×3 s1 · 8', bits: null });
    expect(layers[1]?.chips.map(({ text }) => text)).toEqual(['W', 'BN', 'ReLU6']);
    expect(layers[27]?.chips.map(({ text }) => text)).toEqual(['W', 'B']);
    const quantized = await opened(sceneInput(readGraph(shared('cases/imagenet_mobilenet/expected_int8.pb'))), 'layers');
    const after = quantized.nodes.filter(({ kind }) => kind === 'layer');
    expect(after.map(({ title }) => title)).toEqual(layers.map(({ title }) => title));
    expect(after[1]?.chips.map(({ text }) => text.replace(/ 2.*/, ''))).toEqual(['W int8', 'B int16', 'ReLU6']);
    expect(after[1]?.bits).toEqual({ bits: 8, signed: false });
    expect(quantized.edges.find(({ from }) => from === after[1]?.id)?.label).toBe('64×64×8');
    await checkLayers(sceneInput(readGraph(shared('cases/imagenet_mobilenet/expected_int8.pb'))));
  });

  it('LAY3 a leaky relu and its quantizers are chips of its layer', async () => {
    const all = await opened(sceneInput(readGraph(shared('cases/nets/yolo_v2_tiny/recipe3c_int8.pb.gz'))), 'layers');
    const [first] = all.nodes.filter(({ kind }) => kind === 'layer');
    expect(first?.chips.map(({ text }) => text.replace(/ 2.*/, ''))).toEqual(['W int8', 'B int16', 'Leaky int16', 'α int16']);
    expect(first?.tag).toMatchObject({ bits: 8, signed: true });
  });

  it('LAY3 limits per channel behind a relu, as equalize_layers leaves them, are part of its layer', async () => {
    const net = new Net();
    const relu = net.math('a/Relu', 'Relu', net.bias('a', net.conv('a', net.input(), 3, 4), 4));
    const limited = net.math('a/Relu6', 'Minimum', relu, net.weights('a/Relu6/clip', [4], [1, 6]));
    net.bias('b', net.conv('b', limited, 4, 2), 2);
    const { nodes } = await opened(sceneInput(net.graph()), 'layers');
    const layers = nodes.filter(({ kind }) => kind === 'layer');
    expect(layers.map(({ chips }) => chips.map(({ text }) => text))).toEqual([
      ['W', 'B', 'Clipped ReLU'],
      ['W', 'B'],
    ]);
    expect(nodes.filter(({ kind }) => kind === 'op')).toEqual([]);
  });

  it('LAY3 a training graph shows its batch norm and the same layers as the inference graph', async () => {
    const titles = async (recipe: string) =>
      (await opened(sceneInput(readGraph(shared(`cases/nets/resnet_v1_50/${recipe}.pb.gz`))), 'layers')).nodes
        .filter(({ kind }) => kind === 'layer')
        .map(({ title, path }) => [title, path]);
    expect(await titles('recipe3a_int8')).toEqual(await titles('recipe3c_int8'));
  });

  it('LAY4 a rescale is the tag of its wire, a shared threshold has one group', async () => {
    const all = await opened(sceneInput(readGraph(shared('cases/nets/resnet_v1_50/recipe3c_int8.pb.gz'))), 'layers');
    const rescales = all.edges.filter(({ tag }) => tag !== null);
    expect(rescales.length).toBe(12);
    for (const { tag, to } of rescales) {
      expect(all.nodes.find(({ id }) => id === to)?.title).toBe('Add · ReLU');
      const operand = all.edges.find((edge) => edge.to === to && edge.tag === null);
      expect(all.nodes.find(({ id }) => id === operand?.from)?.tag?.group).toBe(tag?.group);
    }
  });

  it('LAY7 equal blocks behind each other are one group with a count', async () => {
    const first = await scene(sceneInput(readGraph(shared('cases/nets/resnet_v1_50/recipe3c_int8.pb.gz'))), 'layers');
    const repeated = first.nodes.filter(({ count }) => count > 1).map(({ title, count }) => [title, count]);
    expect(repeated).toEqual([
      ['block2 / unit_2 … unit_3', 2],
      ['block3 / unit_2 … unit_5', 4],
      ['block4 / unit_2 … unit_3', 2],
    ]);
  });

  it('LAY8 one block of each kind is open at first', async () => {
    const first = await scene(sceneInput(readGraph(shared('cases/nets/inception_v3/inception_v3_eval.pb'))), 'layers');
    const titles = (open: boolean) => first.nodes.filter((node) => node.kind === 'group' && node.open === open).map(({ title }) => title);
    expect(titles(true)).toEqual(expect.arrayContaining(['Mixed_5b', 'Mixed_6a', 'Mixed_6b']));
    expect(titles(false)).toEqual(expect.arrayContaining(['Mixed_5c', 'Mixed_5d', 'Mixed_6c … Mixed_6d']));
  });

  it('shows a selection in both readings', async () => {
    const input = sceneInput(readGraph(shared('cases/nets/resnet_v1_50/recipe3c_int8.pb.gz')));
    const unit = 'resnet_v1_50/block3/unit_4/bottleneck_v1';
    expect(await revealPath(input, 'layers', `${unit}/conv2/weights`)).toEqual({
      id: `${unit}/conv2/Conv2D`,
      open: ['group:resnet_v1_50/block3/unit_2…unit_5', 'group:resnet_v1_50/block3/unit_4'],
    });
    expect((await revealPath(input, 'nodes', `${unit}/conv2/Conv2D`)).id).toBe(`${unit}/conv2/Conv2D`);
    expect((await revealPath(input, 'nodes', `${unit}/conv2/Conv2D`)).open.at(0)).toBe('group:resnet_v1_50');
    expect(await revealPath(input, 'layers', 'no/such/node')).toEqual({ id: '', open: [] });
  });

  it('reason and change marks reach the box that holds the node', async () => {
    const graph = readGraph(shared('cases/nets/vgg16/recipe1.pb.gz'));
    const layer = graph.nodes.find(({ op }) => op === 'Conv2D');
    const weights = graph.nodes.find(({ name }) => name.endsWith('/weights'));
    const input = sceneInput(graph, { leftFloat: new Map([[layer?.name ?? '', 'no bias']]), changed: new Set([weights?.name ?? '']) });
    const box = (await scene(input, 'layers')).nodes.find(({ id }) => id === layer?.name);
    expect(box).toMatchObject({ leftFloat: 'no bias', changed: true });
  });

  it('finds nodes by name and op', () => {
    const graph = readGraph(shared('models/mobilenet_v1_0.25_128/frozen_graph.pb'));
    expect(searchNodes(graph, 'softmax', 5)[0]).toEqual({ node: 'MobilenetV1/Predictions/Softmax', op: 'Softmax' });
    expect(searchNodes(graph, 'INPUT', 5)[0]).toEqual({ node: 'input', op: 'Placeholder' });
    expect(searchNodes(graph, 'Conv2D', 100).length).toBe(100);
    expect(searchNodes(graph, 'Depthwise', 3)).toHaveLength(3);
    expect(searchNodes(graph, '  ', 5)).toEqual([]);
  });
});

describeShared('Nodes reading of real graphs', () => {
  const files = ['small_resnet_v1/small_resnet_v1_eval.pb', 'small_mobilenet_v2/recipe2_int8.pb.gz', 'yolo_v2_tiny/recipe3c_int8.pb.gz'];
  it.each(files)('NOD1 %s: every node in exactly one box', async (file) => {
    const input = sceneInput(readGraph(shared('cases/nets', file)));
    for (const picture of [await scene(input, 'nodes'), await opened(input, 'nodes')]) {
      const members = picture.nodes.flatMap((node) => node.members);
      expect(members.length).toBe(input.graph.nodes.length);
      expect(new Set(members)).toEqual(new Set(input.graph.nodes.map(({ name }) => name)));
      const { boxes, edges, layout } = drawing(picture);
      expect(faults(boxes, [], layout)).toEqual([]);
      expect(edges.every(({ from, to }) => from >= 0 && to >= 0)).toBe(true);
    }
  });

  it('NOD1 wires carry whole shapes, control edges are marked', async () => {
    const all = await opened(sceneInput(readGraph(shared('cases/nets/small_resnet_v1/small_resnet_v1_eval.pb'))), 'nodes');
    expect(all.edges.some(({ label }) => /^3×3×\d+×\d+$/.test(label))).toBe(true);
    const training = await opened(sceneInput(readGraph(shared('cases/nets/small_resnet_v1/small_resnet_v1_train.meta'))), 'nodes');
    expect(training.edges.filter(({ control }) => control).length).toBeGreaterThan(0);
  });

  it('NOD2 draws the largest graph as far as a person first sees it', async () => {
    const input = sceneInput(readGraph(shared('cases/nets/resnet_v1_50/recipe3a_int8.pb.gz')));
    const first = await scene(input, 'nodes');
    expect(first.nodes.length).toBeLessThan(64);
    const { boxes, edges, layout } = drawing(first);
    expect(faults(boxes, edges, layout)).toEqual([]);
    expect(await scene(sceneInput(input.graph), 'nodes')).toEqual(first);
  });
});

describe('pictures of odd graphs', () => {
  it('draws a graph without inputs, without layers, without nodes', async () => {
    const { Graph, GraphNode } = await import('../../../worker/graph/graph.ts');
    const constant = GraphNode.make({ name: 'c', op: 'Const' });
    const twice = GraphNode.make({ name: 'twice', op: 'Add', inputs: ['c', 'c'] });
    const loop = [
      GraphNode.make({ name: 'x', op: 'Placeholder' }),
      GraphNode.make({ name: 'merge', op: 'Merge', inputs: ['x', 'next'] }),
      GraphNode.make({ name: 'body', op: 'Relu', inputs: ['merge'] }),
      GraphNode.make({ name: 'next', op: 'NextIteration', inputs: ['body'] }),
      GraphNode.make({ name: 'out', op: 'Exit', inputs: ['body'], controls: ['x'] }),
    ];
    for (const nodes of [[], [constant], [constant, twice], loop]) {
      for (const reading of ['layers', 'nodes'] as const) {
        const input: SceneInput = {
          graph: new Graph(nodes),
          quantizers: [],
          thresholds: new Map(),
          shapes: new Map(),
          inputs: [],
          outputs: [],
          leftFloat: new Map(),
          changed: new Set(),
        };
        const { boxes, edges, layout } = drawing(await scene(input, reading));
        expect(faults(boxes, edges, layout)).toEqual([]);
      }
    }
  });
});
