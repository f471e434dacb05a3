import type { Shape } from '../formats/tensor.ts';
import type { Edge, Graph, GraphNode } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { inferShapes } from '../ops/inferShapes.ts';
import { biasTest } from '../quantize/placement/biases.ts';
import { COMPUTE_OPS } from '../quantize/placement/ops.ts';
import { isLoneBatchNorm, type NormalizedLayer, normalizedLayerAt } from './fold/batchNorms.ts';
import { dilatedLayers } from './fold/dilations.ts';
import { foldForTraining } from './fold/foldForTraining.ts';
import { foldNodes } from './fold/foldNodes.ts';
import { type FoldScene, foldScene, outputOf } from './fold/foldScene.ts';
import { layersForBatchNorms } from './fold/loneBatchNorms.ts';
import { type MovingStatistics, movingStatistics, removable } from './fold/movingAverages.ts';
import { isLayerNormalization, kernelOf, obstacleTo } from './fold/obstacles.ts';
import { leadsBack } from './fold/reshapes.ts';
import { isRefused } from './graffitistOps.ts';
import { removeIdentities } from './identities.ts';
import { dtypeOf, typed } from './nodes.ts';
import { choice, flag } from './options.ts';
import { Rewrite } from './rewrite.ts';
import type { Change, Skip, Transform, TransformResult } from './transform.ts';
import { viewsBehind } from './viewsBehind.ts';

/**
 * With k = γ / √(variance + ε): BN(L(x, W)) = L(x, W·k) + (β − mean·k). The fold is written as nodes, so that it works on variables
 * as on constants and leaves W, γ and β as they are.
 */
export const foldBatchNorms: Transform = {
  name: 'fold_batch_norms',
  summary: 'Move batch normalization into the weights and a bias of the layer before it.',
  options: {
    is_training: flag(false, 'Fold so that batch norms go on taking statistics and are trained.'),
    remaining: choice(
      ['auto', 'keep', 'fold'],
      'auto',
      'Batch norms that no layer stands directly before: kept as in the original, or folded through the bias before them or into a layer of their own; auto: kept in graphs that the original takes.',
    ),
  },
  after: ['fix_input_shape'],
  notAfter: ['remove_training_nodes', 'quantize'],
  apply(model, { is_training, remaining }, { foldOnly }) {
    const clean = removeIdentities(model.graph, model.outputs, 'FBN1');
    const training = is_training === true;
    const foldsAll = !training && foldOnly === undefined && (remaining === 'fold' || (remaining === 'auto' && isRefused(model)));
    const plain = plainLayers(clean.graph, model, foldsAll);
    const isBias = foldsAll ? biasTest(plain.graph) : () => false;
    const own = foldsAll ? layersForBatchNorms(foldScene(plain.graph, plain), isBias) : { graph: plain.graph, changes: [] };
    const shapes = own.graph === plain.graph ? plain.shapes : inferShapes(own.graph);
    const scene = foldScene(own.graph, { ...model, shapes });
    const rewrite = new Rewrite(own.graph);
    const found = scene.graph.nodes.map((root) => ({ root, match: normalizedLayerAt(scene.graph, root, isBias) }));
    const lone = found.filter(({ root, match }) => match === undefined && isLoneBatchNorm(scene.graph, root) && scene.live.has(root.name));
    const matches = found.flatMap(({ match }) => match ?? []).filter(({ bn }) => foldOnly === undefined || foldOnly.has(bn.name));
    const done = training ? foldForTraining(matches, scene, rewrite) : foldForInference(matches, scene, rewrite);
    return {
      model: { ...model, graph: rewrite.finish() },
      changes: [...clean.changes, ...plain.changes, ...own.changes, ...done.changes],
      skipped: [...lone.map(({ root }) => alone(root)), ...done.skipped],
      warnings: done.warnings,
    };
  },
};

/** Layers as they would be with their bias and batch norm directly behind them: FBN23, and FBN24 where `moves`. */
function plainLayers(clean: Graph, model: Model, moves: boolean): Model & Pick<TransformResult, 'changes'> {
  const outputs = new Set(model.outputs);
  const dilated = dilatedLayers(clean, outputs);
  const shapes = dilated.graph === clean ? model.shapes : inferShapes(dilated.graph);
  if (!moves) return { ...model, ...dilated, shapes };
  const shapeOf = (edge: Edge): Shape => shapes.get(edge.node)?.[edge.port] ?? null;
  const rewrite = new Rewrite(dilated.graph);
  const isBias = biasTest(dilated.graph);
  const moved = viewsBehind('FBN24', COMPUTE_OPS, { graph: dilated.graph, outputs, shapeOf, isBias }, rewrite);
  const graph = rewrite.finish();
  return { ...model, graph, shapes: graph === dilated.graph ? shapes : inferShapes(graph), changes: [...dilated.changes, ...moved] };
}

function foldForInference(matches: readonly NormalizedLayer[], scene: FoldScene, rewrite: Rewrite): Omit<TransformResult, 'model'> {
  const changes: Change[] = [];
  const skipped: Skip[] = [];
  const folded = new Set<GraphNode>();
  for (const match of matches) {
    if (folded.has(match.layer)) continue;
    const moving = match.training ? movingStatistics(scene.graph, match.bn, scene.movingAverages) : undefined;
    const obstacle = obstacleTo(match, match.training ? moving : match, scene);
    if (obstacle !== undefined) {
      skipped.push(obstacle);
    } else {
      folded.add(match.layer);
      changes.push(...fold(match, moving, scene, rewrite));
    }
  }
  return { changes, skipped, warnings: [] };
}

