import type { Graph, GraphNode } from '../graph/graph.ts';
import type { LayerCounts, Network } from './network.ts';

/** What of a graph is held against the table. */
interface Found {
  readonly counts: LayerCounts;
  readonly first: GraphNode;
  readonly last: GraphNode;
  readonly shape: readonly number[];
}

/** In what a graph departs from the published network: depth, width, input, outputs. */
export function departures(graph: Graph, network: Network, { counts, first, last, shape }: Found): string[] {
  const depth = total(counts);
  const published = total(network.layers);
  const width = outputChannels(graph, first);
  const outputs = outputChannels(graph, last);
  return [
    ...(depth === published ? [] : [`${depth} of ${published} layers`]),
    ...(width === null || width === network.filters ? [] : [`${width} instead of ${network.filters} channels in the first layer`]),
    ...(shape.join() === network.shape.join() ? [] : [`input ${shape.join('×')}`]),
    ...(outputs === null || network.classes.includes(outputs) ? [] : [`${outputs} outputs`]),
  ];
}

function total({ Conv2D, DepthwiseConv2dNative, MatMul }: LayerCounts): number {
  return Conv2D + DepthwiseConv2dNative + MatMul;
}

/** What may stand between a layer and the node that holds its weights. */
const PASSES_ON: ReadonlySet<string> = new Set(['Identity', 'ReadVariableOp', 'Cast', 'LinearQuant', 'Mul']);
const MOST_STEPS = 6;

/** How many channels a layer gives, read from the shape of its weights; null where that cannot be told. */
function outputChannels(graph: Graph, layer: GraphNode): number | null {
  const [rows = 0, columns = 0] = weightShape(graph, layer)?.slice(-2) ?? [];
  const channels = layer.op === 'DepthwiseConv2dNative' ? rows * columns : columns;
  return channels > 0 ? channels : null;
}

function weightShape(graph: Graph, layer: GraphNode): readonly number[] | null {
  let node = graph.find(layer.edges[1]?.node ?? '');
  for (let steps = 0; node !== undefined && PASSES_ON.has(node.op) && steps < MOST_STEPS; steps++) {
    node = graph.find(node.edges[0]?.node ?? '');
  }
  const declared = node?.attr('shape');
  if (declared?.kind === 'shape') return declared.value;
  const value = node?.attr('value');
  return value?.kind === 'tensor' ? value.value.shape : null;
}
