import { GraffitistError } from '../errors.ts';
import { listedVariables } from '../formats/metaGraph.ts';
import { type Graph, parseEdge } from '../graph/graph.ts';
import type { Model } from '../graph/model.ts';
import { ancestors } from '../graph/reach.ts';
import { isUpdated } from '../graph/variableInfo.ts';
import { isVariable, variableName } from '../graph/variables.ts';
import { calibrationOrder } from '../quantize/calibrationOrder.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import { fixedBatchNorms } from './fixedBatchNorms.ts';
import { type MovingUpdate, movingUpdates } from './movingStatistics.ts';
import type { TrainingOptions } from './options.ts';
import { type Schedule, scheduleOf } from './schedule.ts';

/** Everything about a run that does not change while it runs. */
export interface TrainingPlan {
  readonly options: TrainingOptions;
  readonly schedule: Schedule;
  /** How many images there are to train on. */
  readonly images: number;
  /** Variables that the first optimizer changes. */
  readonly weights: readonly string[];
  /** log2 t by variable, those that the second optimizer changes, in the order in which calibration finds them. */
  readonly thresholds: readonly string[];
  readonly movingUpdates: readonly MovingUpdate[];
  /** Variables of the statistics that are measured anew (TRN32). */
  readonly statistics: readonly string[];
  /** Thresholds that are not trained, and calibrated again behind those. */
  readonly calibrated: readonly string[];
}

/** Every variable that the run changes. */
export function changedVariables({ weights, thresholds, movingUpdates, statistics, calibrated }: TrainingPlan): readonly string[] {
  return [...new Set([...weights, ...thresholds, ...movingUpdates.map(({ variable }) => variable), ...statistics, ...calibrated])];
}

/**
 * What a run on `model` does. Weights are its trainable variables that an output depends on, thresholds those of its quantizers.
 * @throws GraffitistError `option-invalid` where there is nothing to train in this mode
 */
export function trainingPlan(
  model: Pick<Model, 'graph' | 'meta' | 'inputs' | 'outputs'>,
  options: TrainingOptions,
  images: number,
): TrainingPlan {
  const { graph, outputs } = model;
  const reached = ancestors(graph, outputs);
  const thresholds = thresholdsInOrder(graph);
  const known = new Set(thresholds);
  const weights = trainableVariables(model).filter((name) => !known.has(name) && reached.has(name));
  const plan = {
    options,
    schedule: scheduleOf(options, images),
    images,
    weights: options.mode === 'thresholds' ? [] : weights,
    thresholds: options.mode === 'tqt' || options.mode === 'thresholds' ? thresholds : [],
    movingUpdates: options.mode === 'thresholds' ? [] : movingUpdates(graph),
    statistics: options.reestimateStatistics ? statisticsOf(model) : [],
    calibrated: options.reestimateStatistics && options.mode === 'weights' ? thresholds : [],
  };
  if (plan.weights.length + plan.thresholds.length > 0) return plan;
  throw new GraffitistError('option-invalid', 'There is nothing to train in this graph.', {
    about: 'mode',
    remedy:
      options.mode === 'thresholds'
        ? 'Run quantize(is_training=True) first.'
        : 'A frozen graph needs thaw_graph first, which makes its constants variables.',
  });
}

/** @throws GraffitistError `option-invalid` where there are none */
function statisticsOf(model: Pick<Model, 'graph' | 'inputs' | 'outputs'>): readonly string[] {
  const found = fixedBatchNorms(model).batchNorms.flatMap(({ mean, variance }) => [mean, variance]);
  if (found.length > 0) return found;
  throw new GraffitistError('option-invalid', 'No batch norm of this graph has fixed statistics that are variables of its own.', {
    about: 'reestimateStatistics',
    remedy: 'thaw_graph makes those of a frozen graph variables; those of a graph for training follow its batches.',
  });
}

/** The variables that a graph's collections say are trained; without collections those that nothing updates (EXP9). */
export function trainableVariables({ graph, meta }: Pick<Model, 'graph' | 'meta'>): readonly string[] {
  const variables = graph.nodes.filter(isVariable);
  if (meta?.collections.has('variables') === true) {
    const listed = new Set(listedVariables(meta.collections.get('trainable_variables')).map(({ variable }) => parseEdge(variable).node));
    return variables.filter(({ name }) => listed.has(name)).map(variableName);
  }
  return variables.filter(({ name }) => !isUpdated(graph, name)).map(variableName);
}

function thresholdsInOrder(graph: Graph): readonly string[] {
  const quantizers = readQuantizers(graph).filter(({ constantLog2 }) => constantLog2 === undefined);
  const byNode = new Map(quantizers.map(({ node, threshold }) => [node, threshold]));
  return [...new Set(calibrationOrder(graph).flatMap((node) => byNode.get(node) ?? []))];
}
