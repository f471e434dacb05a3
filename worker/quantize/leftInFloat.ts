import type { Graph, GraphNode } from '../graph/graph.ts';
import { type Nearest, nearestPattern } from './explain/nearest.ts';
import { biasTest } from './placement/biases.ts';
import { layerMatches, skipReason } from './placement/layers.ts';
import { ADD_OPS, COMPUTE_OPS, KEEPS_SCALE, RELU_OPS } from './placement/ops.ts';
import { quantizedWeights } from './quantizedLayers.ts';
import { valuesOfData } from './valuesOfData.ts';

/** A node that computes on what the network is fed and has no quantizer, and why. */
export interface LeftInFloat {
  readonly rule: 'QNT22';
  readonly node: string;
  readonly reason: string;
  readonly remedy: string | undefined;
  readonly nearest: Nearest;
}

/** Activations that the patterns do not cover; Softmax is meant to stay in float. */
const FLOAT_ACTIVATIONS: ReadonlySet<string> = new Set(['Sigmoid', 'Tanh', 'Elu', 'Selu', 'Softplus', 'Softsign', 'Rsqrt', 'Sqrt', 'Exp']);
const BATCH_NORMS: ReadonlySet<string> = new Set(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3']);

/**
 * QNT22: why was this left in float? Every compute op without quantized weights, and every sum, activation or batch norm whose output
 * leaves the fixed-point grid and is not brought back. `before` is the graph that was quantized, `after` what became of it.
 */
export function leftInFloat(before: Graph, after: Graph, inputs: readonly string[], training = false): readonly LeftInFloat[] {
  const onData = valuesOfData(after, inputs);
  const refused = new Map([...layerMatches(before)].map((match) => [match.layer.name, skipReason(match, { training })] as const));
  const isBias = biasTest(before);
  const found: LeftInFloat[] = [];
  for (const node of after.nodes) {
    if (!onData.has(node.name) || gathersStatistics(after, node)) continue;
    const why = COMPUTE_OPS.has(node.op) ? floatLayer(before, after, node, refused, isBias) : floatOutput(after, node);
    if (why === undefined) continue;
    const { weightless = false, ...told } = why;
    found.push({ rule: 'QNT22', node: node.name, ...told, nearest: nearestPattern(before, before.find(node.name) ?? node, weightless) });
  }
  return found;
}

type Why = Pick<LeftInFloat, 'reason' | 'remedy'> & { readonly weightless?: boolean };

function floatLayer(
  before: Graph,
  after: Graph,
  layer: GraphNode,
  refused: ReadonlyMap<string, Why | null>,
  isBias: (node: GraphNode) => boolean,
): Why | undefined {
  if (quantizedWeights(after, layer)) return undefined;
  const refusal = refused.get(layer.name);
  if (refusal !== undefined && refusal !== null) return refusal;
  const readers = before.uses(layer.name).map(({ consumer }) => consumer);
  const training = readers.find((reader) => BATCH_NORMS.has(reader.op) && isTraining(reader));
  if (training !== undefined) {
    return { reason: `its batch norm '${training.name}' is still in training mode`, remedy: 'Use the evaluation graph.' };
  }
  const biased = readers.find(({ op, edges }) => (op === 'BiasAdd' || ADD_OPS.has(op)) && edges.length === 2);
  if (biased === undefined) {
    const next = readers.length === 0 ? 'its output is the end of the graph' : `its output goes to ${listed(readers)}`;
    return {
      reason: `no bias is added to its output: ${next}`,
      remedy: 'Export it with a bias, or give it one of zeros: quantize(missing_bias=zero).',
    };
  }
  if (ADD_OPS.has(biased.op) && !biasOf(before, biased, layer, isBias)) {
    return {
      reason: `the sum '${biased.name}' adds no constant bias to it, but another branch`,
      remedy: 'Export it with a bias, or give it one of zeros: quantize(missing_bias=zero).',
    };
  }
  return {
    weightless: true,
    reason: 'neither of its inputs is a variable, a constant or a folded weight',
    remedy: 'Layers between two activations, and weights that are computed, stay in float.',
  };
}

function floatOutput(after: Graph, node: GraphNode): Why | undefined {
  const isSum = ADD_OPS.has(node.op) && node.edges.length === 2;
  const isRelu = RELU_OPS.has(node.op);
  const isOther = FLOAT_ACTIVATIONS.has(node.op) || BATCH_NORMS.has(node.op) || node.op === 'Maximum';
  if ((!isSum && !isRelu && !isOther) || isRequantized(after, node)) return undefined;
  if (isRelu) {
    if (onGrid(after, node)) return undefined;
    return {
      reason: 'it does not follow the bias or the residual sum of a quantized layer directly',
      remedy: 'Where what it reads is quantized and a quantized layer reads it, quantize(remaining=quantize) quantizes it.',
    };
  }
  if (isSum) {
    if (node.edges.every((edge) => edge.node.includes('_eltw_rescale_'))) {
      return {
        reason: 'both of its operands were rescaled on their own, for neither is a biased layer in the scope of this sum',
        remedy:
          'Name the layers and the sum of a block in one scope, as slim does, and they share a threshold; or quantize(remaining=quantize).',
      };
    }
    return {
      reason: 'none of its operands is the biased output of a layer',
      remedy: 'Where a quantized layer reads it, quantize(remaining=quantize) quantizes it.',
    };
  }
  if (BATCH_NORMS.has(node.op) && isTraining(node)) {
    const layout = node.attr('data_format');
    return layout?.kind === 'string' && layout.value === 'NCHW'
      ? { reason: 'this is a layer normalization: mean and variance are those of each example', remedy: 'It has no fixed-point form here.' }
      : { reason: 'this batch norm is still in training mode', remedy: 'Use the evaluation graph.' };
  }
  if (BATCH_NORMS.has(node.op)) {
    return {
      reason: 'this batch norm does not follow a layer directly, so that it was not folded',
      remedy: 'Fold it all the same: fold_batch_norms(remaining=fold); or place it right behind a convolution or matrix product.',
    };
  }
  return {
    reason: `${node.op} has no fixed-point form here`,
    remedy: 'Use Relu, Relu6 or leaky relu where the hardware needs fixed point.',
  };
}

function isTraining(bn: GraphNode): boolean {
  const value = bn.attr('is_training');
  return value?.kind === 'bool' && value.value;
}

/** Whether what a sum adds to a layer is a bias. */
function biasOf(graph: Graph, sum: GraphNode, layer: GraphNode, isBias: (node: GraphNode) => boolean): boolean {
  const other = sum.edges.find((edge) => edge.node !== layer.name);
  const node = other === undefined ? undefined : graph.find(other.node);
  return node !== undefined && isBias(node);
}

/** In a training graph the original layer and its batch norm only gather the statistics of the batch; `<layer>_Fold` computes. */
function gathersStatistics(graph: Graph, node: GraphNode): boolean {
  const layer = BATCH_NORMS.has(node.op) ? (node.edges[0]?.node ?? '') : node.name;
  return graph.has(`${layer}_Fold`);
}

/** Whether what reads a value quantizes it: a quantizer, or a relu or clip (EQU2) that has one. */
function isRequantized(after: Graph, node: GraphNode): boolean {
  const readers = after.uses(node.name).map(({ consumer }) => consumer);
  if (readers.some(({ op }) => op === 'LinearQuant')) return true;
  return readers.some((reader) => {
    if (RELU_OPS.has(reader.op) || reader.op === 'Maximum' || reader.op === 'Minimum')
      return after.uses(reader.name).some(({ consumer }) => consumer.op === 'LinearQuant');
    return reader.op === 'Identity' && reader.name.includes('_rescale_');
  });
}

/** Whether a relu only clips values that a quantizer made: they stay on its grid. */
function onGrid(after: Graph, relu: GraphNode): boolean {
  const seen = new Set<string>();
  let node: GraphNode | undefined = relu;
  while (node !== undefined && !seen.has(node.name)) {
    if (node.op === 'LinearQuant') return true;
    if (!RELU_OPS.has(node.op) && !KEEPS_SCALE.has(node.op)) return false;
    seen.add(node.name);
    node = after.find(node.edges[0]?.node ?? '');
  }
  return false;
}

function listed(nodes: readonly GraphNode[]): string {
  const [first, ...more] = nodes.map(({ name, op }) => `'${name}' (${op})`);
  return more.length === 0 ? `${first}` : `${first} and ${more.length} more`;
}