function fold(match: NormalizedLayer, moving: MovingStatistics | undefined, scene: FoldScene, rewrite: Rewrite): Change[] {
  const { bn, layer, reshape } = match;
  const statistics = moving ?? match;
  const nodes = foldNodes(match, statistics, kernelOf(match, scene.shapeOf), (name) => rewrite.find(name) !== undefined);
  for (const spec of nodes.weights) rewrite.add(spec);
  rewrite.moveToEnd(layer.with({ inputs: [layer.edges[0] ?? '', nodes.folded] }));
  const sum: Edge = { node: rewrite.add(nodes.output), port: 0 };

  for (const name of unread(match, scene)) rewrite.remove(name);
  for (const update of removable(moving?.updates ?? [], scene)) rewrite.remove(update.name);
  rewrite.redirect({ node: bn.name, port: 1 }, statistics.mean);
  rewrite.redirect({ node: bn.name, port: 2 }, statistics.variance);
  const kept = reshape === undefined ? { result: sum, changes: [] } : moveReshape(match, reshape, sum, scene, rewrite);
  rewrite.redirect(outputOf(bn), kept.result);

  const change: Change = {
    rule: ruleOf(match, moving),
    summary: `Batch norm ${bn.name} folded into ${layer.name}`,
    before: [layer.name, ...(reshape === undefined ? [] : [reshape.name]), ...match.nodes.map((node) => node.name)],
    after: [...nodes.weights.map((node) => node.name), layer.name, sum.node],
  };
  return [change, ...kept.changes, ...keepName(bn, kept.result, scene, rewrite)];
}

function ruleOf({ reshape, nodes, layer, bias }: NormalizedLayer, moving: MovingStatistics | undefined): string {
  if (bias !== undefined) return 'FBN20';
  if (reshape !== undefined) return 'FBN4';
  if (nodes.length > 1) return 'FBN5';
  if (moving !== undefined) return 'FBN6';
  return layer.op === 'DepthwiseConv2dNative' ? 'FBN3' : 'FBN2';
}

/**
 * FBN4: the Reshape before the batch norm moves behind the sum; a Reshape after it that leads back to the layer's own shape goes.
 * Answers what the batch norm's readers read.
 */
function moveReshape(
  { bn, layer }: NormalizedLayer,
  reshape: GraphNode,
  sum: Edge,
  scene: FoldScene,
  rewrite: Rewrite,
): { readonly result: Edge; readonly changes: Change[] } {
  const { graph, outputs } = scene;
  const readers = graph.uses(bn.name).filter((use) => use.port === 0);
  const back = readers.filter((use) => use.slot === 0 && leadsBack(use.consumer, layer, scene)).map((use) => use.consumer);
  for (const node of back) {
    rewrite.redirect(outputOf(node), sum);
    rewrite.remove(node.name);
  }
  const changes = back.flatMap((node) => keepName(node, sum, scene, rewrite));
  const elsewhere = graph.uses(reshape.name).some((use) => use.consumer !== bn) || graph.controlUses(reshape.name).length > 0;
  if (readers.length > back.length || elsewhere || outputs.has(bn.name)) {
    rewrite.replace(reshape.with({ inputs: [sum, ...reshape.edges.slice(1)] }));
    return { result: outputOf(reshape), changes };
  }
  rewrite.remove(reshape.name);
  return { result: sum, changes };
}

/** FBN7: an output keeps its name, whatever becomes of the node that had it. */
function keepName(node: GraphNode, source: Edge, { outputs }: FoldScene, rewrite: Rewrite): Change[] {
  if (!outputs.has(node.name)) return [];
  rewrite.add(typed(node.name, 'Identity', dtypeOf(node), source));
  return [{ rule: 'FBN7', summary: `Output ${node.name} keeps its name`, before: [node.name], after: [node.name] }];
}

/** Those nodes of a batch norm that nobody reads once its end is gone: readers stand before what they read. */
function unread({ bn, nodes, reshape }: NormalizedLayer, { graph, outputs }: FoldScene): ReadonlySet<string> {
  const gone = new Set([bn.name]);
  // The reshape will read the sum.
  const moved = reshape?.name;
  for (const node of nodes) {
    const read = graph.uses(node.name).some((use) => !gone.has(use.consumer.name) && use.consumer.name !== moved);
    if (!read && !outputs.has(node.name)) gone.add(node.name);
  }
  return gone;
}

/** FBN10; FBN8 where it takes the statistics of what it normalizes. */
function alone(bn: GraphNode): Skip {
  const training = bn.attr('is_training');
  if (training?.kind === 'bool' && training.value) {
    return {
      rule: 'FBN8',
      node: bn.name,
      reason: 'it normalizes with the statistics of the data at hand, and no layer stands directly before it',
      remedy: isLayerNormalization(bn) ? 'A layer normalization stays in float.' : 'Open the graph as exported for evaluation.',
    };
  }
  const reason = 'no convolution or matrix product stands directly before it: it stays in float';
  return {
    rule: 'FBN10',
    node: bn.name,
    reason,
    remedy: 'fold_batch_norms(remaining=fold) folds it through a bias, or makes a layer of it.',
  };
}
