import { type Edge, type Graph, GraphEditor, type GraphNode, type Use } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { ancestors, descendants } from '../graph/reach.ts';
import { uniqueName } from '../graph/scopes.ts';
import { isUpdated } from '../graph/variableInfo.ts';
import { isVariable, variableName } from '../graph/variables.ts';
import { dataOrder } from '../ops/order.ts';
import { withMovingStatistics } from '../quantize/movingStatistics.ts';
import { ADD_OPS, COMPUTE_OPS } from '../quantize/placement/ops.ts';

/** A batch norm in inference form, folded or not, whose statistics are variables that nothing updates. */
export interface FixedBatchNorm {
  /** The batch norm node; of one in small ops, and of a folded one, the node that takes 1 / √(variance + ε). */
  readonly name: string;
  /** Variables of its statistics. */
  readonly mean: string;
  readonly variance: string;
  /** The tensor that it normalizes, in the graph that measures. */
  readonly normalized: Edge;
  readonly channelsFirst: boolean;
}

/** A graph in which everything that fixed batch norms normalize is there to be measured. */
export interface MeasuredGraph {
  readonly graph: Graph;
  /** Every one stands before those that read what it makes. */
  readonly batchNorms: readonly FixedBatchNorm[];
}

/**
 * TRN32: finds batch norms whose statistics are fixed variables, by what they compute: the fused op in inference form, γ / √(variance + ε)
 * as a factor of the data, or as one of a layer's weights (folded). Of a folded layer L(x, W·k) the graph is given L(x, W) beside it,
 * x as the layer reads it: that is what the batch norm normalized, and what batch norms folded for training take statistics of (FBN12).
 * Statistics that several batch norms read are left alone: they are none's own.
 */
export function fixedBatchNorms({ graph: given, inputs, outputs }: Pick<Model, 'graph' | 'inputs' | 'outputs'>): MeasuredGraph {
  const graph = withMovingStatistics(given);
  const live = ancestors(graph, outputs);
  const scene: Scene = { graph, live, varying: descendants(graph, inputs) };
  const found = graph.nodes.filter(({ name }) => live.has(name)).flatMap((node) => fusedAt(scene, node) ?? writtenOutAt(scene, node));
  const readers = new Map<string, number>();
  for (const { mean, variance } of found) for (const name of [mean, variance]) readers.set(name, (readers.get(name) ?? 0) + 1);
  const own = found.filter(({ mean, variance }) => readers.get(mean) === 1 && readers.get(variance) === 1);
  const editor = new GraphEditor(graph);
  const measured = own.map((norm) => ({ ...norm, normalized: norm.layer === null ? norm.normalized : unfolded(editor, norm.layer) }));
  const position = new Map(dataOrder(graph).nodes.map(({ name }, place) => [name, place]));
  const placeOf = ({ reader }: Found): number => position.get(reader) ?? 0;
  return {
    graph: editor.graph(),
    batchNorms: measured
      .sort((a, b) => placeOf(a) - placeOf(b))
      .map(({ name, mean, variance, normalized, channelsFirst }) => ({ name, mean, variance, normalized, channelsFirst })),
  };
}

interface Scene {
  readonly graph: Graph;
  readonly live: ReadonlySet<string>;
  /** Nodes that depend on an input. */
  readonly varying: ReadonlySet<string>;
}

/** The layer that a batch norm was folded into, its own weights, and what is added before it is normalized. */
interface FoldedLayer {
  readonly layer: GraphNode;
  readonly weights: Edge;
  readonly bias: Edge | null;
}

interface Found extends FixedBatchNorm {
  /** The node that takes the data. */
  readonly reader: string;
  /** null: it is not folded. */
  readonly layer: FoldedLayer | null;
}

/** Shapes, reads and roundings of a parameter. */
const VIEWS: ReadonlySet<string> = new Set(['Identity', 'ReadVariableOp', 'Reshape', 'Squeeze', 'ExpandDims', 'LinearQuant']);

function fusedAt({ graph }: Scene, node: GraphNode): Found | undefined {
  const training = node.attr('is_training');
  if (!node.op.startsWith('FusedBatchNorm') || training?.kind !== 'bool' || training.value) return undefined;
  const [normalized, , , mean, variance] = node.edges;
  const [meanName, varianceName] = [mean, variance].map((edge) => fixedVariable(graph, edge));
  if (normalized === undefined || meanName === undefined || varianceName === undefined) return undefined;
  const { name } = node;
  return { name, mean: meanName, variance: varianceName, normalized, channelsFirst: hasChannelsFirst(node), reader: name, layer: null };
}

/**
 * The batch norm whose 1 / √(variance + ε) `root` is. With k = γ times that, γ perhaps left out, it is x·k + (β − mean·k), or, folded,
 * L(x, W·k) + (β − (mean − bias)·k), bias perhaps left out.
 */
