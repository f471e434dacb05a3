import { tensorNumbers } from '../../formats/tensorValues.ts';
import type { Edge, GraphNode } from '../../graph/graph.ts';
import type { Skip } from '../transform.ts';
import type { NormalizedLayer } from './batchNorms.ts';
import { type FoldScene, outputOf } from './foldScene.ts';

/** Why a batch norm cannot be folded into the layer before it, or undefined. `statistics`: fixed mean and variance, where there are any. */
export function obstacleTo(match: NormalizedLayer, statistics: { readonly mean: Edge } | undefined, scene: FoldScene): Skip | undefined {
  const node = match.bn.name;
  if (isFoldedForTraining(match.bn)) return foldedBefore(node);
  if (statistics === undefined && isPerExample(match, scene)) {
    const reason = 'it is a layer normalization: its mean and variance are those of each example, which no weights can hold';
    return {
      rule: 'FBN8',
      node,
      reason,
      remedy: 'It stays in float. Train with batch normalization where the hardware needs fixed point.',
    };
  }
  if (statistics === undefined) {
    const reason = 'it normalizes with the statistics of the batch at hand, and no moving averages lead to fixed ones';
    return { rule: 'FBN8', node, reason, remedy: 'Open the graph as exported for evaluation.' };
  }
  const reader = otherReader(match, scene);
  if (reader !== undefined) {
    const reason = `the output of ${match.layer.name} before it is also ${reader}, which the fold would change`;
    return { rule: 'FBN9', node, reason, remedy: 'Give the two readers layers of their own.' };
  }
  return misfit(match, scene);
}

/** Whether mean and variance are taken from each example on its own: reduced over other axes than the batch's, or fused with channels first. */
function isPerExample({ bn, mean, training }: NormalizedLayer, { graph }: FoldScene): boolean {
  if (training && isLayerNormalization(bn)) return true;
  const source = graph.find(mean.node);
  const axes = source?.op === 'Mean' ? graph.find(source.edges[1]?.node ?? '')?.attr('value') : undefined;
  return axes?.kind === 'tensor' && !tensorNumbers(axes.value).includes(0);
}

/** Keras writes layer normalization as a batch norm in training mode over rows as channels, channels first. */
export function isLayerNormalization(bn: GraphNode): boolean {
  const [layout, training] = [bn.attr('data_format'), bn.attr('is_training')];
  return layout?.kind === 'string' && layout.value === 'NCHW' && training?.kind === 'bool' && training.value;
}

/** The gradient that a batch norm folded for training has: none to γ and β, which get theirs from the fold. */
export const FOLD_GRADIENT = 'FoldFusedBatchNormGradient';

/** Whether a batch norm was folded for training before: what is left of it only takes statistics. */
export function isFoldedForTraining(bn: GraphNode): boolean {
  const gradient = bn.attr('_gradient_op_type');
  return gradient?.kind === 'string' && gradient.value === FOLD_GRADIENT;
}

/** FBN15 */
export function foldedBefore(node: string): Skip {
  return { rule: 'FBN15', node, reason: 'it was folded for training already', remedy: 'Start from the graph before that.' };
}

/** What else depends on the layer's plain output, in words; readers that no output depends on do not count. */
function otherReader({ carriers, nodes }: NormalizedLayer, { graph, outputs, live }: FoldScene): string | undefined {
  const own = new Set([...carriers, ...nodes]);
  for (const carrier of carriers) {
    if (outputs.has(carrier.name)) return 'an output of the graph';
    const other = graph.uses(carrier.name).find((use) => !own.has(use.consumer) && live.has(use.consumer.name));
    if (other !== undefined) return `read by ${other.consumer.name}`;
  }
  return undefined;
}

/** FBN11: why layer and batch norm do not fit together, or undefined. */
export function misfit(match: NormalizedLayer, scene: FoldScene): Skip | undefined {
  const reason = misfitReason(match, scene);
  const remedy = 'Export the graph with channels last and weights not transposed.';
  return reason === undefined ? undefined : { rule: 'FBN11', node: match.bn.name, reason, remedy };
}

function misfitReason({ bn, layer, reshape }: NormalizedLayer, { shapeOf }: FoldScene): string | undefined {
  const transposed = ['transpose_b', 'adj_y'].some((name) => {
    const value = layer.attr(name);
    return value?.kind === 'bool' && value.value;
  });
  if (transposed) return 'the weights of the layer before it are transposed';
  if (layer.edges.length !== 2) return `the layer before it has ${layer.edges.length} inputs`;
  if (reshape !== undefined && shapeOf(outputOf(layer))?.at(-1) !== shapeOf(outputOf(reshape))?.at(-1)) {
    return 'the Reshape between layer and batch norm moves the channels';
  }
  if (layer.op === 'DepthwiseConv2dNative' && kernelOf({ layer }, shapeOf) === null)
    return 'the shape of the depthwise weights is not known';
  if (bn.attrs.has('U') && JSON.stringify(bn.attr('U')) !== JSON.stringify(bn.attr('T')))
    return 'its statistics are of another type than its input';
  return undefined;
}

/** Static shape of the layer's weights, all dimensions known; else null. */
export function kernelOf({ layer }: Pick<NormalizedLayer, 'layer'>, shapeOf: FoldScene['shapeOf']): readonly number[] | null {
  const shape = shapeOf(layer.edges[1]);
  return shape?.every((size) => size >= 0) ? shape : null;
}
