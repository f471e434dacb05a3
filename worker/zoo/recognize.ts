import type { Graph, GraphNode } from '../graph/graph.ts';
import { ancestors, descendants } from '../graph/reach.ts';
import { isVariable } from '../graph/variables.ts';
import type { GraphForm } from '../protocol.ts';
import { isFromAvgPool } from '../quantize/placement/ops.ts';
import { guessInterface, placeholderShape } from '../transforms/interface.ts';
import { departures } from './departures.ts';
import { findNamed, type NetworkNames, scopeOf } from './names.ts';
import type { LayerCounts, Network } from './network.ts';
import { NETWORKS } from './networks.ts';

/** A network of the table that was found in a graph, under the graph's own names. */
export interface RecognizedNetwork extends NetworkNames {
  readonly network: Network;
  /** In what it departs from the published form; empty: in nothing. */
  readonly variant: readonly string[];
  /** Which recipes it is for; a graph with variables and without batch norm may be trained and evaluated as it is. */
  readonly form: GraphForm;
}

const LAYERS: readonly (keyof LayerCounts)[] = ['Conv2D', 'DepthwiseConv2dNative', 'MatMul'];

/**
 * Which network of the table a graph holds, or null. It is told by the names of its first and last layer and of its marks, in
 * whatever scope they stand, and by how many layers of each kind lead to the last one; savers, losses and heads beside it do not count.
 */
export function recognizeNetwork(graph: Graph): RecognizedNetwork | null {
  const layers = graph.nodes.filter(isLayer);
  for (const network of NETWORKS) {
    for (const last of layers) {
      const scope = scopeOf(network, network.lastLayer, last.name);
      if (scope === null || ![network.firstLayer, ...network.marks].every((name) => findNamed(graph, network, name, scope))) continue;
      const found = examine(graph, network, scope, last);
      if (found !== null) return found;
      break;
    }
  }
  return null;
}

/** A layer of the network itself, not one that a transform made. */
function isLayer({ op, name }: GraphNode): boolean {
  return LAYERS.some((kind) => kind === op) && !isFromAvgPool(name) && !name.endsWith('_Fold');
}

function examine(graph: Graph, network: Network, scope: string, last: GraphNode): RecognizedNetwork | null {
  const before = ancestors(graph, [last.name]);
  const behind = descendants(graph, [last.name]);
  const first = findNamed(graph, network, network.firstLayer, scope);
  if (first === undefined || !before.has(first.name)) return null;
  // What multiplies matrices behind it may be a gradient; a convolution there belongs to a deeper network of the same names.
  if (graph.nodes.some((node) => node !== last && behind.has(node.name) && node.op !== 'MatMul' && isLayer(node))) return null;
  const cone = graph.nodes.filter(({ name }) => before.has(name));
  const counts = countLayers(cone);
  if (!network.anyDepth && !LAYERS.every((kind) => counts[kind] === network.layers[kind])) return null;
  const found = interfaceOf(graph, network, scope, { before, behind });
  return {
    network,
    interface: found,
    firstLayer: first.name,
    lastLayer: last.name,
    variant: departures(graph, network, { counts, first, last, shape: found.shape }),
    form: formOf(cone),
  };
}

function countLayers(nodes: readonly GraphNode[]): LayerCounts {
  const count = (kind: keyof LayerCounts) => nodes.filter((node) => node.op === kind && isLayer(node)).length;
  return { Conv2D: count('Conv2D'), DepthwiseConv2dNative: count('DepthwiseConv2dNative'), MatMul: count('MatMul') };
}

/** Names of the table where the graph has them, else what lies before the first and behind the last layer. */
function interfaceOf(
  graph: Graph,
  network: Network,
  scope: string,
  { before, behind }: { readonly before: ReadonlySet<string>; readonly behind: ReadonlySet<string> },
): NetworkNames['interface'] & { readonly shape: readonly number[] } {
  const guess = guessInterface(graph);
  const input = findNamed(graph, network, network.input, scope)?.name ?? '';
  const output = findNamed(graph, network, network.output, scope)?.name ?? '';
  const inputs = before.has(input) ? [input] : guess.inputs.filter((name) => before.has(name));
  const outputs = behind.has(output) ? [output] : guess.outputs.filter((name) => behind.has(name));
  const [node] = inputs.flatMap((name) => graph.find(name) ?? []);
  const shape = node === undefined ? undefined : placeholderShape(node)?.slice(1);
  return { inputs, outputs, shape: shape?.every((size) => size > 0) === true ? shape : network.shape };
}

/** What a graph can be used for, told by what leads to its outputs. */
export function graphForm(graph: Graph, outputs: readonly string[]): GraphForm {
  const cone = ancestors(graph, outputs);
  return formOf(graph.nodes.filter(({ name }) => cone.has(name)));
}

function formOf(cone: readonly GraphNode[]): GraphForm {
  if (cone.some(({ op }) => op === 'LinearQuant')) return 'quantized';
  const norms = cone.filter(({ op }) => op.startsWith('FusedBatchNorm'));
  if (norms.some((node) => isTrue(node, 'is_training'))) return 'training';
  // Rsqrt: batch norm written out in small ops, or folded.
  const fixed = norms.length > 0 || cone.some(({ op }) => op === 'Rsqrt') || !cone.some(isVariable);
  return fixed ? 'evaluation' : 'either';
}

/** The flag, on where it is not written. */
function isTrue(node: GraphNode, name: string): boolean {
  const value = node.attr(name);
  return value?.kind !== 'bool' || value.value;
}
