import { tensorNumbers } from '../../formats/tensorValues.ts';
import type { Edge, Graph, GraphNode } from '../../graph/graph.ts';
import type { Model } from '../../graph/model.ts';
import { ADD_OPS, isFromAvgPool } from '../../quantize/placement/ops.ts';
import { constantScalar } from '../../quantize/quantizerScalars.ts';
import type { BiasedLayer } from '../layers/biasedLayers.ts';
import type { ParameterEdits } from '../layers/parameterEdits.ts';
import { type Distribution, meansOf } from './distributions.ts';

/** These hand values on: their means stay, but for what a border adds. */
const PASSES: ReadonlySet<string> = new Set(['Identity', 'Pad', 'Squeeze', 'Reshape']);
const AVERAGES: ReadonlySet<string> = new Set(['AvgPool', 'Mean']);

/**
 * What the batch norms of a graph say of its tensors: behind one, values are normal with mean β and deviation |γ|. From there on it is
 * followed through activations, averages, concats and sums, one node after the other in the graph's order. Tensors of which nothing is
 * known are not in the map.
 */
export function knownDistributions(
  { graph, shapes }: Pick<Model, 'graph' | 'shapes'>,
  layers: Iterable<BiasedLayer>,
  edits: ParameterEdits,
): ReadonlyMap<string, Distribution> {
  const known = new Map<string, Distribution>();
  const bySum = new Map([...layers].map((layer) => [layer.sum.name, layer]));
  const channels = (name: string) => shapes.get(name)?.[0]?.at(-1);
  for (const node of graph.nodes) {
    const layer = bySum.get(node.name);
    const found = layer === undefined ? behind(graph, node, known) : normalized(layer, edits);
    if (found !== undefined && found.mean.length === channels(node.name)) known.set(node.name, found);
  }
  return known;
}

function normalized({ norm, offset }: BiasedLayer, edits: ParameterEdits): Distribution | undefined {
  const beta = edits.read(offset)?.values;
  if (norm === null || beta === undefined) return undefined;
  const gamma = norm.gamma === null ? undefined : edits.read(norm.gamma)?.values;
  return {
    kind: 'normal',
    mean: Float64Array.from(beta),
    deviation: Float64Array.from(beta, (_, channel) => Math.abs(gamma?.[channel] ?? 1)),
    slope: 1,
    high: () => Number.POSITIVE_INFINITY,
  };
}

function behind(graph: Graph, node: GraphNode, known: ReadonlyMap<string, Distribution>): Distribution | undefined {
  const of = (edge: Edge | undefined) => (edge === undefined || edge.port !== 0 ? undefined : known.get(edge.node));
  const first = of(node.edges[0]);
  if (node.op === 'Maximum') return leaky(graph, node, known);
  if (ADD_OPS.has(node.op)) return sum(of(node.edges[0]), of(node.edges[1]));
  if (node.op === 'ConcatV2') return joined(node.edges.slice(0, -1).map(of));
  if (first === undefined) return undefined;
  if (isFromAvgPool(node.name) || AVERAGES.has(node.op)) return { kind: 'means', mean: meansOf(first) };
  if (PASSES.has(node.op)) return first;
  if (first.kind !== 'normal') return undefined;
  if (node.op === 'Relu' || node.op === 'Relu6') return { ...first, slope: 0, high: node.op === 'Relu6' ? () => 6 : first.high };
  if (node.op === 'Minimum') {
    const clip = graph.find(node.edges[1]?.node ?? '')?.attr('value');
    if (clip?.kind !== 'tensor' || first.slope !== 0) return undefined;
    const heights = tensorNumbers(clip.value);
    return { ...first, high: (channel) => heights[heights.length === 1 ? 0 : channel] ?? Number.POSITIVE_INFINITY };
  }
  return undefined;
}

/** max(x, αx) as preprocess_layers writes it. */
function leaky(graph: Graph, { edges }: GraphNode, known: ReadonlyMap<string, Distribution>): Distribution | undefined {
  for (const [product, plain] of [edges, [...edges].reverse()]) {
    const mul = graph.find(product?.node ?? '');
    const source = known.get(plain?.node ?? '');
    if (mul?.op !== 'Mul' || source?.kind !== 'normal' || source.slope !== 1) continue;
    const other = mul.edges.find(({ node }) => node !== plain?.node);
    const alpha = other === undefined ? undefined : constantScalar(graph.node(other.node));
    if (alpha !== undefined && alpha >= 0 && alpha < 1) return { ...source, slope: alpha };
  }
  return undefined;
}

/** Sums of independent normal values are normal; of others the mean of the sum is known. */
function sum(a: Distribution | undefined, b: Distribution | undefined): Distribution | undefined {
  if (a === undefined || b === undefined || a.mean.length !== b.mean.length) return undefined;
  if (a.kind === 'normal' && b.kind === 'normal' && a.slope === 1 && b.slope === 1) {
    return {
      ...a,
      mean: a.mean.map((mean, channel) => mean + (b.mean[channel] ?? 0)),
      deviation: a.deviation.map((deviation, channel) => Math.hypot(deviation, b.deviation[channel] ?? 0)),
    };
  }
  const [left, right] = [meansOf(a), meansOf(b)];
  return { kind: 'means', mean: left.map((mean, channel) => mean + (right[channel] ?? 0)) };
}

function joined(parts: readonly (Distribution | undefined)[]): Distribution | undefined {
  if (parts.some((part) => part === undefined)) return undefined;
  return { kind: 'means', mean: Float64Array.from(parts.flatMap((part) => (part === undefined ? [] : [...meansOf(part)]))) };
}
