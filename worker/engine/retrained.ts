import { GraffitistError } from '../errors.ts';
import { makeTensor } from '../formats/tensorValues.ts';
import type { Model } from '../graph/model.ts';
import { ancestors } from '../graph/reach.ts';
import { isVariable, variableName, withValues } from '../graph/variables.ts';
import { withQuantizerBits } from '../quantize/bitOverrides.ts';
import { readQuantizers } from '../quantize/readQuantizers.ts';
import type { VariableValues } from '../train/types.ts';
import { applyStep, settledModel } from '../transforms/pipeline.ts';
import type { Skip } from '../transforms/transform.ts';
import { inferenceRoad, type TrainedStages } from './inferenceRoad.ts';
import { contextOf } from './run.ts';
import type { StageState } from './stage.ts';

/** A run that was trained, and what training found. */
export interface Retrained extends TrainedStages {
  /** Weights, thresholds (log2 t) and moving statistics by variable. */
  readonly variables: VariableValues;
  /** Bits of quantizers that were changed while it was trained, by quantizer. */
  readonly bits: ReadonlyMap<string, number>;
  readonly textOf: (fileName: string) => Promise<string>;
}

/**
 * RET6 … RET8: the stage `retrained`: the inference graph of recipe 3c with the trained values in its variables and the trained thresholds in
 * its quantizers; of a float graph its evaluation form with the trained values.
 *
 * @throws GraffitistError what `inferenceRoad` throws; `threshold-missing` naming a quantizer that one of the two graphs does not have
 */
export async function retrainedStage(run: Retrained): Promise<StageState> {
  const { base, steps, foldOnly } = inferenceRoad(run);
  let model: Model = steps.length === 0 ? settledModel(base) : base;
  let skipped: readonly Skip[] = [];
  let changes = 0;
  for (const step of steps) {
    const context = await contextOf(step, model, undefined, run.textOf);
    const result = applyStep(model, step, foldOnly === undefined ? context : { ...context, foldOnly });
    model = result.model;
    changes += result.changes.length;
    if (step.transform === 'quantize') skipped = result.skipped;
  }
  const quantized = withQuantizerBits(model.graph, run.bits);
  const trained = run.stages[run.trained - 1];
  const valued = trainedValues({ ...model, graph: quantized }, trained?.model ?? run.opened, run.variables);
  const thresholds = trainedThresholds(valued, run.variables, trained?.thresholds ?? new Map());
  refuseLost(trained?.model, thresholds);
  return {
    title: 'retrained',
    step: trained?.step ?? null,
    model: valued,
    changed: new Set(),
    changes,
    leftFloat: new Map(skipped.map(({ node, reason }) => [node, reason])),
    thresholds,
    statistics: new Map(),
    calibration: null,
    retrained: true,
  };
}

/** RET6: variables have the values of the trained stage, those that were trained before all others. */
function trainedValues(model: Model, trained: Model, variables: VariableValues): Model {
  const own = new Set(model.graph.nodes.filter(isVariable).map(variableName));
  const values = [...variables].filter(([name]) => own.has(name));
  const tensors = values.map(([name, { shape, values: numbers }]) => [name, makeTensor('float32', shape, numbers)] as const);
  const changed = new Set([...(trained.changedVariables ?? []), ...(model.changedVariables ?? [])]);
  const before = { ...model, variables: trained.variables, changedVariables: changed };
  return withValues(before, new Map(tensors));
}

/** RET7: log2 t by variable, as trained, else as the trained stage had it. @throws GraffitistError `threshold-missing` */
function trainedThresholds(
  { graph }: Model,
  variables: VariableValues,
  calibrated: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const { name, threshold, constantLog2 } of readQuantizers(graph)) {
    const log2 = variables.get(threshold)?.values[0] ?? calibrated.get(threshold) ?? constantLog2;
    if (log2 === undefined) throw untrained(name, threshold);
    found.set(threshold, log2);
  }
  return found;
}

/**
 * RET8: what was trained is not lost: every quantizer that the trained graph's outputs depend on is in the inference graph too.
 * @throws GraffitistError `threshold-missing` naming one that is not
 */
function refuseLost(trained: Model | undefined, thresholds: ReadonlyMap<string, number>): void {
  if (trained === undefined) return;
  const live = ancestors(trained.graph, trained.outputs);
  const lost = readQuantizers(trained.graph).find(({ threshold, source }) => live.has(source) && !thresholds.has(threshold));
  if (lost === undefined) return;
  throw new GraffitistError('threshold-missing', `The trained graph has the quantizer '${lost.name}', which the inference graph has not.`, {
    about: lost.threshold,
    remedy: 'Fold without is_training, which takes batch norms in small ops along, and train that.',
  });
}

function untrained(quantizer: string, threshold: string): GraffitistError {
  return new GraffitistError(
    'threshold-missing',
    `The inference graph has the quantizer '${quantizer}', which the trained graph has not.`,
    {
      about: threshold,
      remedy: 'Open the graph as exported for evaluation, thaw_graph first of its transforms, and train that.',
    },
  );
}
