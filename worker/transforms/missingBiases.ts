import { makeTensor } from '../formats/tensorValues.ts';
import { type Graph, GraphEditor, type GraphNode } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { inferShapes } from '../ops/inferShapes.ts';
import { layersWithoutBias } from '../quantize/placement/layers.ts';
import { constant, dtypeOf, typed } from './nodes.ts';
import type { Change } from './transform.ts';

/**
 * QNT55: a layer without bias gets one of zeros, `<layer>/zero_bias` added by `<layer>/BiasAdd`, so that it is quantized like any other.
 * Its readers read the sum; the layer itself, should it be an output of the graph, keeps its name and its value.
 */
export function addMissingBiases(model: Model): { readonly graph: Graph; readonly changes: readonly Change[] } {
  const { graph } = model;
  const layers = layersWithoutBias(graph);
  if (layers.length === 0) return { graph, changes: [] };
  const shapes = model.shapes.size > 0 ? model.shapes : inferShapes(graph);
  const editor = new GraphEditor(graph);
  const changes: Change[] = [];
  for (const layer of layers) {
    const channels = shapes.get(layer.name)?.[0]?.at(channelAxis(layer)) ?? -1;
    if (channels <= 0) continue;
    const dtype = dtypeOf(layer);
    const bias = constant(`${layer.name}/zero_bias`, makeTensor(dtype, [channels], new Float64Array(channels)));
    const sum = typed(`${layer.name}/BiasAdd`, 'BiasAdd', dtype, layer.name, bias.name);
    const layout = layer.attr('data_format') ?? ({ kind: 'string', value: 'NHWC' } as const);
    editor.add(bias);
    editor.add({ ...sum, attrs: { ...sum.attrs, data_format: layout } });
    for (const { consumer, slot } of graph.uses(layer.name)) {
      const node = editor.node(consumer.name);
      editor.replace(node.with({ inputs: node.edges.map((edge, at) => (at === slot ? sum.name : edge)) }));
    }
    changes.push({ rule: 'QNT55', summary: `${layer.name} adds a bias of zeros`, before: [layer.name], after: [bias.name, sum.name] });
  }
  return { graph: changes.length === 0 ? graph : editor.graph(), changes };
}

function channelAxis(layer: GraphNode): number {
  const layout = layer.attr('data_format');
  return layout?.kind === 'string' && layout.value === 'NCHW' ? 1 : -1;
}
