import { GraffitistError } from '../../errors.ts';
import type { Graph, GraphNode } from '../../graph/graph.ts';
import { any, inAnyOrder, type MatchOf, matches, node, oneOf, where } from '../../graph/pattern.ts';
import { lastSegment, parentScope } from '../naming.ts';
import { biasTest } from './biases.ts';
import { ADD_OPS, COMPUTE_OPS, isFromAvgPool, RELU_OPS, VARIABLE_OPS } from './ops.ts';
import { type Pass, type Placement, type PlacementSettings, place } from './placement.ts';

/** Weights as they stand in an unfrozen graph, a frozen one, or behind a folded batch norm. */
const variable = node('variable', VARIABLE_OPS);
const variableRead = node('read', 'Identity', variable);
/** Filters of a convolution over time get the height that their images have. */
const expanded = node('weight', 'ExpandDims', oneOf(node('read', ['ReadVariableOp', 'Const', 'Mul']), variableRead, variable), any());
const weight = oneOf(
  expanded,
  node('weight', VARIABLE_OPS),
  node('weight', 'Identity', variable),
  node('weight', 'Cast', oneOf(variableRead, variable)),
  node('weight', ['ReadVariableOp', 'Const', 'Mul']),
);

const layer = node('layer', COMPUTE_OPS, inAnyOrder(any('input'), weight));
/** Between layer and bias only where batch norm is folded for training. */
const corrected = node('correction', 'Mul', inAnyOrder(any(), layer));

/**
 * QNT3 … QNT6, in the order in which they are looked for: a layer belongs to the first that ends at it. `isBias` tells a bias from the
 * other branch of a residual sum.
 */
function rootsOf(isBias: (node: GraphNode) => boolean) {
  const biasAdd = oneOf(
    node('biasAdd', 'BiasAdd', inAnyOrder(oneOf(layer, corrected), any('bias'))),
    node('biasAdd', ADD_OPS, inAnyOrder(oneOf(layer, corrected), where(any('bias'), isBias))),
  );
  /** An element-wise add that reads a biased layer: residual connections. */
  const bypass = node('bypass', ADD_OPS, inAnyOrder(any(), biasAdd));
  const sum = oneOf(biasAdd, bypass);
  return {
    /** A Relu6 whose channels equalize_layers scaled (EQU2): it clips each at its own height. */
    clipped: node('relu', 'Minimum', node('rectified', 'Relu', sum), node('clip', 'Const')),
    relu: node('relu', RELU_OPS, sum),
    leaky: node('leaky', 'Maximum', inAnyOrder(node('alphaX', 'Mul', inAnyOrder(any('alpha'), sum)), sum)),
    bypass,
    biasAdd,
  };
}

/** A compute layer with what follows it, whichever pattern found it. */
interface LayerMatch extends MatchOf<ReturnType<typeof rootsOf>['biasAdd']> {
  readonly rule: string;
  readonly bypass?: GraphNode | undefined;
  readonly relu?: GraphNode | undefined;
  readonly leaky?: GraphNode | undefined;
  readonly alpha?: GraphNode | undefined;
  readonly alphaX?: GraphNode | undefined;
}

/** Quantizers on weights, accumulators, biases and outputs of compute layers that add a bias. @throws GraffitistError `op-training` */
export const placeLayers: Pass = (graph, settings) => {
  const placements: Placement[] = [];
  for (const match of layerMatches(graph)) {
    if (!settings.training) refuseTraining(match);
    if (skipReason(match, settings) === null) placements.push(...layerPlacements(match, settings));
  }
  return { placements, warnings: [] };
};

/** Each compute layer that adds a bias, once, in the order in which the original quantizes them. */
export function* layerMatches(graph: Graph): Generator<LayerMatch> {
  const taken = new Set<string>();
  for (const match of candidates(graph)) {
    if (taken.has(match.layer.name)) continue;
    taken.add(match.layer.name);
    yield match;
  }
}

