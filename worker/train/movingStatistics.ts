import type { Graph, GraphNode } from '../graph/graph.ts';
import { variableName } from '../graph/variables.ts';
import { scalarValue } from '../quantize/quantizerScalars.ts';
import type { BatchStatistics, VariableValues } from './types.ts';

/** How one moving statistic follows the batches: x −= (x − batch) · share. */
export interface MovingUpdate {
  readonly variable: string;
  /** The batch norm node whose statistic it follows. */
  readonly batchNorm: string;
  readonly statistic: 'mean' | 'variance';
  /** 1 − decay, in float32. */
  readonly share: number;
}

const UPDATES: ReadonlySet<string> = new Set(['AssignSub', 'AssignSubVariableOp']);

/**
 * The updates that batch norms in training mode have in a graph, as fold_batch_norms(is_training=True) leaves them (FBN12): an AssignSub
 * of (moving − batch) · (1 − decay), the batch's mean and variance being outputs 1 and 2 of the batch norm.
 */
export function movingUpdates(graph: Graph): readonly MovingUpdate[] {
  return graph.nodes.filter(({ op }) => UPDATES.has(op)).flatMap((node) => movingUpdate(graph, node) ?? []);
}

function movingUpdate(graph: Graph, update: GraphNode): MovingUpdate | undefined {
  const [target, delta] = update.edges.map(({ node }) => graph.find(node));
  if (target === undefined || delta?.op !== 'Mul') return undefined;
  for (const [slot, edge] of delta.edges.entries()) {
    const difference = graph.find(edge.node);
    const batch = difference?.op === 'Sub' ? difference.edges[1] : undefined;
    const share = scalarValue(graph, delta.edges[1 - slot]?.node ?? '');
    if (batch === undefined || share === undefined || (batch.port !== 1 && batch.port !== 2)) continue;
    if (!graph.find(batch.node)?.op.startsWith('FusedBatchNorm')) continue;
    return {
      variable: variableName(target),
      batchNorm: batch.node,
      statistic: batch.port === 1 ? 'mean' : 'variance',
      share: Math.fround(share),
    };
  }
  return undefined;
}

/** The variables with their moving statistics moved by those of a batch, in float32; batch norms that took none (frozen ones) leave theirs. */
export function movedStatistics(
  values: VariableValues,
  updates: readonly MovingUpdate[],
  statistics: ReadonlyMap<string, BatchStatistics>,
): VariableValues {
  const { fround } = Math;
  const moved = new Map(values);
  for (const { variable, batchNorm, statistic, share } of updates) {
    const before = moved.get(variable);
    const batch = statistics.get(batchNorm)?.[statistic];
    if (before === undefined || batch === undefined) continue;
    const next = before.values.map((value, channel) => value - fround(fround(value - (batch[channel] as number)) * share));
    moved.set(variable, { shape: before.shape, values: next });
  }
  return moved;
}
