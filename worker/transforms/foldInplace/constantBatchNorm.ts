import type { Tensor } from '../../formats/tensor.ts';
import type { Graph, GraphNode } from '../../graph/graph.ts';
import type { Skip } from '../transform.ts';

/** A convolution with constant weights, and the batch norm behind it with the numbers that it needs. */
export interface ConstantBatchNorm {
  readonly bn: GraphNode;
  readonly conv: GraphNode;
  readonly weights: GraphNode;
  readonly kernel: Tensor;
  readonly mean: Tensor;
  readonly variance: Tensor;
  readonly beta: Tensor;
  /** Null where the batch norm does not scale after normalization. */
  readonly gamma: Tensor | null;
  readonly epsilon: number;
}

type Statistic = 'mean' | 'variance' | 'beta' | 'gamma';

/** Statistics in the order of each op's inputs 1 to 4, and the attribute that holds ε. */
const FUSED = { inputs: ['gamma', 'beta', 'mean', 'variance'], epsilon: 'epsilon' } as const;
const GLOBAL = { inputs: ['mean', 'variance', 'beta', 'gamma'], epsilon: 'variance_epsilon' } as const;
const FORMS: Readonly<Record<string, { readonly inputs: readonly Statistic[]; readonly epsilon: string }>> = {
  FusedBatchNorm: FUSED,
  FusedBatchNormV2: FUSED,
  FusedBatchNormV3: FUSED,
  BatchNormWithGlobalNormalization: GLOBAL,
};

/** The ops that count as batch norms here. */
export const INPLACE_BATCH_NORMS: ReadonlySet<string> = new Set(Object.keys(FORMS));

type Why = Pick<Skip, 'rule' | 'reason' | 'remedy'>;

/** What stands around a batch norm, or why it is left alone. */
export function constantBatchNorm(graph: Graph, bn: GraphNode, outputs: ReadonlySet<string>): ConstantBatchNorm | Why {
  const form = FORMS[bn.op];
  const conv = graph.find(bn.edges[0]?.node ?? '');
  if (form === undefined || conv?.op !== 'Conv2D') return alone('FBI2', `it follows a ${conv?.op ?? 'missing node'}, not a Conv2D`);
  const training = bn.attr('is_training');
  if (form === FUSED && !(training?.kind === 'bool' && !training.value)) {
    return alone('FBI3', 'its statistics are those of each batch', 'Freeze the evaluation graph.');
  }
  const weights = graph.find(conv.edges[1]?.node ?? '');
  const kernel = weights && constantValue(weights);
  if (weights === undefined || kernel === undefined) return notConstant('weights', weights);
  const found: Partial<Record<Statistic, Tensor>> = {};
  for (const [index, name] of form.inputs.entries()) {
    const node = graph.find(bn.edges[index + 1]?.node ?? '');
    const value = node && constantValue(node);
    if (value === undefined) return notConstant(name, node);
    if (value.shape.length !== 1 || value.shape[0] !== kernel.shape[3]) {
      return alone('FBI5', `its ${name} has the shape [${value.shape.join(', ')}] and the weights [${kernel.shape.join(', ')}]`);
    }
    found[name] = value;
  }
  const shared = readElsewhere(graph, { bn, conv, weights }, outputs);
  if (shared !== undefined) return alone('FBI6', shared);
  const { mean, variance, beta, gamma } = found as Record<Statistic, Tensor>;
  const scales = bn.attr('scale_after_normalization');
  const epsilon = bn.attr(form.epsilon);
  return {
    ...{ bn, conv, weights, kernel, mean, variance, beta },
    gamma: form === GLOBAL && scales?.kind === 'bool' && !scales.value ? null : gamma,
    epsilon: epsilon?.kind === 'float' ? epsilon.value : form === FUSED ? 1e-4 : 0,
  };
}

function constantValue(node: GraphNode): Tensor | undefined {
  const value = node.op === 'Const' ? node.attr('value') : undefined;
  return value?.kind === 'tensor' && value.value.dtype === 'float32' ? value.value : undefined;
}

/** Who else would see the change. */
function readElsewhere(
  graph: Graph,
  { bn, conv, weights }: Pick<ConstantBatchNorm, 'bn' | 'conv' | 'weights'>,
  outputs: ReadonlySet<string>,
): string | undefined {
  const [reader] = [
    ...graph.uses(conv.name).filter(({ consumer }) => consumer !== bn),
    ...graph.uses(weights.name).filter(({ consumer }) => consumer !== conv),
  ];
  if (reader !== undefined) return `'${reader.consumer.name}' reads the convolution or its weights too`;
  const output = [conv, weights].find(({ name }) => outputs.has(name));
  if (output !== undefined) return `'${output.name}' is an output of the graph`;
  const statistics = graph.uses(bn.name).find(({ port }) => port > 0);
  return statistics === undefined ? undefined : `'${statistics.consumer.name}' reads its statistics`;
}

function notConstant(what: string, node: GraphNode | undefined): Why {
  const reason = `its ${what} ${what === 'weights' ? 'are' : 'is'} no float32 constant: ${node === undefined ? 'missing' : `'${node.name}' is a ${node.op}`}`;
  return alone('FBI4', reason, node?.op === 'Identity' ? 'Run remove_training_nodes before it, which takes the reads out.' : undefined);
}

function alone(rule: string, reason: string, remedy?: string): Why {
  return { rule, reason, remedy };
}
