import type { Edge, Graph, GraphNode } from '../../graph/graph.ts';
import { any, inAnyOrder, type MatchOf, matches, node, oneOf, optional, where } from '../../graph/pattern.ts';
import { biasTest } from '../../quantize/placement/biases.ts';
import { ADD_OPS, COMPUTE_OPS, isFromAvgPool } from '../../quantize/placement/ops.ts';
import { constantScalar } from '../../quantize/quantizerScalars.ts';
import { parameterBehind } from './parameterEdits.ts';

/** k = γ / √(variance + ε) as fold_batch_norms writes it; γ may be missing, depthwise layers reshape it. */
const rsqrt = node('rsqrt', 'Rsqrt', node('shifted', ADD_OPS, inAnyOrder(any('variance'), node('epsilon', 'Const'))));
const scale = oneOf(node('scale', 'Mul', inAnyOrder(any('gamma'), rsqrt)), rsqrt);
const folded = node('folded', 'Mul', inAnyOrder(any('plain'), optional('reshape', 'Reshape', scale)));
const layer = node('layer', COMPUTE_OPS, any('input'), oneOf(folded, any('plain')));
/** Between layer and bias only where batch norm is folded for training. */
const output = oneOf(layer, node('correction', 'Mul', inAnyOrder(layer, any())));

function biasedLayer(isBias: (node: GraphNode) => boolean) {
  return oneOf(node('sum', 'BiasAdd', output, any('bias')), node('sum', ADD_OPS, inAnyOrder(output, where(any('bias'), isBias))));
}

/** A layer with its bias and, where one was folded into it, its batch norm. All are names of constants or variables. */
export interface BiasedLayer {
  readonly layer: GraphNode;
  /** The node that adds the bias: what follows reads it. */
  readonly sum: GraphNode;
  readonly weights: string;
  readonly norm: FoldedNorm | null;
  /** The bias, or β of the batch norm. */
  readonly offset: string;
}

/** A batch norm as fold_batch_norms leaves it. */
export interface FoldedNorm {
  /** Null: it has none. */
  readonly gamma: string | null;
  readonly variance: string;
  readonly epsilon: number;
  /** Null where something else is taken off it (a bias before the batch norm, FBN20), or the statistics of a batch stand beside it. */
  readonly mean: string | null;
}

/** Every layer with a bias whose weights, bias and batch norm are constants or variables, in the graph's order. */
export function* biasedLayers(graph: Graph): Generator<BiasedLayer> {
  for (const match of matches(graph, biasedLayer(biasTest(graph)))) {
    if (isFromAvgPool(match.layer.name)) continue;
    const found = parametersOf(graph, match);
    if (found !== undefined) yield { layer: match.layer, sum: match.sum, ...found };
  }
}

type Match = MatchOf<ReturnType<typeof biasedLayer>>;

function parametersOf(graph: Graph, match: Match): Omit<BiasedLayer, 'layer' | 'sum'> | undefined {
  const { layer: found, folded: product, bias } = match;
  const source = (name: GraphNode | undefined, reader: GraphNode | undefined): GraphNode | undefined =>
    parameterBehind(graph, edgeTo(name, reader));
  const weights = source(match.plain, product ?? found);
  if (weights === undefined) return undefined;
  if (product === undefined || match.rsqrt === undefined) {
    const own = parameterBehind(graph, edgeTo(bias, match.sum));
    return own === undefined ? undefined : { weights: weights.name, norm: null, offset: own.name };
  }
  const beta = bias.op === 'Sub' ? parameterBehind(graph, bias.edges[0]) : undefined;
  const variance = source(match.variance, match.shifted);
  const gamma = match.scale === undefined ? undefined : source(match.gamma, match.scale);
  const epsilon = match.epsilon === undefined ? undefined : constantScalar(match.epsilon);
  if (beta === undefined || variance === undefined || epsilon === undefined) return undefined;
  if (match.scale !== undefined && gamma === undefined) return undefined;
  const norm = {
    gamma: gamma?.name ?? null,
    variance: variance.name,
    epsilon,
    mean: meanOf(graph, bias, (match.scale ?? match.rsqrt).name),
  };
  return { weights: weights.name, norm, offset: beta.name };
}

/** β − mean · k: the mean where it is read as it is. */
function meanOf(graph: Graph, biases: GraphNode, k: string): string | null {
  const shift = graph.find(biases.edges[1]?.node ?? '');
  if (shift?.op !== 'Mul') return null;
  return (
    parameterBehind(
      graph,
      shift.edges.find((edge) => edge.node !== k),
    )?.name ?? null
  );
}

function edgeTo(found: GraphNode | undefined, reader: GraphNode | undefined): Edge | undefined {
  return found === undefined ? undefined : reader?.edges.find((edge) => edge.node === found.name);
}
