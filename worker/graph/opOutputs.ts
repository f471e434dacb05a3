import { type OutputArg, readOpOutputs } from '../formats/functionLibrary.ts';
import type { GraphNode } from './graph.ts';

/** Ops with several outputs, for graphs that come without a list of their ops. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  FusedBatchNorm: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV2: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2'],
  FusedBatchNormV3: ['y', 'batch_mean', 'batch_variance', 'reserve_space_1', 'reserve_space_2', 'reserve_space_3'],
  Switch: ['output_false', 'output_true'],
  Merge: ['output', 'value_index'],
  TopK: ['values', 'indices'],
  TopKV2: ['values', 'indices'],
  Unique: ['y', 'idx'],
  MaxPoolWithArgmax: ['output', 'argmax'],
  SoftmaxCrossEntropyWithLogits: ['loss', 'backprop'],
  SparseSoftmaxCrossEntropyWithLogits: ['loss', 'backprop'],
  NonMaxSuppressionV4: ['selected_indices', 'valid_outputs'],
  NonMaxSuppressionV5: ['selected_indices', 'selected_scores', 'valid_outputs'],
};

/** The port of output `name`, element `index`, of a node. */
export type PortOf = (node: GraphNode, name: string, index: number) => number;

/**
 * How outputs by name are numbered, from the list of ops that a MetaGraph brings, else as known here.
 * @throws WireError
 */
export function outputPorts(opList: Uint8Array | undefined): PortOf {
  const listed = opList === undefined ? new Map<string, readonly OutputArg[]>() : readOpOutputs(opList);
  return (node, name, index) => {
    const outputs = listed.get(node.op);
    if (outputs === undefined) return Math.max(0, KNOWN[node.op]?.indexOf(name) ?? 0) + index;
    const before = outputs.findIndex((output) => output.name === name);
    return outputs.slice(0, Math.max(0, before)).reduce((port, output) => port + countOf(node, output), index);
  };
}

function countOf(node: GraphNode, { countAttr, listAttr }: OutputArg): number {
  const count = countAttr === undefined ? undefined : node.attr(countAttr);
  if (count?.kind === 'int') return count.value;
  const list = listAttr === undefined ? undefined : node.attr(listAttr);
  return list?.kind === 'list' ? list.value.types.length : 1;
}