function writtenOutAt(scene: Scene, root: GraphNode): readonly Found[] {
  const { graph } = scene;
  const sum = root.op === 'Rsqrt' ? graph.find(root.edges[0]?.node ?? '') : undefined;
  if (sum === undefined || !ADD_OPS.has(sum.op)) return [];
  const variance = sum.edges.flatMap((edge) => fixedVariable(graph, edge) ?? [])[0];
  const products = variance === undefined ? [] : productsOf(scene, root);
  const [centre, ...otherCentres] = products.flatMap((product) => centreOf(graph, product) ?? []);
  const [use, ...otherUses] = products.flatMap((product) => useOf(scene, product, centre?.bias ?? null));
  if (variance === undefined || centre === undefined || use === undefined || otherCentres.length + otherUses.length > 0) return [];
  return [{ ...use, name: root.name, mean: centre.mean, variance }];
}

/** A product of 1 / √(variance + ε), of γ times that, or of another shape of either. */
interface Product {
  readonly node: GraphNode;
  readonly other: Edge;
}

function productsOf({ graph, live, varying }: Scene, root: GraphNode): readonly Product[] {
  const found: Product[] = [];
  const seen = new Set([root.name]);
  const open = [root.name];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    for (const { consumer, slot } of readersBehind(graph, name)) {
      const other = consumer.op === 'Mul' ? consumer.edges[1 - slot] : undefined;
      if (other === undefined || !live.has(consumer.name) || seen.has(consumer.name)) continue;
      seen.add(consumer.name);
      found.push({ node: consumer, other });
      if (!varying.has(consumer.name)) open.push(consumer.name);
    }
  }
  return found;
}

/** Of the product that β is lessened by: the mean, and a bias that stands before the batch norm. */
function centreOf(graph: Graph, { node, other }: Product): { readonly mean: string; readonly bias: Edge | null } | undefined {
  if (!readersBehind(graph, node.name).some(({ consumer, slot }) => consumer.op === 'Sub' && slot === 1)) return undefined;
  const mean = fixedVariable(graph, other);
  if (mean !== undefined) return { mean, bias: null };
  const [moved, bias] = sourceBehind(graph, other)?.edges ?? [];
  const name = fixedVariable(graph, moved);
  return name === undefined || bias === undefined ? undefined : { mean: name, bias };
}

/** What a product of k is for: the data, or weights of a layer. */
function useOf({ graph, live, varying }: Scene, { node, other }: Product, bias: Edge | null): Omit<Found, 'name' | 'mean' | 'variance'>[] {
  if (varying.has(node.name)) return [{ normalized: other, channelsFirst: false, reader: node.name, layer: null }];
  const layers = readersBehind(graph, node.name).filter(({ consumer, slot }) => slot === 1 && COMPUTE_OPS.has(consumer.op));
  return layers
    .filter(({ consumer }) => live.has(consumer.name))
    .map(({ consumer: layer }) => ({
      ...{ normalized: { node: layer.name, port: 0 }, channelsFirst: hasChannelsFirst(layer), reader: layer.name },
      layer: { layer, weights: other, bias },
    }));
}

/** L(x, W), and its bias added, as new nodes beside the layer. */
function unfolded(editor: GraphEditor, { layer, weights, bias }: FoldedLayer): Edge {
  const name = fresh(editor, `${layer.name}/unfolded`);
  editor.add(layer.with({ name, inputs: [layer.edges[0] ?? '', weights] }));
  if (bias === null) return { node: name, port: 0 };
  const sum = fresh(editor, `${name}/bias`);
  const [type, format] = [layer.attr('T'), layer.attr('data_format')];
  editor.add({
    ...{ name: sum, op: 'BiasAdd', inputs: [name, bias] },
    attrs: { ...(type === undefined ? {} : { T: type }), ...(format === undefined ? {} : { data_format: format }) },
  });
  return { node: sum, port: 0 };
}

function fresh(editor: GraphEditor, name: string): string {
  return uniqueName(name, (taken) => editor.find(taken) !== undefined);
}

/** Who reads a node, directly or in another shape. */
function readersBehind(graph: Graph, name: string): readonly Use[] {
  const found: Use[] = [];
  const open = [name];
  for (let view = open.pop(); view !== undefined; view = open.pop()) {
    for (const use of graph.uses(view)) {
      if (use.slot === 0 && VIEWS.has(use.consumer.op)) open.push(use.consumer.name);
      else found.push(use);
    }
  }
  return found;
}

/** The name of the variable that an edge reads, where nothing in the graph moves it. */
function fixedVariable(graph: Graph, edge: Edge | undefined): string | undefined {
  const source = edge === undefined ? undefined : sourceBehind(graph, edge);
  return source !== undefined && isVariable(source) && !isUpdated(graph, source.name) ? variableName(source) : undefined;
}

/** What an edge is a view of. */
function sourceBehind(graph: Graph, edge: Edge): GraphNode | undefined {
  let node = graph.find(edge.node);
  while (node !== undefined && VIEWS.has(node.op)) node = graph.find(node.edges[0]?.node ?? '');
  return node;
}

function hasChannelsFirst(node: GraphNode): boolean {
  const layout = node.attr('data_format');
  return layout?.kind === 'string' && layout.value === 'NCHW';
}
