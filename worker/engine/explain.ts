import type { Model } from '../graph/model.ts';
import type { GraphInterface, Skip } from '../protocol.ts';
import { applyStep } from '../transforms/pipeline.ts';
import { recipeSteps } from './recipes.ts';
import { checkedInterface } from './run.ts';
import { openedInFloat } from './stage.ts';

/** Transforms whose report tells of what stays in float. */
const TELLING: ReadonlySet<string> = new Set(['fold_batch_norms', 'quantize']);

/**
 * QNT59: what stays in float and why: of a quantized graph as it is, of any other after recipe 2 without calibration.
 * @throws GraffitistError `interface-invalid`, whatever a transform refuses
 */
export function explainGraph(opened: Model, wanted: GraphInterface | undefined): readonly Skip[] {
  if (opened.graph.nodes.some(({ op }) => op === 'LinearQuant')) return openedInFloat(opened.graph, wanted?.inputs ?? opened.inputs);
  const { inputs, outputs, inputShape } = opened;
  const guessed = { inputs, outputs, shape: inputShape.length === 0 ? null : inputShape };
  let model: Model = { ...opened, ...checkedInterface(opened, wanted ?? guessed) };
  const found: Skip[] = [];
  for (const step of recipeSteps('static-int8')) {
    const result = applyStep(model, step);
    if (TELLING.has(step.transform)) found.push(...result.skipped);
    model = result.model;
  }
  return found;
}
