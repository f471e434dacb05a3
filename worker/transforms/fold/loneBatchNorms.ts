import type { DType } from '../../formats/tensor.ts';
import { makeTensor } from '../../formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode, type NodeSpec } from '../../graph/graph.ts';
import { constant, dtypeOf, intList } from '../nodes.ts';
import type { Change } from '../transform.ts';
import { normalizedInput, normalizedLayerAt } from './batchNorms.ts';
import type { FoldScene } from './foldScene.ts';
import { obstacleTo } from './obstacles.ts';

/**
 * FBN21: a batch norm that cannot be folded into the layer before it, because there is none or something else reads that layer's output,
 * gets a layer of its own: `<bn>/depthwise`, a 1×1 depthwise convolution with weights of 1, which it is then folded into. Only for images
 * with channels last and statistics that are fixed.
 */
export function layersForBatchNorms(
  scene: FoldScene,
  isBias: (node: GraphNode) => boolean,
): { readonly graph: Graph; readonly changes: readonly Change[] } {
  const { graph } = scene;
  const editor = new GraphEditor(graph);
  const changes: Change[] = [];
  for (const root of graph.nodes) {
    const place = scene.live.has(root.name) ? normalizedInput(graph, root) : undefined;
    const source = place?.reader.edges[place.slot];
    const shape = scene.shapeOf(source);
    const channels = shape?.at(-1) ?? -1;
    if (place === undefined || source === undefined || shape?.length !== 4 || channels <= 0 || !channelsLast(root)) continue;
    const match = normalizedLayerAt(graph, root, isBias);
    if (match !== undefined && (match.training || obstacleTo(match, match, scene)?.rule !== 'FBN9')) continue;

    const dtype = dtypeOf(place.reader);
    const weights = constant(`${root.name}/weights`, makeTensor(dtype, [1, 1, channels, 1], new Float64Array(channels).fill(1)));
    const layer = depthwise(`${root.name}/depthwise`, dtype, source, weights.name);
    editor.add(weights);
    editor.add(layer);
    const reader = editor.node(place.reader.name);
    editor.replace(reader.with({ inputs: reader.edges.map((edge, slot) => (slot === place.slot ? layer.name : edge)) }));
    const summary = `Batch norm ${root.name} gets a layer of its own`;
    changes.push({ rule: 'FBN21', summary, before: [root.name], after: [weights.name, layer.name] });
  }
  return { graph: changes.length === 0 ? graph : editor.graph(), changes };
}

function channelsLast(bn: GraphNode): boolean {
  const layout = bn.attr('data_format');
  return layout?.kind !== 'string' || layout.value === 'NHWC';
}

function depthwise(name: string, dtype: DType, ...inputs: NonNullable<NodeSpec['inputs']>): NodeSpec {
  const attrs = {
    T: { kind: 'type', value: dtype },
    strides: intList(1, 1, 1, 1),
    padding: { kind: 'string', value: 'VALID' },
    data_format: { kind: 'string', value: 'NHWC' },
    dilations: intList(1, 1, 1, 1),
  } as const;
  return { name, op: 'DepthwiseConv2dNative', inputs, attrs };
}
