import type { Graph, GraphNode } from '../graph/graph.ts';
import { descendants } from '../graph/reach.ts';
import { kindOf, scopeOfLinearQuant } from './naming.ts';
import { layerMatches, skipReason } from './placement/layers.ts';
import { ADD_OPS, COMPUTE_OPS, KEEPS_SCALE, RELU_OPS } from './placement/ops.ts';

/** A node that computes on what the network is fed and has no quantizer, and why. */
export interface LeftInFloat {
  readonly rule: 'QNT22';
  readonly node: string;
  readonly reason: string;
  readonly remedy: string | undefined;
}

/** Activations that the patterns do not cover; Softmax is meant to stay in float. */
const FLOAT_ACTIVATIONS: ReadonlySet<string> = new Set(['Sigmoid', 'Tanh', 'Elu', 'Selu', 'Softplus', 'Softsign', 'Rsqrt', 'Sqrt', 'Exp']);
const BATCH_NORMS: ReadonlySet<string> = new Set(['FusedBatchNorm', 'FusedBatchNormV2', 'FusedBatchNormV3']);

/**
 * QNT22: why was this left in float? Every compute op without quantized weights, and every sum, activation or batch norm whose output
 * leaves the fixed-point grid and is not brought back. `before` is the graph that was quantized, `after` what became of it.
 */
export function leftInFloat(before: Graph, after: Graph, inputs: readonly string[]): readonly LeftInFloat[] {
  const onData = descendants(after, inputs);
  const refused = new Map([...layerMatches(before)].map((match) => [match.layer.name, skipReason(match)] as const));
  const found: LeftInFloat[] = [];
  for (const node of after.nodes) {
    if (!onData.has(node.name)) continue;
    const why = COMPUTE_OPS.has(node.op) ? floatLayer(before, after, node, refused) : floatOutput(after, node);
    if (why !== undefined) found.push({ rule: 'QNT22', node: node.name, ...why });
  }
  return found;
}

type Why = Pick<LeftInFloat, 'reason' | 'remedy'>;

function floatLayer(before: Graph, after: Graph, layer: GraphNode, refused: ReadonlyMap<string, Why | null>): Why | undefined {
  const quantized = layer.edges.some(({ node }) => after.find(node)?.op === 'LinearQuant' && kindOf(scopeOfLinearQuant(node)) === 'weight');
  if (quantized) return undefined;
  const refusal = refused.get(layer.name);
  if (refusal !== undefined && refusal !== null) return refusal;
  const readers = before.uses(layer.name).map(({ consumer }) => consumer);
  const biased = readers.find(({ op, edges }) => (op === 'BiasAdd' || ADD_OPS.has(op)) && edges.length === 2);
  if (biased === undefined) {
    const next = readers.length === 0 ? 'its output is the end of the graph' : `its output goes to ${listed(readers)}`;
    return {
      reason: `no bias is added to its output: ${next}`,
      remedy: 'Export it with a bias, or give it one of zeros: quantize(missing_bias=zero).',
    };
  }
  return {
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
    return { reason: 'it does not follow the bias or the residual sum of a quantized layer directly', remedy: undefined };
  }
  if (isSum) {
    if (node.edges.every((edge) => edge.node.includes('_eltw_rescale_'))) {
      return {
        reason: 'both of its operands were rescaled on their own, for neither is a biased layer in the scope of this sum',
        remedy: 'Name the layers and the sum of a block in one scope, as slim does, and they share a threshold.',
      };
    }
    return { reason: 'none of its operands is the biased output of a layer', remedy: 'Sums without such a layer are computed in float.' };
  }
  if (BATCH_NORMS.has(node.op)) {
    return {
      reason: 'this batch norm does not follow a layer directly, so that it was not folded',
      remedy: 'Place it right behind a convolution or matrix product.',
    };
  }
  return {
    reason: `${node.op} has no fixed-point form here`,
    remedy: 'Use Relu, Relu6 or leaky relu where the hardware needs fixed point.',
  };
}

/** Whether what reads a value quantizes it: a quantizer, or a relu that has one. */
function isRequantized(after: Graph, node: GraphNode): boolean {
  const readers = after.uses(node.name).map(({ consumer }) => consumer);
  if (readers.some(({ op }) => op === 'LinearQuant')) return true;
  return readers.some((reader) => {
    if (RELU_OPS.has(reader.op) || reader.op === 'Maximum')
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
