import type { Tensor } from '../../formats/tensor.ts';
import { makeTensor } from '../../formats/tensorValues.ts';
import type { Edge, Graph, GraphNode } from '../../graph/graph.ts';
import { any, inAnyOrder, matchAt, node, oneOf, optional, where } from '../../graph/pattern.ts';
import { ADD_OPS, COMPUTE_OPS } from '../../quantize/placement/ops.ts';
import { dtypeOf } from '../nodes.ts';

/** Batch normalization as one op. */
export const FUSED_BATCH_NORMS: ReadonlySet<string> = new Set(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3']);

const layer = node('layer', COMPUTE_OPS);

const biased = node('biasAdd', ['BiasAdd', ...ADD_OPS], inAnyOrder(layer, any('bias')));

/** A compute layer whose output goes, perhaps through a bias, a Reshape or Squeeze, into a batch norm. */
const normalized = optional('reshape', ['Reshape', 'Squeeze'], oneOf(layer, biased));
const fusedBatchNorm = node('bn', FUSED_BATCH_NORMS, normalized, any('gamma'), any('beta'), any('mean'), any('variance'));

/** Batch norm in small ops, as TensorFlow ≤ 1.2 writes it: x·k + (β − mean·k) with k = γ / √(variance + ε), γ perhaps left out. */
const rsqrt = node('rsqrt', 'Rsqrt', node('sum', ADD_OPS, inAnyOrder(where(node('epsilon', 'Const'), isScalar), any('variance'))));
const scale = oneOf(node('scale', 'Mul', inAnyOrder(rsqrt, any('gamma'))), rsqrt);
const offset = node('offset', 'Sub', any('beta'), node('shift', 'Mul', inAnyOrder(any('mean'), scale)));
const writtenOutBatchNorm = node('bn', ADD_OPS, inAnyOrder(node('scaled', 'Mul', inAnyOrder(normalized, scale)), offset));
const anyWrittenOut = node('bn', ADD_OPS, inAnyOrder(node('scaled', 'Mul', inAnyOrder(any(), scale)), offset));

/** A batch norm and the layer before it, however the file writes them. */
export interface NormalizedLayer {
  readonly bn: GraphNode;
  readonly layer: GraphNode;
  readonly reshape: GraphNode | undefined;
  /** What is added to the layer's output before it is normalized. */
  readonly bias: Edge | undefined;
  /** undefined: there is no γ. */
  readonly gamma: Edge | undefined;
  readonly beta: Edge;
  readonly mean: Edge;
  readonly variance: Edge;
  /** ε as a scalar of the layer's type. */
  readonly epsilon: Tensor;
  /** The nodes of the batch norm itself, readers before what they read. */
  readonly nodes: readonly GraphNode[];
  /** Nodes before the end whose values the fold changes: the layer, and what carries its output on. */
  readonly carriers: readonly GraphNode[];
  /** The normalization uses the statistics of the batch at hand. */
  readonly training: boolean;
}

/** The batch norm that ends at `root` with the layer before it; behind a bias only where `isBias` says that it is one. */
export function normalizedLayerAt(graph: Graph, root: GraphNode, isBias: (node: GraphNode) => boolean): NormalizedLayer | undefined {
  const fused = matchAt(graph, fusedBatchNorm, root);
  if (fused !== undefined) {
    const bias = biasOf(fused, isBias);
    if (bias === null) return undefined;
    const [, gamma, beta, mean, variance] = root.edges as [Edge, Edge, Edge, Edge, Edge];
    const epsilon = makeTensor(dtypeOf(root), [], [floatAttr(root, 'epsilon', 1e-4)]);
    const carriers = [fused.layer, fused.reshape, fused.biasAdd].filter((found) => found !== undefined);
    const nodes = [root, fused.biasAdd].filter((found) => found !== undefined);
    return { ...fused, reshape: fused.reshape, bias, gamma, beta, mean, variance, epsilon, nodes, carriers, training: inTraining(root) };
  }
  const written = matchAt(graph, writtenOutBatchNorm, root);
  if (written === undefined) return undefined;
  const bias = biasOf(written, isBias);
  if (bias === null) return undefined;
  const epsilon = written.epsilon.attr('value');
  if (epsilon?.kind !== 'tensor') return undefined;
  const source = (found: GraphNode, reader: GraphNode): Edge =>
    reader.edges.find((edge) => edge.node === found.name) ?? { node: found.name, port: 0 };
  return {
    bn: root,
    layer: written.layer,
    reshape: written.reshape,
    bias,
    gamma: written.scale === undefined || written.gamma === undefined ? undefined : source(written.gamma, written.scale),
    beta: source(written.beta, written.offset),
    mean: source(written.mean, written.shift),
    variance: source(written.variance, written.sum),
    epsilon: epsilon.value,
    nodes: [
      ...[root, written.scaled, written.offset, written.shift, written.scale, written.rsqrt, written.sum, written.epsilon],
      written.biasAdd,
    ].filter((found) => found !== undefined),
    carriers: [written.layer, written.reshape, written.biasAdd, written.scaled].filter((found) => found !== undefined),
    training: !isParameter(graph, written.mean) || !isParameter(graph, written.variance),
  };
}

/** The bias between layer and batch norm, undefined: there is none, null: what is added there is no bias. */
function biasOf(
  { biasAdd, bias }: { readonly biasAdd?: GraphNode | undefined; readonly bias?: GraphNode | undefined },
  isBias: (node: GraphNode) => boolean,
): Edge | undefined | null {
  if (biasAdd === undefined || bias === undefined) return undefined;
  return isBias(bias) ? (biasAdd.edges.find((edge) => edge.node === bias.name) ?? null) : null;
}

/** Whether a batch norm ends here that has no compute layer before it. */
export function isLoneBatchNorm(graph: Graph, root: GraphNode): boolean {
  return FUSED_BATCH_NORMS.has(root.op) || matchAt(graph, anyWrittenOut, root) !== undefined;
}

/** Where a batch norm in inference form reads what it normalizes: the node and its input slot; undefined for any other node. */
export function normalizedInput(graph: Graph, root: GraphNode): { readonly reader: GraphNode; readonly slot: number } | undefined {
  if (FUSED_BATCH_NORMS.has(root.op)) return inTraining(root) ? undefined : { reader: root, slot: 0 };
  const written = matchAt(graph, anyWrittenOut, root);
  if (written === undefined || !isParameter(graph, written.mean) || !isParameter(graph, written.variance)) return undefined;
  const factor = (written.scale ?? written.rsqrt).name;
  const slot = written.scaled.edges.findIndex((edge) => edge.node !== factor);
  return slot < 0 ? undefined : { reader: written.scaled, slot };
}

/** What a batch norm that ends at `root` reads beside the data, a layer before it or not; undefined for any other node. γ may be missing. */
export function batchNormParameters(
  graph: Graph,
  root: GraphNode,
): Readonly<Record<'gamma' | 'beta' | 'mean' | 'variance', Edge | undefined>> | undefined {
  if (FUSED_BATCH_NORMS.has(root.op)) {
    const [, gamma, beta, mean, variance] = root.edges;
    return { gamma, beta, mean, variance };
  }
  const written = matchAt(graph, anyWrittenOut, root);
  if (written === undefined) return undefined;
  return {
    gamma: written.scale === undefined ? undefined : edgeTo(written.gamma, written.scale),
    beta: edgeTo(written.beta, written.offset),
    mean: edgeTo(written.mean, written.shift),
    variance: edgeTo(written.variance, written.sum),
  };
}

/** By which edge `reader` reads `found`. */
function edgeTo(found: GraphNode | undefined, reader: GraphNode): Edge | undefined {
  return found === undefined ? undefined : reader.edges.find((edge) => edge.node === found.name);
}

/** A constant or a variable, read directly or through its Identity. */
function isParameter(graph: Graph, found: GraphNode): boolean {
  if (found.op === 'Identity') {
    const [source] = found.edges;
    const behind = source === undefined ? undefined : graph.find(source.node);
    return behind !== undefined && behind.op !== 'Identity' && isParameter(graph, behind);
  }
  return found.op === 'Const' || found.op === 'Variable' || found.op === 'VariableV2' || found.op === 'ReadVariableOp';
}

function isScalar(found: GraphNode): boolean {
  const value = found.attr('value');
  return value?.kind === 'tensor' && value.value.shape.length === 0;
}

/** Whether a fused batch norm normalizes with the statistics of the batch at hand. */
export function inTraining(bn: GraphNode): boolean {
  const value = bn.attr('is_training');
  return value?.kind !== 'bool' || value.value;
}

function floatAttr(found: GraphNode, name: string, fallback: number): number {
  const value = found.attr(name);
  return value?.kind === 'float' ? value.value : fallback;
}