/** QNT55: layers that would be quantized if they added a bias; not those that stand for average pools, feed a convolution (QNT9) or are recurrent. */
export function layersWithoutBias(graph: Graph): GraphNode[] {
  const matched = new Set([...layerMatches(graph)].map(({ layer: found }) => found.name));
  return [...matches(graph, layer)]
    .map(({ layer: found }) => found)
    .filter(({ name, op }) => {
      if (matched.has(name) || isFromAvgPool(name) || name.includes('gru')) return false;
      return op !== 'DepthwiseConv2dNative' || !graph.uses(name).some(({ consumer, slot }) => consumer.op === 'Conv2D' && slot === 0);
    });
}

/** Why a layer that matches is nevertheless left in float; null: it is not. */
export function skipReason(
  { layer, correction }: LayerMatch,
  { training }: Pick<PlacementSettings, 'training'>,
): { readonly reason: string; readonly remedy: string } | null {
  if (layer.name.includes('gru')) {
    return { reason: 'its name contains "gru": recurrent layers are left in float', remedy: 'Rename the layer if it is none.' };
  }
  if (correction !== undefined && !training) {
    return {
      reason: `'${correction.name}' multiplies its output before the bias is added`,
      remedy: 'Fold the factor into the weights: fold_batch_norms does so for a batch norm in inference form.',
    };
  }
  return null;
}

/** @throws GraffitistError `op-training` for a layer whose batch norm was folded with the statistics of a batch */
function refuseTraining({ layer, correction }: LayerMatch): void {
  if (correction === undefined || lastSegment(correction.name) !== 'correction') return;
  throw new GraffitistError('op-training', 'The batch norm of this layer was folded for training.', {
    about: layer.name,
    remedy: 'Start from the graph exported for evaluation, or set quantize(is_training=True).',
  });
}

function* candidates(graph: Graph): Generator<LayerMatch> {
  const roots = rootsOf(biasTest(graph));
  for (const match of matches(graph, roots.clipped)) yield { ...match, rule: 'QNT3' };
  for (const match of matches(graph, roots.relu)) yield { ...match, rule: 'QNT3' };
  for (const match of matches(graph, roots.leaky)) yield { ...match, rule: match.bypass === undefined ? 'QNT4' : 'QNT52' };
  for (const match of matches(graph, roots.bypass)) yield { ...match, rule: 'QNT5' };
  for (const match of matches(graph, roots.biasAdd)) yield { ...match, rule: 'QNT6' };
}

function layerPlacements(match: LayerMatch, settings: PlacementSettings): Placement[] {
  const { rule, layer, correction, weight, bias, biasAdd, bypass, relu, leaky, alpha, alphaX } = match;
  const on = (producer: GraphNode, suffix: Placement['suffix'], bits: number): Placement => place(rule, producer.name, suffix, bits);

  const placements = [
    on(weight, 'weight_quant', weightBits(layer, settings)),
    // QNT32: the accumulator is what the bias is added to.
    on(correction ?? layer, 'layer_quant', settings.layerBits),
    on(bias, 'bias_quant', settings.layerBits),
  ];
  if (leaky !== undefined && alpha !== undefined && alphaX !== undefined) {
    placements.push(
      ...(bypass === undefined
        ? [on(biasAdd, 'biasadd_quant', settings.layerBits)]
        : [on(biasAdd, 'biasadd_quant', settings.activationBits), on(bypass, 'eltwadd_quant', settings.layerBits)]),
      on(alpha, 'lrelu_weight_quant', settings.layerBits),
      on(alphaX, 'lrelu_alpha_x_quant', settings.layerBits),
      on(leaky, 'act_quant', settings.activationBits),
    );
    return placements;
  }
  if (bypass !== undefined || relu === undefined) placements.push(on(biasAdd, 'biasadd_quant', settings.activationBits));
  if (bypass !== undefined && relu === undefined) placements.push(on(bypass, 'eltwadd_quant', settings.activationBits));
  if (relu !== undefined) placements.push(on(relu, 'act_quant', settings.reluBits));
  return placements;
}

/** QNT7: weights in the scope of the first or the last layer keep 8 bits. */
export function weightBits(
  layer: GraphNode,
  { weightBits, firstLayer, lastLayer }: Pick<PlacementSettings, 'weightBits' | 'firstLayer' | 'lastLayer'>,
): number {
  const scope = parentScope(layer.name);
  const exempt = [firstLayer, lastLayer].some((name) => name !== null && parentScope(name) === scope);
  return exempt ? -8 : weightBits;
}
