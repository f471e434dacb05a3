import { GraffitistError } from '../errors.ts';
import { tensorNumbers } from '../formats/tensorValues.ts';
import type { Edge, Graph, GraphNode } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { ancestors } from '../graph/reach.ts';
import { batchNormParameters, FUSED_BATCH_NORMS, inTraining } from './fold/batchNorms.ts';
import { movingAverageScopes, movingStatistics, removable } from './fold/movingAverages.ts';
import { isLayerNormalization } from './fold/obstacles.ts';
import { Rewrite } from './rewrite.ts';
import type { Change } from './transform.ts';

const RANDOM = /^(Stateless)?(Random|TruncatedNormal|ParameterizedTruncatedNormal|Multinomial)/;

/**
 * RET1 … RET3: the network as it is used, of a graph as it is trained: batch norms read the moving mean and variance that their updates keep,
 * and the updates go. A graph in evaluation form stays as it is.
 *
 * @throws GraffitistError `op-training` naming a batch norm without moving statistics, or a random op (dropout) that an output depends on
 */
export function evaluationForm(model: Model): { readonly model: Model; readonly changes: readonly Change[] } {
  const { graph } = model;
  const outputs = new Set(model.outputs);
  const live = ancestors(graph, outputs);
  const scopes = movingAverageScopes(graph);
  const rewrite = new Rewrite(graph);
  const changes: Change[] = [];
  for (const node of graph.nodes) {
    const batch = live.has(node.name) ? batchStatistics(graph, node) : undefined;
    if (batch === undefined) continue;
    const moving = movingOf(graph, node, batch, scopes);
    if (moving === undefined) throw withoutMoving(node);
    if (FUSED_BATCH_NORMS.has(node.op)) rewrite.replace(evaluating(node, moving));
    else {
      rewrite.redirect(batch.mean, moving.mean);
      rewrite.redirect(batch.variance, moving.variance);
    }
    for (const update of removable(moving.updates, { graph, outputs })) rewrite.remove(update.name);
    changes.push({ rule: 'RET1', summary: `Batch norm ${node.name} reads its moving statistics`, before: [node.name], after: [node.name] });
  }
  const evaluated = rewrite.finish();
  refuseRandomNumbers(evaluated, model.outputs);
  return { model: changes.length === 0 ? model : { ...model, graph: evaluated }, changes };
}

/** Mean and variance as a batch norm reads or takes them of each batch. */
interface Statistics {
  readonly mean: Edge;
  readonly variance: Edge;
}

/** The tensors that hold the statistics of the batch; undefined where it does not use them. */
function batchStatistics(graph: Graph, node: GraphNode): Statistics | undefined {
  if (FUSED_BATCH_NORMS.has(node.op)) {
    const taken = inTraining(node) && !isLayerNormalization(node);
    return taken ? { mean: { node: node.name, port: 1 }, variance: { node: node.name, port: 2 } } : undefined;
  }
  const written = batchNormParameters(graph, node);
  if (written?.mean === undefined || written.variance === undefined || !isOverBatch(graph, written.mean)) return undefined;
  return { mean: written.mean, variance: written.variance };
}

/** Whether a mean is one over the batch, perhaps in another shape. */
function isOverBatch(graph: Graph, edge: Edge): boolean {
  const views: ReadonlySet<string> = new Set(['Squeeze', 'Reshape', 'Identity', 'StopGradient']);
  let node = graph.find(edge.node);
  for (let steps = 0; node !== undefined && views.has(node.op) && steps < 8; steps++) node = graph.find(node.edges[0]?.node ?? '');
  const axes = node?.op === 'Mean' ? graph.find(node.edges[1]?.node ?? '')?.attr('value') : undefined;
  return axes?.kind === 'tensor' && tensorNumbers(axes.value).includes(0);
}

/** What the updates keep: found by what they compute (x −= (x − batch) · share), else as FBN6 finds them. */
function movingOf(
  graph: Graph,
  bn: GraphNode,
  batch: Statistics,
  scopes: ReadonlyMap<string, readonly GraphNode[]>,
): (Statistics & { readonly updates: readonly GraphNode[] }) | undefined {
  const [mean, variance] = [updateOf(graph, batch.mean), updateOf(graph, batch.variance)];
  if (mean !== undefined && variance !== undefined)
    return { mean: mean.read, variance: variance.read, updates: [...mean.nodes, ...variance.nodes] };
  return movingStatistics(graph, bn, scopes);
}

/** The update of a moving statistic by `batch`: how it reads the variable, and its nodes. */
function updateOf(graph: Graph, batch: Edge): { readonly read: Edge; readonly nodes: readonly GraphNode[] } | undefined {
  for (const { consumer: difference, port, slot } of graph.uses(batch.node)) {
    const read = difference.edges[0];
    if (port !== batch.port || slot !== 1 || difference.op !== 'Sub' || read === undefined) continue;
    for (const { consumer: step } of graph.uses(difference.name)) {
      const update =
        step.op === 'Mul' ? graph.uses(step.name).find(({ consumer }) => consumer.op.startsWith('AssignSub'))?.consumer : undefined;
      if (update !== undefined) return { read, nodes: [difference, step, update] };
    }
  }
  return undefined;
}

/** The batch norm of an evaluation graph. */
function evaluating(bn: GraphNode, { mean, variance }: Statistics): GraphNode {
  return bn.with({
    inputs: [...bn.edges.slice(0, 3), mean, variance],
    attrs: { is_training: { kind: 'bool', value: false } },
  });
}

/** RET2 */
function withoutMoving({ name }: GraphNode): GraffitistError {
  return new GraffitistError('op-training', 'This batch norm uses the statistics of each batch and keeps no moving ones.', {
    about: name,
    remedy: 'Open the graph as exported for evaluation, thaw_graph first of its transforms, and train that.',
  });
}

/** RET3. @throws GraffitistError `op-training` */
function refuseRandomNumbers(graph: Graph, outputs: readonly string[]): void {
  const live = ancestors(graph, outputs);
  const random = graph.nodes.find(({ op, name }) => RANDOM.test(op) && live.has(name));
  if (random === undefined) return;
  throw new GraffitistError('op-training', `The outputs depend on random numbers (${random.op}), as dropout does in training.`, {
    about: random.name,
    remedy: 'Open the graph as exported for evaluation, thaw_graph first of its transforms, and train that.',
  });
}
