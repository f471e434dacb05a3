import { GraffitistError } from '../../errors.ts';
import type { Edge, GraphNode, NodeSpec } from '../../graph/graph.ts';
import { uniqueName } from '../../graph/scopes.ts';
import type { Rewrite } from '../rewrite.ts';
import type { Change, Skip, Warning } from '../transform.ts';
import { FUSED_BATCH_NORMS, type NormalizedLayer } from './batchNorms.ts';
import { type FoldScene, outputOf } from './foldScene.ts';
import { type MovingStatistics, movingStatistics } from './movingAverages.ts';
import { FOLD_GRADIENT, foldedBefore, isFoldedForTraining, kernelOf, misfit } from './obstacles.ts';
import { leadsBack } from './reshapes.ts';
import { FREEZE_BN, freezeNodes, type TrainingNodes, trainingNodes } from './trainingNodes.ts';

/** What folding for training did. */
export interface TrainingFold {
  readonly changes: readonly Change[];
  readonly skipped: readonly Skip[];
  readonly warnings: readonly Warning[];
}

/**
 * FBN12 … FBN16: folds batch norms and leaves them trainable. Layer and batch norm stay and go on taking statistics of each batch; beside
 * them a clone of the layer computes on weights scaled by the moving variance, and is corrected to the statistics that `freeze_bn` chooses.
 *
 * @throws GraffitistError `option-invalid` where batch norms are there and none of them is in training mode
 */
export function foldForTraining(matches: readonly NormalizedLayer[], scene: FoldScene, rewrite: Rewrite): TrainingFold {
  // TensorFlow takes names that differ only in case for the same.
  const names = new Set(scene.graph.nodes.map(({ name }) => name.toLowerCase()));
  const taken = (name: string): boolean => names.has(name.toLowerCase());
  const add = (spec: NodeSpec | GraphNode): void => {
    names.add(spec.name.toLowerCase());
    rewrite.add(spec);
  };
  const flag = uniqueName(FREEZE_BN, taken);
  for (const spec of freezeNodes(flag)) add(spec);

  const folded = new Set<GraphNode>();
  const changes: Change[] = [];
  const skipped: Skip[] = [];
  const warnings: Warning[] = [];
  for (const match of matches) {
    if (folded.has(match.layer)) continue;
    const moving = match.training ? movingStatistics(scene.graph, match.bn, scene.movingAverages) : undefined;
    const obstacle = obstacleToTraining(match, moving, scene);
    if (obstacle !== undefined) skipped.push(obstacle);
    if (obstacle !== undefined || moving === undefined || match.gamma === undefined) continue;
    folded.add(match.layer);
    const made = trainingNodes({ ...match, gamma: match.gamma }, moving, flag, kernelOf(match, scene.shapeOf), taken);
    for (const spec of [...made.statistics, cloneSpec(match.layer, made), made.correction, made.output]) add(spec);
    const after = replaceBatchNorm(match, made.output.name, scene, rewrite, (name) => uniqueName(name, taken));
    changes.push(foldedChange(match, made, after));
    if (scene.outputs.has(match.bn.name)) warnings.push(staysOutput(match.bn, made.output.name));
  }
  const evaluation = skipped.find(({ rule }) => rule === 'FBN13');
  if (folded.size === 0 && evaluation !== undefined) throw noneInTraining(evaluation.node);
  return { changes, skipped, warnings };
}

/** The layer once more, on folded weights. */
function cloneSpec(layer: GraphNode, { clone, folded }: TrainingNodes): GraphNode {
  return layer.with({ name: clone, inputs: [layer.edges[0] ?? '', folded] });
}

/** Readers of the batch norm read the folded sum; it itself keeps its statistics and gets their gradient. Answers the new readers' source. */
function replaceBatchNorm(
  { bn, layer, reshape }: NormalizedLayer,
  sum: string,
  scene: FoldScene,
  rewrite: Rewrite,
  fresh: (name: string) => string,
): readonly string[] {
  rewrite.replace(bn.with({ attrs: { _gradient_op_type: { kind: 'string', value: FOLD_GRADIENT } } }));
  const output: Edge = { node: sum, port: 0 };
  if (reshape === undefined) {
    rewrite.redirect(outputOf(bn), output);
    return [];
  }
  const readers = scene.graph.uses(bn.name).filter((use) => use.port === 0);
  const back = readers.filter((use) => use.slot === 0 && leadsBack(use.consumer, layer, scene)).map((use) => use.consumer);
  for (const node of back) {
    rewrite.redirect(outputOf(node), output);
    if (scene.outputs.has(node.name)) rewrite.replace(node.with({ inputs: [output, ...node.edges.slice(1)] }));
    else rewrite.remove(node.name);
  }
  if (readers.length === back.length) return [];
  const moved = fresh(`${reshape.name}_Fold`);
  rewrite.add(reshape.with({ name: moved, inputs: [output, ...reshape.edges.slice(1)] }));
  rewrite.redirect(outputOf(bn), { node: moved, port: 0 });
  return [moved];
}

function obstacleToTraining(match: NormalizedLayer, moving: MovingStatistics | undefined, scene: FoldScene): Skip | undefined {
  const node = match.bn.name;
  if (isFoldedForTraining(match.bn)) return foldedBefore(node);
  if (!match.training) {
    const reason = 'it is not in training mode: its statistics are fixed, and it stays in float';
    return { rule: 'FBN13', node, reason, remedy: 'Export it with is_training=True, or fold without is_training.' };
  }
  if (!FUSED_BATCH_NORMS.has(match.bn.op)) {
    const reason = 'it is written out in small ops, which fold for inference only';
    return { rule: 'FBN14', node, reason, remedy: 'Export the training graph with fused batch norms (fused=True).' };
  }
  if (moving === undefined) {
    const reason = 'no moving averages of its statistics are kept';
    return { rule: 'FBN8', node, reason, remedy: 'Export the training graph with the updates of its moving averages.' };
  }
  return misfit(match, scene);
}

function foldedChange({ bn, layer, reshape }: NormalizedLayer, made: TrainingNodes, moved: readonly string[]): Change {
  const names = [...made.statistics.map(({ name }) => name), made.clone, made.correction.name, made.output.name, ...moved];
  return {
    rule: 'FBN12',
    summary: `Batch norm ${bn.name} folded into ${made.clone}, still trained`,
    before: [layer.name, ...(reshape === undefined ? [] : [reshape.name]), bn.name],
    after: [...names, bn.name],
  };
}

function staysOutput(bn: GraphNode, sum: string): Warning {
  const text = `This output delivers the plain batch norm, which goes on taking statistics; what is quantized is at '${sum}', as in Graffitist.`;
  return { rule: 'FBN16', node: bn.name, text };
}

function noneInTraining(bn: string): GraffitistError {
  return new GraffitistError('option-invalid', `No batch norm is in training mode, '${bn}' for one.`, {
    about: 'is_training',
    remedy: 'Open the graph exported for training (its .meta), or leave out is_training.',
  });
}
